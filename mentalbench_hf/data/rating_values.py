"""Checks of ratings; every fault names its row and column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_COMMA: Final = re.compile(r"[-+]?\d*,\d+")
#: What a thousands separator looks like as well: 1,234.
_THOUSANDS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")


def row_number(frame: pd.DataFrame, position: int) -> int:
    """Return the number of a row in its file (see :func:`.rating_frames.load_frame`)."""
    return int(frame.index[position])


def as_numbers(column: pd.Series) -> np.ndarray[Any, Any]:
    """Return a column as floats, shape (n,): NaN where empty or no number.

    Decimal commas are read where they can be nothing else; see :func:`numbers`.
    """
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce").to_numpy(
        dtype=float, na_value=np.nan, copy=True
    )
    left = np.flatnonzero(np.isnan(values) & ~_blank(column))
    texts = [str(column.iloc[i]).strip() for i in left]
    for i, text in zip(left, texts, strict=True):
        if _COMMA.fullmatch(text):
            values[i] = float(text.replace(",", "."))
    return values


def numbers(frame: pd.DataFrame, column: str, name: str) -> np.ndarray[Any, Any]:
    """Return a column as floats, NaN where empty.

    "4,5" is four and a half. "1,234" alone may be either, and so may a column in which commas and
    points occur: those are refused.

    Raises:
        DataError: a cell is no finite number, or may be either of two. The message names the row
            and the column.
    """
    raw = frame[column]
    found = as_numbers(raw)

    def refuse(at: int, why: str) -> DataError:
        return DataError(
            f"{name}, row {row_number(frame, at)}, column {column!r}: {raw.iloc[at]} {why}"
        )

    wrong = np.flatnonzero((np.isnan(found) & ~_blank(raw)) | np.isinf(found))
    if len(wrong):
        raise refuse(
            wrong[0], f"is not a finite number ({len(wrong)} such); leave missing ratings empty"
        )
    texts = {i: v.strip() for i, v in enumerate(raw) if isinstance(v, str)}
    commas = [i for i, text in texts.items() if "," in text]
    if commas and all(_THOUSANDS.fullmatch(texts[i]) for i in commas):
        raise refuse(
            commas[0], "may have a decimal comma or a thousands separator; write it without"
        )
    points = [i for i, text in texts.items() if "." in text]
    if commas and points:
        raise refuse(
            commas[0],
            f"has a comma and row {row_number(frame, points[0])} a point; write all alike",
        )
    return found


def _blank(column: pd.Series) -> np.ndarray[Any, Any]:
    empty = column.isna().to_numpy(dtype=bool)
    return np.asarray(empty | (column.map(str).str.strip() == "").to_numpy(dtype=bool))


def check_filled(frame: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    """Raise DataError when a cell of the columns is empty or holds spaces alone."""
    for key in columns:
        empty = np.flatnonzero(_blank(frame[key]))
        if len(empty):
            raise DataError(f"{name}, row {row_number(frame, empty[0])}: column {key!r} is empty")


def checked_scale(
    frame: pd.DataFrame,
    values: np.ndarray[Any, Any],
    scale: tuple[float, float] | None,
    name: str,
) -> tuple[float, float]:
    """Return the scale given, or as observed, or raise DataError for a rating outside it."""
    if np.isnan(values).all():
        raise DataError(f"{name} holds no rating at all")
    if scale is None:
        return float(np.nanmin(values)), float(np.nanmax(values))
    low, high = scale
    if not low < high:
        raise DataError(f"the scale must run from low to high; received {low:g} to {high:g}")
    wrong = np.flatnonzero((values < low) | (values > high))
    if len(wrong):
        raise DataError(
            f"{name}, row {row_number(frame, wrong[0])}: rating {values[wrong[0]]:g} is outside "
            f"the scale {low:g} to {high:g} ({len(wrong)} such ratings)"
        )
    return low, high


def check_unique(
    frame: pd.DataFrame, flat: np.ndarray[Any, Any], keys: Sequence[str], name: str
) -> None:
    """Raise DataError when two rows have the same code; `keys` are the columns that tell them."""
    order = np.argsort(flat, kind="stable")
    same = np.flatnonzero(flat[order][1:] == flat[order][:-1])
    if len(same):
        first, second = order[same[0]], order[same[0] + 1]
        row = frame.iloc[int(second)]
        raise DataError(
            f"{name}, row {row_number(frame, second)}: "
            + ", ".join(f"{c} {row[c]!r}" for c in keys)
            + f" was rated in row {row_number(frame, first)} already; there may be one row per "
            + ("target, rater and attribute" if len(keys) == 3 else "target and rater")
        )


def per_target(
    frame: pd.DataFrame, target: np.ndarray[Any, Any], column: str, name: str
) -> np.ndarray[Any, Any]:
    """Return the one value each target has in a column, or raise DataError.

    Args:
        frame: the rows.
        target: code of each row's target, numbered in order of appearance.
        column: the column.
        name: of the table, for errors.
    """
    values = frame[column].to_numpy(dtype=object)
    _, first = np.unique(target, return_index=True)
    chosen = values[first]
    wrong = np.flatnonzero(values != chosen[target])
    if len(wrong):
        raise DataError(
            f"{name}, row {row_number(frame, wrong[0])}: {column} {values[wrong[0]]!r} differs "
            f"from {chosen[target[wrong[0]]]!r} in another row of the same target"
        )
    return np.asarray(chosen)
