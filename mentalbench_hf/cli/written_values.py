"""Values that are written as one word on the command line."""

from __future__ import annotations

import re

import typer


def parse_scale(text: str | None) -> tuple[float, float] | None:
    """Return a scale written as LOW-HIGH; both may be negative or fractional."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(-?[\d.]+)\s*(?:-|:|to)\s*(-?[\d.]+)\s*", text)
    try:
        if match is None:
            raise ValueError
        return float(match[1]), float(match[2])
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not LOW-HIGH, such as 1-5") from None


def parse_levels(text: str | None) -> dict[str, float] | None:
    """Return levels written as WORD=NUMBER by commas."""
    if text is None:
        return None
    try:
        pairs = [part.rsplit("=", 1) for part in text.split(",")]
        return {word.strip(): float(number) for word, number in pairs}
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not WORD=NUMBER by commas, such as poor=1,good=2", param_hint="--levels"
        ) from None
