"""Take off what may surround a whole answer: a leading thinking block, one Markdown fence."""

from __future__ import annotations

import re
from typing import Final

_OPEN_THINK: Final = re.compile(r"\s*<think(?:ing)?>", re.IGNORECASE)
_CLOSE_THINK: Final = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_THINK_TAG: Final = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
_OPEN_FENCE: Final = re.compile(r"```[A-Za-z0-9_+-]{0,20}\s")


def strip_thinking(text: str) -> str | None:
    """Return `text` after its leading thinking blocks, or None when one of them never closes.

    Only a block that opens the text is taken off: a closing tag elsewhere may be quoted from the
    rated response, and what follows it must not become the answer.
    """
    start = 0
    while opened := _OPEN_THINK.match(text, start):
        closed = _CLOSE_THINK.search(text, opened.end())
        if closed is None:
            return None
        start = closed.end()
    return text[start:]


def strip_fence(text: str) -> str:
    """Return the inside of the one code fence that surrounds `text`, or `text` itself, trimmed."""
    text = text.strip().removeprefix("\ufeff").lstrip()
    if text.startswith("```") and text.endswith("```") and len(text) >= 6:
        opened = _OPEN_FENCE.match(text)
        return text[opened.end() if opened else 3 : -3].strip()
    return text


def thinking_is_open(text: str, position: int) -> bool:
    """Whether the last thinking tag before `position` is an opening one."""
    tags = _THINK_TAG.findall(text, 0, position)
    return bool(tags) and not tags[-1].startswith("</")
