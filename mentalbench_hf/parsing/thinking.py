"""Telling a reasoning model's thinking from its reply, and a refusal from a reply."""

from __future__ import annotations

import re

_TAGS = "think|thinking|thought|reasoning"
_OPEN = re.compile(rf"\s*<({_TAGS})>", re.IGNORECASE)
_CLOSE = re.compile(rf"</({_TAGS})>", re.IGNORECASE)

# A refusal is said at once; the same words later in a reply belong to the reply.
_REFUSAL = re.compile(
    r"^\W*(?:(?:i['’]?m|i am)\s+(?:very\s+|so\s+|really\s+|truly\s+)?sorry[,.]?\s+(?:but\s+)?)?"
    r"(?:(?:that|you['’]re|to hear)[^.]{0,120}[,.]?\s+but\s+)?"
    r"(?:as an? (?:ai|language model)[^.,]{0,60},?\s+)?"
    r"(?:i|we)(?:['’]?m|\s+am)?\s*"
    r"(?:can(?:no|['’]?)t|could(?:n['’]t| not)|won['’]?t|will not|unable to|not able to|"
    r"must decline|(?:have to|need to) decline)\s*"
    r"(?:to\s+)?(?:help|assist|provide|continue|engage|respond|comply|discuss|fulfil|rate|offer|do "
    r"(?:that|this))",
    re.IGNORECASE,
)


def split_thinking(text: str, reasoning: str | None = None) -> tuple[str, str]:
    """Return ``(reply, thinking)`` of a raw reply.

    Only thinking at the beginning is taken off: a leading ``<think>`` block, or everything up to
    the first closing tag when the chat template has already opened the block. A block that is
    never closed (the reply was cut) is all thinking and leaves an empty reply. `reasoning` is
    what the server returned in a field of its own.
    """
    thinking = (reasoning or "").strip()
    opened = _OPEN.match(text)
    closed = _CLOSE.search(text, opened.end() if opened else 0)
    if opened or (closed and not re.search(rf"<({_TAGS})>", text[: closed.start()], re.I)):
        start = opened.end() if opened else 0
        end, rest = (closed.start(), text[closed.end() :]) if closed else (len(text), "")
        inside = text[start:end].strip()
        return rest.strip(), "\n\n".join(part for part in (thinking, inside) if part)
    return text.strip(), thinking


def looks_like_refusal(text: str) -> bool:
    """Say whether a reply opens by declining to answer.

    A rule of thumb on the first sentences: it is recorded beside the reply, which is kept.
    """
    return bool(_REFUSAL.match(text[:400]))
