"""The texts of the page. All of them are this package's own: nothing untrusted is in here."""

from __future__ import annotations

from typing import Final

from mentalbench_hf._version import __version__
from mentalbench_hf.schema import (
    ATTRIBUTES,
    AXES,
    AXIS_NAMES,
    MENTALALIGN_70K,
    MENTALBENCH_100K,
    STATUS_MEANING,
    SYNTHETIC,
)
from mentalbench_hf.schema.paper import PAPER
from mentalbench_hf.space.store import Store

TITLE: Final = "MentalBench: ten responses side by side"
TAGLINE: Final = (
    "Replies to people who asked for mental-health support, what human experts thought of "
    "them, and what language models made of them as judges."
)
CRISIS: Final = """\
### If you are in distress
This page is no help line and nobody reads along. **If you or someone else is in danger, call your
local emergency number now.** Free help lines by country are listed at
[findahelpline.com](https://findahelpline.com) and, with member centres, at
[befrienders.org](https://befrienders.org). In the United States and Canada call or text 988, in
the United Kingdom and Ireland call Samaritans on 116 123, in Australia Lifeline on 13 11 14."""
NOT_ADVICE: Final = """\
### Not clinical advice
The responses here are material for research. Some are wrong, careless or harmful.
Nothing on this page is a recommendation to anyone."""
CONTENT: Final = """\
### Before you read on
The texts are about mental distress: among them anxiety, depression, grief, abuse, self-harm and
suicide. You can leave at any time by closing the page."""
GATE: Final = f"{CONTENT}\n\n{CRISIS}\n\n{NOT_ADVICE}".replace("###", "##")
BANNER: Final = (
    f'<div class="mb-banner" role="note"><strong>{SYNTHETIC}</strong>: every text and rating on '
    "this page was invented for this project. It shows how the tool works; its numbers say "
    "nothing about any real model, judge or person.</div>"
)


def about(store: Store) -> str:
    """Return the tab About as Markdown; numbers are counted in the data shown."""
    n_rated = len(store.ratings.conversation_ids)
    n_systems, n_judges = len(store.roster.systems), len(store.roster.judges)
    axes = "\n".join(
        f"- **{AXIS_NAMES[x]} ({x})**: {', '.join(names)}" for x, names in AXES.items()
    )
    statuses = "\n".join(f"- **{s.replace('_', ' ')}**: {m}" for s, m in STATUS_MEANING.items())
    notes = "".join(f"\n\n**Note.** {note}" for note in store.notes)
    shown = f"the bundled {SYNTHETIC}" if store.synthetic else "the released benchmarks"
    return f"""\
## What this is
A reader for two benchmarks. **{MENTALBENCH_100K.title}** {MENTALBENCH_100K.version} holds posts of
people who asked for support and {n_systems} replies to each: one written by a person, the others by
language models. In **{MENTALALIGN_70K.title}** {MENTALALIGN_70K.version} human experts and
{n_judges} language models rated such replies from 1 to 5 on {len(ATTRIBUTES)} attributes. The
question behind it: when may a language model grade in place of the experts?

This page shows {shown}: {len(store):,} conversations, {n_rated:,} of them rated.{notes}

{CRISIS}

{NOT_ADVICE}

## The scores
{axes}

An axis score is the mean of its attributes. A difference is always judge minus human. A score that
cannot be used is not replaced by a number; it says why it is not there:

{statuses}

Ratings are shown as audited: what is not a rating of the response is left out. The tab Reliability
sets that beside the values exactly as they were released.

## What the data cannot tell
Each reply carries one expert's score, so it is not known how far two experts would agree on it; how
far they agree about the systems is in the tab Reliability. The posts are in English; other people,
languages and systems may differ.
The benchmarks are to measure with, not to train on.

## Your ratings
If you rate replies here, your ratings, skips, flags and comments are stored with the time and a
random number that your browser keeps. No name, address or other personal data is asked for or
stored; write none into a comment. What you undo no longer counts, but stays in the record.

## Citation
Cite the paper: {PAPER}
And this package, mentalbench-hf {__version__}. `hysong/MentalBench` on the Hub is another
benchmark, about diagnosis, and OpenAI's MentalHealthBench (September 2026) is not this one either.
Code and data are under the MIT licence.
"""
