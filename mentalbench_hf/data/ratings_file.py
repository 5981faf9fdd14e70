"""A user's own ratings, from a file, a Hub dataset or a folder, as RatedTargets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.data.folder_ratings import is_ratings_folder, read_folder, with_folders
from mentalbench_hf.data.rater_columns import rater_columns
from mentalbench_hf.data.rating_frames import load_frame, need_columns
from mentalbench_hf.data.rating_values import (
    check_filled,
    check_unique,
    checked_scale,
    numbers,
    per_target,
)
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
        raters: the columns that are raters in a wide table; empty takes those whose values lie on
            the scale (:func:`~mentalbench_hf.data.rater_columns.rater_columns`).
    """

    target: str = "target"
    cluster: str | None = None
    system: str | None = None
    attribute: str | None = None
    rater: str = "rater"
    rating: str = "rating"
    raters: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        """The columns that are there to identify."""
        return [k for k in (self.target, self.cluster, self.system, self.attribute) if k]


#: The columns of ratings from a folder.
FOLDER: Columns = Columns(cluster="conversation_id", system="system", attribute="attribute")


def read_ratings(
    place: str | pd.DataFrame,
    reference: str,
    columns: Columns | None = None,
    *,
    scale: tuple[float, float] | None = None,
    config: str | None = None,
    split: str | None = None,
    runs: Sequence[Path] = (),
    notes: list[str] | None = None,
    table: pd.DataFrame | None = None,
) -> RatedTargets:
    """Read ratings of any targets on any scale.

    Args:
        place: a .csv, .tsv, .xlsx, .parquet or .jsonl file, the name of a Hub dataset, or the
            folder of a judged run or of the Space's ratings, whose columns are known. In a CSV
            file an apostrophe before a name that begins like a formula (``'=x``), as our own CSV
            files have it, is not part of the name. Or a frame.
        reference: the rater the others are compared with.
        columns: which column holds what.
        scale: lowest and highest possible rating; by default as observed.
        config: configuration of a Hub dataset.
        split: its split, by default its only one.
        runs: folders whose judges are added: their ratings of the same replies. A reply is the
            same when its cluster and system are the folder's conversation and system; without
            these columns, when its target is "conversation/system", or "conversation" in a folder
            with one system. Replies that only the folder has are left out.
        notes: gets sentences on what was assumed or left out.
        table: what the file holds, where it was read already: a form that this room does not know.

    Returns:
        The targets; missing ratings are NaN. The attributes of MentalAlign-70k, where all of an
        axis are there, get their axis.

    Raises:
        DataError: the file cannot be read, a column is missing, a rating is not a number or not
            on the scale, a key occurs twice, or a folder has none of the replies. The message
            names the row as a spreadsheet counts it: the header is row 1.
    """
    folders = [read_folder(run) for run in runs]
    name = place if isinstance(place, str) else "the frame"
    if not isinstance(place, str):
        if config or split:
            raise DataError("a frame has no configurations and splits; name none")
        frame, columns = place, columns or Columns()
    elif is_ratings_folder(path := Path(place)):
        if columns not in (None, FOLDER):
            raise DataError(f"{place} is a folder, and its columns are known; name none")
        own = read_folder(path)
        folders.append(replace(own, frame=own.frame.iloc[:0]))
        frame, columns = own.frame, FOLDER
    else:
        frame = load_frame(place, config, split, notes) if table is None else table
        columns = columns or Columns()
    if runs:
        frame = _long(frame, reference, columns, scale, name, notes, least=1)
        frame = with_folders(frame, columns, dict(zip(runs, folders, strict=False)), name, notes)
    made = from_frame(frame, reference, columns, scale=scale, name=name, notes=notes)
    return replace(
        made,
        left_out={j: s for f in folders for j, s in f.left_out.items() if j in made.judges},
        synthetic=made.synthetic or any(f.synthetic for f in folders),
    )


def from_frame(
    frame: pd.DataFrame,
    reference: str,
    columns: Columns,
    *,
    scale: tuple[float, float] | None = None,
    name: str = "the table",
    notes: list[str] | None = None,
    alone: bool = False,
) -> RatedTargets:
    """Return a frame of ratings as RatedTargets; see :func:`read_ratings`.

    With `alone` the reference may be the only rater: a judge is still to rate the same targets.
    """
    long = _long(frame, reference, columns, scale, name, notes, least=1 if alone else 2)
    check_filled(long, [*columns.keys, columns.rater], name)
    values = numbers(long, columns.rating, name)
    low, high = checked_scale(long, values, scale, name)
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
    told = [c for c in (columns.target, columns.rater, columns.attribute) if c]
    check_unique(long, flat, told, name)
    ratings = np.full(shape, np.nan)
    ratings.reshape(-1)[flat] = values
    cluster_codes, cluster_names = codes_of(
        per_target(long, target, columns.cluster or columns.target, name)
    )
    systems = ["all"] * len(target_names)
    if columns.system:
        systems = list(per_target(long, target, columns.system, name))
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
        synthetic=bool(frame.attrs.get("synthetic")),
    )


def _long(
    frame: pd.DataFrame,
    reference: str,
    columns: Columns,
    scale: tuple[float, float] | None,
    name: str,
    notes: list[str] | None,
    *,
    least: int = 2,
) -> pd.DataFrame:
    """Return a long table, melting a wide one; the index keeps the numbers of its rows."""
    if frame.empty:
        raise DataError(f"{name} has no rows")
    need_columns(frame, columns.keys, name)
    if columns.rater in frame:
        if columns.raters:
            raise DataError(
                f"{name} has a column {columns.rater!r}, so its raters are not columns; leave "
                "them unnamed"
            )
        need_columns(frame, [columns.rating], name)
        return frame
    if reference not in frame:
        raise DataError(
            f"{name} has neither a column {columns.rater!r} (one row per rating) nor a column "
            f"{reference!r} (one column per rater); its columns are: "
            f"{', '.join(map(str, frame.columns))}"
        )
    raters = rater_columns(
        frame, reference, columns.keys, named=columns.raters, scale=scale, least=least, name=name,
        notes=notes,
    )  # fmt: skip
    # Here, and not after melting, a fault can be told with its column.
    rated = frame.assign(**{rater: numbers(frame, rater, name) for rater in raters})
    return rated.melt(
        id_vars=columns.keys,
        value_vars=raters,
        var_name=columns.rater,
        value_name=columns.rating,
        ignore_index=False,
    )
