"""What the tab Rate shows, as HTML: pure functions, every text escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from mentalbench_hf.reliability import Reliability, Verdict
from mentalbench_hf.report.markdown import interval, number
from mentalbench_hf.schema import ATTRIBUTES, SCALE
from mentalbench_hf.schema.rubric import Criterion
from mentalbench_hf.space.rating_agreement import FEWEST, READER, Alpha
from mentalbench_hf.space.ratings_store import Entry, Kind, Place
from mentalbench_hf.space.reliability_html import table
from mentalbench_hf.space.store import Store
from mentalbench_hf.space.text import block, inline

_TOO_FEW: Final = f"Too few replies in common yet (at least {FEWEST} are needed)"
#: How a verdict on the agreement of two raters reads, strongest first.
_HOW: Final = {
    Verdict.GOOD: "Agrees with you closely",
    Verdict.MODERATE: "Agrees with you moderately",
    Verdict.LIMITED: "Agrees with you little, or too few replies to show more",
    Verdict.UNKNOWN: "Cannot be told, for lack of variation",
}
#: Krippendorff (2004), "Reliability in content analysis": what alpha allows.
_ALPHA: Final = (
    (0.8, "Reliable"),
    (0.667, "Enough for tentative conclusions"),
    (-np.inf, "Not reliable, or too few replies to show more"),
)
_PREVIEW: Final = 70


def texts(store: Store, place: Place, here: int, n: int) -> str:
    """Return the post and the response to rate."""
    key, system = place
    position = store.position(key) or 0
    response = store.response(position, system).text or ""
    return (
        f'<section class="mb-page" aria-label="Response to rate"><h2 class="mb-title">Response '
        f"{here + 1:,} of {n:,}</h2><h3>What the person wrote</h3>"
        f"{block(store.context(position), 'What the person wrote')}"
        f"<h3>The response</h3>{block(response, 'The response')}</section>"
    )


def progress(entry: Entry, complete: int) -> str:
    """Return how far a response is rated and how many are."""
    done = len(entry.ratings)
    state = "complete" if done == len(ATTRIBUTES) else f"{done} of {len(ATTRIBUTES)} saved"
    skipped = entry.notes.get(Kind.SKIP)
    skip = f" You skipped it: {inline(skipped)}." if skipped else ""
    flag = " You flagged it." if Kind.FLAG in entry.notes else ""
    return (
        f'<p class="mb-saved" role="status">This response: {state}.{skip}{flag} '
        f"Responses you have completed: {complete:,}.</p>"
    )


def alert(message: str) -> str:
    """Return a message that screen readers say at once."""
    return f'<p class="mb-saved" role="alert">{inline(message)}</p>'


def criterion_html(criterion: Criterion) -> str:
    """Return what an attribute and each point of its scale mean, closed at first."""
    anchors = "".join(
        f"<li><strong>{point}</strong> {escape(text)}</li>"
        for point, text in zip(SCALE, criterion.anchors, strict=True)
    )
    return (
        f'<details class="mb-page mb-rubric"><summary>What {criterion.name} and its points mean'
        f'</summary><p>{escape(criterion.definition)}</p><ul class="mb-anchors">{anchors}</ul>'
        "</details>"
    )


def my_list(store: Store, order: Sequence[Place], entries: Mapping[Place, Entry]) -> str:
    """Return everything a reader has said, with a button to each response."""
    rows = []
    for i, place in enumerate(order):
        entry = entries.get(place)
        if entry is None or not (entry.ratings or entry.notes):
            continue
        position = store.position(place[0]) or 0
        start = " ".join((store.response(position, place[1]).text or "").split())[:_PREVIEW]
        ratings = "".join(f"<td>{entry.ratings.get(a, '–')}</td>" for a in ATTRIBUTES)
        flag = "yes" if Kind.FLAG in entry.notes else ""
        rows.append(
            f'<tr><th scope="row"><button type="button" class="mb-go mb-open" data-place="{i}">'
            f"Open {i + 1:,}</button></th><td>{inline(start)} …</td>{ratings}<td>{flag}</td>"
            f"<td>{inline(entry.notes.get(Kind.SKIP, ''))}</td>"
            f'<td class="mb-said">{inline(entry.notes.get(Kind.COMMENT, ""))}</td></tr>'
        )
    if not rows:
        return '<p class="mb-empty" role="status">You have rated nothing yet.</p>'
    head = ("Response", "It begins", *ATTRIBUTES, "Flag", "Skipped", "Comment")
    return f'<section class="mb-page">{table(head, rows, "My list")}</section>'


def agreement_html(store: Store, rows: Sequence[Reliability], alphas: Sequence[Alpha]) -> str:
    """Return how far others agree with the reader and readers with one another: words first."""
    if not rows:
        return '<p class="mb-empty" role="status">You have rated nothing yet.</p>'
    names = {r: _name(store, r) for r in dict.fromkeys(row.judge for row in rows)}
    words = "".join(
        f"<h3>{escape(name)}</h3>{_words([r for r in rows if r.judge == rater])}"
        for rater, name in names.items()
    )
    body = []
    for row in rows:
        if row.n_targets < FEWEST:
            values = f"<td>too few (at least {FEWEST} are needed)</td><td>–</td>"
        else:
            icc = interval(row.icc_a1, row.icc_a1_low, row.icc_a1_high, 2)
            values = f"<td>{icc}</td><td>{number(row.bias, 2)}</td>"
        body.append(
            f'<tr><th scope="row">{escape(names[row.judge])}</th><td>{row.attribute}</td>'
            f"<td>{row.n_targets}</td>{values}</tr>"
        )
    head = ("Rater", "Attribute", "n", "ICC(A,1)", "Bias")
    return (
        f'<section class="mb-page" role="status"><h2>How far they agree with you</h2>{words}'
        "<details><summary>The numbers</summary><p>ICC(A,1) of single replies with 95% bootstrap "
        "intervals; bias is the other rater minus you, in rating points. A judge's own "
        "counterpart is left out. Few replies give wide intervals.</p>"
        f"{table(head, body, 'Your agreement')}</details>{_among_readers(alphas)}</section>"
    )


def _words(rows: Sequence[Reliability]) -> str:
    """Return one rater's agreement with the reader as sentences."""
    groups: dict[str, list[str]] = {how: [] for how in (*_HOW.values(), _TOO_FEW)}
    for row in rows:
        few = row.n_targets < FEWEST
        groups[_TOO_FEW if few else _HOW[Verdict(row.verdict)]].append(row.attribute)
    enough = [row.bias for row in rows if row.n_targets >= FEWEST]
    items = [f"{how}: {_listed(names)}." for how, names in groups.items() if names]
    if enough:
        mean = float(np.mean(enough))
        side = "higher" if mean > 0 else "lower"
        near = abs(mean) < 0.1
        items.append(
            "On average its ratings are as high as yours."
            if near
            else f"On average it rates {abs(mean):.1f} points {side} than you."
        )
    return '<ul class="mb-sentences">' + "".join(f"<li>{escape(i)}</li>" for i in items) + "</ul>"


