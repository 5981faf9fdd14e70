"""Any file of ratings as a long table, without judging what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentalbench_hf.data.folder_ratings import is_ratings_folder, read_folder
from mentalbench_hf.data.rating_frames import load_frame, need_columns
from mentalbench_hf.data.ratings_file import FOLDER, Columns
from mentalbench_hf.ecosystem.doctor.guess import guess_columns, order_column
from mentalbench_hf.ecosystem.exports.long_form import Telling
from mentalbench_hf.ecosystem.exports.registry import detect, read_export
from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_CONTEXTS: Final = ("context", "prompt", "question", "post")
_REPLIES: Final = ("response", "reply", "text", "answer")


@dataclass(frozen=True, eq=False)
class Table:
    """A table of ratings.

    Attributes:
        kind: what kind of file it came from, in words.
        long: one row per rating.
        columns: which column holds what; `raters` are the columns of a wide file.
        assumed: what was assumed, in sentences.
        lacks: what the file does not hold, or what was left out, in sentences.
        order: what says in which order things were rated.
        texts: columns of what was asked and of the reply; empty where there is none.
        options: the options that say all this to another command.
    """

    kind: str
    long: pd.DataFrame
    columns: Columns
    assumed: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    order: str = "not told"
    texts: tuple[str, str] = ("", "")
    options: tuple[str, ...] = ()


def open_table(
    place: str,
    given: Mapping[str, str | None] | None = None,
    *,
    raters: Sequence[str] = (),
    telling: Telling | None = None,
    config: str | None = None,
    split: str | None = None,
) -> Table:
    """Return the ratings of a file; columns that are not given are guessed by their names.

    Args:
        place: a table, an export of another tool, a folder of a judged run, or a Hub dataset.
        given: parameter of Columns -> the column that the user named.
        raters: the columns that are raters.
        telling: what an export does not hold.
        config: configuration of a Hub dataset.
        split: its split.

    Raises:
        DataError: the file cannot be read, or nothing tells what was rated by whom.
    """
    given = given or {}
    if is_ratings_folder(Path(place)):
        return Table("a folder of ratings", read_folder(Path(place)).frame, FOLDER)
    if detect(place) is not None:
        export = read_export(place, telling)
        return Table(
            f"an export of {export.tool}", export.frame, export.columns, lacks=export.lacks,
            options=_told(telling),
        )  # fmt: skip
    notes: list[str] = []
    frame = load_frame(place, config, split, notes)
    if frame.empty:
        raise DataError(f"{place} has no rows")
    need_columns(frame, [*(c for c in given.values() if c), *raters], place)
    columns, assumed = _which(frame, given, raters, place)
    return Table(
        "a wide table: one column per rater"
        if columns.raters
        else "a long table: one row per rating",
        _melted(frame, columns),
        columns,
        assumed,
        tuple(notes),
        _order(frame),
        _texts(frame, columns),
        tuple(_options(columns, config, split)),
    )


def _which(
    frame: pd.DataFrame, given: Mapping[str, str | None], raters: Sequence[str], place: str
) -> tuple[Columns, tuple[str, ...]]:
    if not raters:
        guess = guess_columns(frame, given, place)
        return guess.columns, guess.assumed
    # What is left when the raters are taken out tells the other columns, as in a long table.
    rest = frame.drop(columns=list(raters)).assign(rater="", rating=0)
    guess = guess_columns(rest, {**given, "rater": "rater", "rating": "rating"}, place)
    return replace(guess.columns, raters=tuple(raters)), guess.assumed


def _melted(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    if not columns.raters:
        return frame
    return frame.melt(
        id_vars=columns.keys, value_vars=list(columns.raters), var_name=columns.rater,
        value_name=columns.rating,
    )  # fmt: skip


def _options(columns: Columns, config: str | None, split: str | None) -> list[str]:
    plain = Columns()
    found = []
    for name in ("target", "cluster", "system", "attribute", "rater", "rating"):
        value = getattr(columns, name)
        if value and value != getattr(plain, name):
            found += [f"--{name}", value]
    if columns.raters:
        found += ["--rater-columns", ",".join(columns.raters)]
    for name, value in (("config", config), ("split", split)):
        found += [f"--{name}", value] if value else []
    return found


def _told(telling: Telling | None) -> tuple[str, ...]:
    if telling is None:
        return ()
    levels = ",".join(f"{word}={number:g}" for word, number in telling.levels.items())
    return (
        *(("--rater-name", telling.rater) if telling.rater else ()),
        *(("--levels", levels) if levels else ()),
    )


def _order(frame: pd.DataFrame) -> str:
    column = order_column(frame)
    return f"column {column!r}" if column else "no column tells it; the order of the rows is taken"


def _texts(frame: pd.DataFrame, columns: Columns) -> tuple[str, str]:
    free = [c for c in map(str, frame.columns) if c not in (*columns.keys, *columns.raters)]
    words = [c for c in free if frame[c].map(lambda v: isinstance(v, str) and " " in v).any()]
    context = next((c for c in _CONTEXTS if c in words), "")
    return context, next((c for c in _REPLIES if c in words), "")
