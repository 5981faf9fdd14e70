"""Markdown tables: the one place where rows become text for cards and reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from mentalbench_hf.schema import SYNTHETIC

SYNTHETIC_MEANING: Final = (
    "every text and rating behind this page was invented for this project. It shows how the tool "
    "works; its numbers say nothing about any real model, judge or person."
)
SYNTHETIC_NOTICE: Final = f"**{SYNTHETIC}**: {SYNTHETIC_MEANING}"


def number(value: object, digits: int = 3) -> str:
    """Return a value for reading: floats rounded, integers with separators, NaN as a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{digits}f}".replace("-", "−")
    return f"{value:,}" if isinstance(value, int) else str(value)


def interval(value: object, low: object, high: object, digits: int = 3) -> str:
    """Return an estimate with its interval for reading; alone where it has none."""
    shown, lower, upper = (number(v, digits) for v in (value, low, high))
    return shown if lower == "–" else f"{shown} [{lower}, {upper}]"


def table(header: Sequence[str], rows: Sequence[Sequence[object]], digits: int = 3) -> str:
    """Return a Markdown table; numbers are aligned right, bars and line ends are made harmless."""
    body = [[_cell(number(v, digits)) for v in row] for row in rows]
    right = [
        bool(rows) and all(isinstance(row[i], (int, float, type(None))) for row in rows)
        for i in range(len(header))
    ]
    rule = ["---:" if r else "---" for r in right]
    lines = [[_cell(h) for h in header], rule, *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.splitlines()).replace("|", "\\|")
