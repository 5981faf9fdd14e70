"""The style of the expert behind the human scores, in words for a reader."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from mentalbench_hf.reliability.experts import ALL, COMBINED

if TYPE_CHECKING:
    from mentalbench_hf.space.store import Store

_UNKNOWN: Final = "Which style of expert gave the human scores is not in these data."
_WHY_UNKNOWN: Final = (
    "Datasets from version 1.1.0 on say it for every conversation: build or install them anew to "
    "see it."
)
_WHAT: Final = (
    "Each reply was scored by one human expert. Their way of scoring changes abruptly at a few "
    "places between conversations, while the replies and the judges' scores do not: there another "
    "expert took over. Each way of scoring is called a style and has a letter. A letter is no "
    "name: who the experts are is not recorded, and one person may have had two styles."
)
_SO: Final = (
    "So compare scores within one style: a lower score under another style may come from a "
    "stricter expert and not from a worse reply. The tab Reliability shows how far the experts "
    "agree with each other, and what that means for each judge."
)


def expert_label(expert: str) -> str:
    """Return what a row by expert is called: "all", "combined", or an expert's style."""
    return {ALL: "All as one", COMBINED: "Experts combined"}.get(expert, f"Style {expert}")


def style_label(store: Store, style: str) -> str:
    """Return a style and how many conversations have it."""
    return f"Style {style} ({store.style_counts[style]:,} conversations)"


def style_of(store: Store, position: int) -> str:
    """Return which style of expert rated a conversation, as HTML; the explanation is closed.

    Where only one style is found there is nothing to tell.
    """
    style = store.style(position)
    if not style:
        return _told(escape(_UNKNOWN), _WHY_UNKNOWN)
    if len(store.styles) < 2:
        return ""
    n, rated = store.style_counts[style], len(store.ratings.conversation_ids)
    return _told(
        f"The human scores here are by an expert of <strong>style {escape(style)}</strong>; "
        "experts use the scale unlike each other.",
        _WHAT,
        f"Style {style} scored {n:,} of the {rated:,} rated conversations. {_SO}",
    )


def _told(line: str, *more: str) -> str:
    told = "".join(f"<p>{escape(p)}</p>" for p in more)
    return (
        f'<div class="mb-by"><p>{line}</p><details><summary>What does that mean?</summary>{told}'
        "</details></div>"
    )
