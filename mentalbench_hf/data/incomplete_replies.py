"""Replies that do not end: the judges' explanations call them incomplete.

Most texts of the replies are not beside the ratings, so what tells a reply that was cut off from
one that ends badly is what the judges say of it. One judge's words are not enough: "incomplete"
may be said of advice as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mentalbench_hf.data.mentalalign import MentalAlign

#: So many judges must say so.
MIN_WITNESSES: Final = 2
#: Said of the reply; "incomplete guidance" and "the incomplete context" are said of something else.
_INCOMPLETE: Final = re.compile(
    r"""
    \b cut(?:s|ting)? [ -]? off \b | \b cut \s short \b
    | \b truncat(?:ed|es|ion) \b | \b unfinished \b
    | \b mid -? (?:sentence|thought|advice|word|phrase) \b
    | \b (?:end|stop|finish|conclud|break)\w* (?:\s off)? \s abruptly \b
    | \b abrupt(?:ly)? ,? \s (?:end|cut|conclu|unfinish|incomplete)
    | \b incomplete(?:ness)? \b (?! ,? \s (?:advice|context|guidance|information|understanding) )
    """,
    re.VERBOSE,
)
#: One of these is in whatever the pattern finds; looking for them is many times faster.
_HINTS: Final = ("incomplete", "cut", "mid", "abrupt", "truncat", "unfinished")


def calls_incomplete(explanation: str) -> bool:
    """Tell whether a judge's explanation calls the reply incomplete, cut off or unfinished."""
    lowered = explanation.lower()
    return any(hint in lowered for hint in _HINTS) and _INCOMPLETE.search(lowered) is not None


def witnesses(data: MentalAlign) -> NDArray[np.int64]:
    """Return how many judges call each reply incomplete, shape (conversations, systems).

    A reply that was not there when it was judged counts none.
    """
    said = np.zeros(data.missing_responses.shape, dtype=np.int64)
    for rows in data.judgments.values():
        said += [[calls_incomplete(parsed.explanation or "") for parsed in row] for row in rows]
    said[data.missing_responses] = 0
    return said


def incomplete_replies(data: MentalAlign) -> NDArray[np.bool_]:
    """Return where at least two judges call the reply incomplete, (conversations, systems)."""
    return np.asarray(witnesses(data) >= MIN_WITNESSES)
