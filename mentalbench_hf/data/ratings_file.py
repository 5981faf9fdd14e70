"""A user's own ratings, from CSV, Parquet, JSON Lines or a Hub dataset, as RatedTargets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mentalbench_hf.data.targets import RatedTargets, codes_of
from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import ATTRIBUTES, AXES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what.

    A *long* table has one row per rating, with the columns `rater` and `rating`. A *wide* one has
    one row per target (and attribute) and one column per rater: it is wide when it has no column
    `rater` and the reference rater is a column.

    Attributes:
        target: identifies a target, the thing rated.
        cluster: identifies what targets belong together, such as a conversation; None takes every
            target as its own.
        system: who made the target; None does not distinguish systems.
        attribute: what was rated; None takes all ratings as one attribute.
        rater: who rated.
        rating: the rating, empty where missing.
    """

    target: str = "target"
    cluster: str | None = None
    system: str | None = None
    attribute: str | None = None
    rater: str = "rater"
    rating: str = "rating"


def read_ratings(
    place: str,
    reference: str,
    columns: Columns | None = None,
    *,
    scale: tuple[float, float] | None = None,
    config: str | None = None,
    split: str | None = None,
) -> RatedTargets:
    """Read ratings of any targets on any scale.

    Args:
        place: a .csv, .parquet or .jsonl file, or the name of a Hub dataset.
        reference: the rater the others are compared with.
        columns: which column holds what.
        scale: lowest and highest possible rating; by default as observed.
        config: configuration of a Hub dataset.
        split: its split, by default its only one.

    Returns:
        The targets; missing ratings are NaN. The attributes of MentalAlign-70k, where all of an
        axis are there, get their axis.

    Raises:
        DataError: the file cannot be read, a column is missing, a rating is not a number or not
            on the scale, or a key occurs twice. The message names the row, counted from 1 without
            the header.
    """
    frame = load_frame(place, config, split)
    return from_frame(frame, reference, columns or Columns(), scale=scale, name=place)


def from_frame(
    frame: pd.DataFrame,
    reference: str,
    columns: Columns,
    *,
    scale: tuple[float, float] | None = None,
    name: str = "the table",
    alone: bool = False,
) -> RatedTargets:
    """Return a frame of ratings as RatedTargets; see :func:`read_ratings`.

    With `alone` the reference may be the only rater: a judge is still to rate the same targets.
    """
    if frame.empty:
        raise DataError(f"{name} has no rows")
    keys = [k for k in (columns.target, columns.cluster, columns.system, columns.attribute) if k]
    need_columns(frame, keys, name)
    long = frame if columns.rater in frame else _melted(frame, reference, columns, keys, name)
    need_columns(long, [columns.rater, columns.rating], name)
    for key in (*keys, columns.rater):
        empty = np.flatnonzero(long[key].isna())
        if len(empty):
            raise DataError(f"{name}, row {row_number(long, empty[0])}: column {key!r} is empty")
    values = numbers(long, columns.rating, name)
    low, high = _checked_scale(long, values, scale, name)
    target, target_names = codes_of(long[columns.target])
    rater, rater_names = codes_of(long[columns.rater].map(str))
    if reference not in rater_names:
        raise DataError(
            f"{name}: reference rater {reference!r} does not occur in column {columns.rater!r}; "
            f"raters: {', '.join(sorted(map(str, rater_names)))}"
        )
    if len(rater_names) < 2 and not alone:
        raise DataError(f"{name}: {reference!r} is the only rater; at least two are needed")
    if columns.attribute:
        attribute, attribute_names = codes_of(long[columns.attribute].map(str))
    else:
        attribute, attribute_names = codes_of(["rating"] * len(long))
    shape = (len(target_names), len(rater_names), len(attribute_names))
    flat = np.ravel_multi_index((target, rater, attribute), shape)
    _check_unique(long, flat, columns, name)
    ratings = np.full(shape, np.nan)
    ratings.reshape(-1)[flat] = values
    clusters = _per_target(long, target, columns.cluster or columns.target, len(target_names), name)
    systems = (
        _per_target(long, target, columns.system, len(target_names), name)
        if columns.system
        else np.full(len(target_names), "all", dtype=object)
    )
    cluster_codes, cluster_names = codes_of(clusters)
    system_codes, system_names = codes_of(systems)
    known = tuple(map(str, attribute_names))
    return RatedTargets(
        ratings=ratings,
        raters=tuple(map(str, rater_names)),
        attributes=known,
        axes={axis: m for axis, m in AXES.items() if set(m) <= set(known)}
        if set(known) <= set(ATTRIBUTES)
        else {},
        clusters=cluster_codes,
        cluster_names=cluster_names,
        systems=system_codes,
        system_names=tuple(map(str, system_names)),
        reference=reference,
        scale=(low, high),
        data=Path(name).name,
    )


