"""Where a text holds objects: balanced brace regions, found in one linear pass."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_TOKENS: Final = re.compile(r'\\.|[{}"]', re.DOTALL)
#: A text that starts with a quoted key has lost the brace that opens its object.
_STARTS_WITH_KEY: Final = re.compile(r"[\"'“][^\W\d_]{3,40}[\"'”]\s{0,20}:")


class Region(NamedTuple):
    """One outermost brace region: ``text[start:end]``; `closed` when its braces balance."""

    start: int
    end: int
    closed: bool


def find_regions(text: str) -> list[Region]:
    """Return the outermost brace regions of `text`, in order.

    Braces inside double-quoted strings do not count, so an object quoted in a string belongs to
    the region around it. A region that never closes runs to the end of the text: nothing in it
    is offered as an object of its own.
    """
    regions: list[Region] = []
    depth = 0
    start = 0
    in_string = False
    for found in _TOKENS.finditer(text):
        mark = found[0]
        if depth == 0:
            # Quotes in prose (apostrophes, citations) open no string.
            if mark == "{":
                depth, start, in_string = 1, found.start(), False
        elif mark == '"':
            in_string = not in_string
        elif in_string:
            continue
        elif mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                regions.append(Region(start, found.end(), closed=True))
    if depth:
        regions.append(Region(start, len(text), closed=False))
    return regions


def lacks_opening_brace(text: str) -> bool:
    """Whether `text` starts inside an object, at a quoted key."""
    return _STARTS_WITH_KEY.match(text) is not None


def outside(text: str, regions: list[Region]) -> str:
    """Return the text around `regions`, each replaced by a line break."""
    parts = []
    position = 0
    for region in regions:
        parts.append(text[position : region.start])
        position = region.end
    parts.append(text[position:])
    return "\n".join(parts)