def _among_readers(alphas: Sequence[Alpha]) -> str:
    """Return how far the readers agree with one another: words first."""
    head = "<h2>How far the readers agree with one another</h2>"
    if not alphas:
        return (
            f'{head}<p class="mb-empty">Nobody else has rated a response that you rated. Every '
            "reader gets some of the same responses, so this fills as others rate.</p>"
        )
    every = [a for a in alphas if a.raters == alphas[0].raters]
    groups: dict[str, list[str]] = {}
    for a in every:
        groups.setdefault(_meaning(a), []).append(a.attribute)
    said = "".join(f"<li>{escape(m)}: {_listed(n)}.</li>" for m, n in groups.items())
    body = [
        f'<tr><th scope="row">{escape(_readers(a))}</th><td>{a.attribute}</td><td>{a.n}</td>'
        f"<td>{interval(a.value, a.low, a.high, 2) if a.n >= FEWEST else 'too few'}</td>"
        f"<td>{escape(_meaning(a))}</td></tr>"
        for a in alphas
    ]
    columns = ("Readers", "Attribute", "Replies rated by two", "Alpha", "Meaning")
    return (
        f'{head}<p>{len(alphas[0].raters)} readers, you among them:</p><ul class="mb-sentences">'
        f"{said}</ul><details><summary>The numbers</summary><p>Ordinal Krippendorff alpha with 95% "
        "bootstrap intervals: 1 is full agreement, 0 is what chance gives. The words go by the "
        f"interval's lower end.</p>{table(columns, body, 'Agreement of the readers')}</details>"
    )


def _listed(attributes: Sequence[str]) -> str:
    every = len(attributes) == len(ATTRIBUTES)
    return "all attributes" if every else ", ".join(attributes)


def _meaning(alpha: Alpha) -> str:
    if alpha.n < FEWEST:
        return _TOO_FEW
    if np.isnan(alpha.low):
        return _HOW[Verdict.UNKNOWN]
    return next(meaning for bound, meaning in _ALPHA if alpha.low >= bound)


def _readers(alpha: Alpha) -> str:
    return " and ".join(alpha.raters) if len(alpha.raters) == 2 else "all readers"


def _name(store: Store, rater: str) -> str:
    own = rater in (store.roster.reference, READER)
    return store.label_of(rater) if own else store.judge_label(rater)
