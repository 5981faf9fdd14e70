"""Take off what may surround a whole answer: thinking at the beginning, one Markdown fence."""

from __future__ import annotations

import re
from typing import Final

from mentalbench_hf.parsing.candidates import find_regions

_TAGS: Final = "think|thinking|thought|reasoning"
_OPEN: Final = re.compile(rf"\s*<(?:{_TAGS})>", re.IGNORECASE)
_CLOSE: Final = re.compile(rf"</(?:{_TAGS})>", re.IGNORECASE)
_OPEN_FENCE: Final = re.compile(r"```[A-Za-z0-9_+-]{0,20}\s")


def strip_thinking(text: str) -> str | None:
    """Return `text` after its leading thinking blocks, or None when one of them never closes.

    Only a block that opens the text is taken off: a closing tag elsewhere may be quoted from the
    rated response, and what follows it must not become the answer.
    """
    start = 0
    while opened := _OPEN.match(text, start):
        closed = _CLOSE.search(text, opened.end())
        if closed is None:
            return None
        start = closed.end()
    return text[start:]


def split_thinking(text: str, reasoning: str | None = None) -> tuple[str, str]:
    """Return ``(reply, thinking)`` of a raw reply.

    Only thinking at the beginning is taken off: a leading ``<think>`` block, or everything up to
    the first closing tag when the chat template has already opened the block; a closing tag inside
    an object is one that the object quotes. A block that is never closed (the reply was cut) is
    all thinking and leaves an empty reply. `reasoning` is what the server returned in a field of
    its own.
    """
    thinking = (reasoning or "").strip()
    opened = _OPEN.match(text)
    start = opened.end() if opened else 0
    closed = _CLOSE.search(text, start)
    if not opened:
        before = text[: closed.start()] if closed else text
        regions = find_regions(before)
        if not closed or re.search(rf"<(?:{_TAGS})>", before, re.IGNORECASE):
            return text.strip(), thinking
        if regions and not regions[-1].closed:
            return text.strip(), thinking
    end, rest = (closed.start(), text[closed.end() :]) if closed else (len(text), "")
    inside = text[start:end].strip()
    return rest.strip(), "\n\n".join(part for part in (thinking, inside) if part)


def strip_fence(text: str) -> str:
    """Return the inside of the one code fence that surrounds `text`, or `text` itself, trimmed."""
    text = text.strip().removeprefix("\ufeff").lstrip()
    if text.startswith("```") and text.endswith("```") and len(text) >= 6:
        opened = _OPEN_FENCE.match(text)
        return text[opened.end() if opened else 3 : -3].strip()
    return text