def load_frame(place: str, config: str | None = None, split: str | None = None) -> pd.DataFrame:
    """Return a .csv, .parquet or .jsonl file or a Hub dataset as a frame, or raise DataError."""
    import pandas as pd

    path = Path(place)
    readers: dict[str, Any] = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
        ".jsonl": lambda p: pd.read_json(p, lines=True),
    }
    if path.suffix in readers:
        if not path.is_file():
            raise DataError(f"{place} is not a file")
        try:
            frame: pd.DataFrame = readers[path.suffix](path)
        except (ValueError, OSError) as error:
            raise DataError(f"{place} cannot be read as {path.suffix[1:]}: {error}") from error
        return frame
    if path.exists() and path.is_file():
        raise DataError(f"{place}: unknown kind of file; use {', '.join(readers)}")
    return _load_from_hub(place, config, split)


def _load_from_hub(name: str, config: str | None, split: str | None) -> pd.DataFrame:
    import datasets

    try:
        loaded = datasets.load_dataset(name, config, split=split)
    except (datasets.exceptions.DatasetNotFoundError, ValueError, OSError) as error:
        raise DataError(
            f"{name} is neither a file (.csv, .parquet, .jsonl) nor a dataset that loads: {error}"
        ) from error
    if isinstance(loaded, dict):
        if len(loaded) != 1:
            raise DataError(f"{name} has the splits {', '.join(loaded)}; choose one with --split")
        loaded = next(iter(loaded.values()))
    frame: pd.DataFrame = loaded.to_pandas()
    return frame


def need_columns(frame: pd.DataFrame, wanted: list[str], name: str) -> None:
    """Raise DataError unless the frame has the columns wanted."""
    missing = [column for column in wanted if column not in frame]
    if missing:
        raise DataError(
            f"{name} has no column {', '.join(map(repr, missing))}; its columns are: "
            f"{', '.join(map(str, frame.columns))}"
        )


def _melted(
    frame: pd.DataFrame, reference: str, columns: Columns, keys: list[str], name: str
) -> pd.DataFrame:
    """Return a wide table as a long one; every column that is no key is a rater."""
    if reference not in frame:
        raise DataError(
            f"{name} has neither a column {columns.rater!r} (one row per rating) nor a column "
            f"{reference!r} (one column per rater); its columns are: "
            f"{', '.join(map(str, frame.columns))}"
        )
    raters = [c for c in frame.columns if c not in keys]
    return frame.melt(
        id_vars=keys,
        value_vars=raters,
        var_name=columns.rater,
        value_name=columns.rating,
        ignore_index=False,
    )


def row_number(frame: pd.DataFrame, position: int) -> int:
    """Return the number of a row in its file, counted from 1 without the header."""
    return int(frame.index[position]) + 1


def numbers(frame: pd.DataFrame, column: str, name: str) -> np.ndarray[Any, Any]:
    """Return a column as floats, NaN where empty, or raise DataError naming the row."""
    import pandas as pd

    raw = frame[column]
    found = pd.to_numeric(raw, errors="coerce").to_numpy(dtype=float)
    blank = raw.isna().to_numpy() | (raw.map(str).str.strip() == "").to_numpy()
    wrong = np.flatnonzero((np.isnan(found) & ~blank) | np.isinf(found))
    if len(wrong):
        value = raw.iloc[wrong[0]]
        raise DataError(
            f"{name}, row {row_number(frame, wrong[0])}: rating {value} is not a finite number "
            f"({len(wrong)} such ratings); leave missing ratings empty"
        )
    return found


def _checked_scale(
    frame: pd.DataFrame,
    values: np.ndarray[Any, Any],
    scale: tuple[float, float] | None,
    name: str,
) -> tuple[float, float]:
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


def _check_unique(
    frame: pd.DataFrame, flat: np.ndarray[Any, Any], columns: Columns, name: str
) -> None:
    order = np.argsort(flat, kind="stable")
    same = np.flatnonzero(flat[order][1:] == flat[order][:-1])
    if len(same):
        first, second = order[same[0]], order[same[0] + 1]
        row = frame.iloc[int(second)]
        key = [c for c in (columns.target, columns.rater, columns.attribute) if c]
        raise DataError(
            f"{name}, row {row_number(frame, second)}: "
            + ", ".join(f"{c} {row[c]!r}" for c in key)
            + f" was rated in row {row_number(frame, first)} already; there may be one row per "
            + ("target, rater and attribute" if columns.attribute else "target and rater")
        )


def _per_target(
    frame: pd.DataFrame, target: np.ndarray[Any, Any], column: str, n: int, name: str
) -> np.ndarray[Any, Any]:
    """Return the one value each target has in a column."""
    values = frame[column].to_numpy(dtype=object)
    _, first = np.unique(target, return_index=True)
    chosen = values[first]
    wrong = np.flatnonzero(values != chosen[target])
    if len(wrong):
        raise DataError(
            f"{name}, row {row_number(frame, wrong[0])}: {column} {values[wrong[0]]!r} differs "
            f"from {chosen[target[wrong[0]]]!r} in another row of the same target"
        )
    return chosen[:n]
