"""Strict JSON that keeps duplicate keys visible, numbers exact, and NaN and Infinity out."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn


class NotJsonError(ValueError):
    """The text is not strict JSON (or is nested deeper than Python reads)."""


class Pairs(list[tuple[str, Any]]):
    """A JSON object as its ``(key, value)`` pairs in order, duplicates included."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _exact(literal: str) -> Decimal:
    try:
        return Decimal(literal)
    except InvalidOperation as error:
        raise ValueError(f"the exponent of {literal[:40]} is too large") from error


def _decoder(*, strict: bool) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=Pairs,
        parse_float=_exact,
        parse_constant=_refuse_constant,
        strict=strict,
    )


_STRICT = _decoder(strict=True)
_MULTILINE = _decoder(strict=False)


def decode(text: str, *, control_characters: bool = False) -> Any:
    """Decode `text` as one JSON value; objects come back as `Pairs`, arrays as plain lists.

    Numbers with a point or an exponent come back as Decimal: 1.9999999999999999999 is not 2.

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


def decode_from(text: str, start: int) -> tuple[Any, int]:
    """Decode the JSON value that begins at `start`; return it and where it ends.

    Raw line breaks and tabs inside strings are accepted.

    Raises:
        NotJsonError: as for `decode`.
    """
    try:
        return _MULTILINE.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error
