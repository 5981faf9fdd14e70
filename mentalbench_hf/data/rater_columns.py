"""Which columns of a wide table are raters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.data.rating_frames import need_columns
from mentalbench_hf.data.rating_values import as_numbers
from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

#: Names that tables give to the numbers of their rows.
_INDEX: Final = re.compile(r"Unnamed: \d+|index|level_\d+|__index_level_\d+__")


def rater_columns(
    frame: pd.DataFrame,
    reference: str,
    keys: Sequence[str],
    *,
    named: Sequence[str] = (),
    scale: tuple[float, float] | None = None,
    least: int = 2,
    name: str = "the table",
    notes: list[str] | None = None,
) -> list[str]:
    """Return the columns that hold one rater's ratings each.

    Without names a column is a rater when it holds numbers on the scale. Columns that number the
    rows, hold mostly other things than numbers, or mostly numbers off the scale are left out, with
    a note that says why. A column that is partly off the scale is neither: with a scale given, its
    ratings are checked one by one later; without one, it is refused, since leaving out a rater who
    uses more of the scale than the reference does would be as wrong as taking a count for one.

    Args:
        frame: the table, one row per target (and attribute).
        reference: the column of the reference rater.
        keys: columns that identify a row.
        named: the raters by name; the reference is added where it is not among them.
        scale: lowest and highest rating; by default as the reference uses it.
        least: how many raters are needed, the reference among them.
        name: of the table, for messages.
        notes: gets a sentence on the raters taken and one on the columns left out.

    Raises:
        DataError: a named column is not there or is a key, or no column is clearly a rater.
    """
    if named:
        need_columns(frame, named, name)
        both = [column for column in named if column in keys]
        if both:
            raise DataError(f"{name}: column {both[0]!r} identifies a row and cannot be a rater")
        return list(dict.fromkeys([reference, *named]))
    observed = as_numbers(frame[reference])
    low, high = scale or _range(observed)
    found, left = [reference], []
    for column in frame.columns:
        if column == reference or column in keys:
            continue
        why = _why_not(frame[column], str(column), low, high, given=scale is not None, name=name)
        if why:
            left.append(f"{column!r} {why}")
        else:
            found.append(column)
    if notes is not None:
        notes.append(f"raters: {', '.join(map(str, found))} (reference: {reference})")
        if left:
            notes.append(
                f"left out: column {'; column '.join(left)}. If one is a rater, name the raters "
                "with rater_columns=; what tells replies apart is named with system=, cluster= "
                "or attribute="
            )
    if len(found) < least:
        raise DataError(
            f"{name}: no column but {reference!r} holds ratings on the scale {low:g} to {high:g}"
            + "".join(f"; column {text}" for text in left)
            + ". Name the raters with rater_columns="
        )
    return found


def _range(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)


def _why_not(
    column: pd.Series, label: str, low: float, high: float, *, given: bool, name: str
) -> str:
    """Return why a column is no rater, empty when it is one."""
    filled = column[column.notna() & (column.map(str).str.strip() != "")]
    if filled.empty:
        return "is empty"
    values = as_numbers(filled)
    if _INDEX.fullmatch(label) or _counts(values):
        return "numbers the rows"
    known = values[np.isfinite(values)]
    if len(known) * 2 <= len(values):
        return "does not hold numbers"
    off = (known < low) | (known > high)
    ranges = f"({known.min():g} to {known.max():g}; the scale is {low:g} to {high:g})"
    if off.mean() > 0.5:
        return f"is off the scale {ranges}"
    if off.any() and not given:
        raise DataError(
            f"{name}: whether column {label!r} is a rater cannot be told from its numbers "
            f"{ranges.replace('the scale', 'the reference')}; give the scale= LOW-HIGH, or name "
            "the raters with rater_columns="
        )
    return ""


def _counts(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    """Whether a column counts its rows from 0 or 1, in more rows than a scale has steps."""
    return len(values) > 10 and bool(
        np.array_equal(values, np.arange(len(values)) + values[0]) and values[0] in (0, 1)
    )
