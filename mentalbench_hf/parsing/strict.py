"""Strict JSON that keeps duplicate keys visible and lets no NaN or Infinity through."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class NotJsonError(ValueError):
    """The text is not strict JSON (or is nested deeper than Python reads)."""


class Pairs(list[tuple[str, Any]]):
    """A JSON object as its ``(key, value)`` pairs in order, duplicates included."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=Pairs, parse_constant=_refuse_constant)
_MULTILINE = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_constant=_refuse_constant, strict=False
)


def decode(text: str, *, control_characters: bool = False) -> Any:
    """Decode `text` as one JSON value; objects come back as `Pairs`, arrays as plain lists.

    Args:
        text: the whole JSON text.
        control_characters: accept raw line breaks and tabs inside strings.

    Raises:
        NotJsonError: when it is not JSON, holds NaN, Infinity or an integer too long for Python,
            or is nested too deeply.
    """
    decoder = _MULTILINE if control_characters else _STRICT
    try:
        return decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error
