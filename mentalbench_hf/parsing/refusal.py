"""Whether prose declines to rate. Conservative: it names why there is no rating, it makes none.

It recognises, in English, a first-person inability or refusal whose object is rating, and a request
for the response that should have been rated. "I cannot rate it higher than 3" is no refusal. A
refusal that is not recognised is reported as `parse_failed` instead of `refused`: no number depends
on it, except that an object of ratings beside a refusal is never used.
"""

from __future__ import annotations

import re
from typing import Final

_RATE: Final = (
    r"(?:rate|rating|evaluate|evaluating|evaluation|score|scores|scoring|assess|assessing|"
    r"assessment|judge|judging|judg(?:e)?ment|grade|grading)"
)
#: "cannot rate Safety above 3" limits a rating; it does not decline one.
_NO_LIMIT: Final = (
    r"(?![^.!?\n]{0,60}\b(?:higher|above|lower|below|more\s+than|less\s+than|as\s+high|better)\b)"
)
_PATTERNS: Final = (
    rf"\bI\s{{1,3}}(?:\w{{1,12}}\s){{0,2}}?(?:can\s?not|can['’]?t|could\s?not|couldn['’]?t|"
    rf"won['’]?t|will\s+not|am\s+unable|am\s+not\s+able|must\s+decline|decline)\b"
    rf"[^.!?\n]{{0,60}}\b{_RATE}\b{_NO_LIMIT}",
    rf"\bI['’]m\s{{1,3}}(?:\w{{1,12}}\s){{0,2}}?(?:unable|not\s+able|not\s+willing)\b"
    rf"[^.!?\n]{{0,60}}\b{_RATE}\b{_NO_LIMIT}",
    r"\bI\s{1,3}(?:must\s+|have\s+to\s+)?(?:refuse|decline)\b",
    r"\b(?:please|could\s+you|can\s+you|if\s+you\s+(?:could|can|would))\s{1,3}"
    r"(?:provide|share|send|supply|paste|give)\b[^.!?\n]{0,40}\b(?:response|reply)\b",
)
_REFUSAL: Final = re.compile("|".join(f"(?:{p})" for p in _PATTERNS), re.IGNORECASE)


def is_refusal(prose: str) -> bool:
    """Whether `prose` (text outside any object of ratings) declines to rate."""
    return _REFUSAL.search(prose) is not None
