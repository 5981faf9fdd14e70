"""Tables of ratings as frames, whatever kind of file they are in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentalbench_hf.data.delimited import read_delimited
from mentalbench_hf.errors import DataError
from mentalbench_hf.files import unguarded

if TYPE_CHECKING:
    import pandas as pd

KINDS: Final = (".csv", ".tsv", ".xlsx", ".parquet", ".jsonl")


def load_frame(
    place: str,
    config: str | None = None,
    split: str | None = None,
    notes: list[str] | None = None,
) -> pd.DataFrame:
    """Return a file or a Hub dataset as a frame.

    The index holds row numbers as people count them: in a spreadsheet the header is row 1; rows
    of other kinds are counted from 1.

    Args:
        place: a file of one of KINDS, or the name of a Hub dataset.
        config: configuration of a Hub dataset.
        split: its split, by default its only one.
        notes: gets a sentence on what was assumed in reading.

    Raises:
        DataError: no such file, another kind of file, or one that cannot be read.
    """
    path = Path(place)
    kind = path.suffix.lower()
    if kind not in KINDS:
        if path.is_file():
            raise DataError(f"{place}: {kind or 'files without an ending'} cannot be read; "
                            f"save it as one of {', '.join(KINDS)}")  # fmt: skip
        return _load_from_hub(place, config, split)
    if not path.is_file():
        raise DataError(f"{place} is not a file")
    if config or split:
        raise DataError(f"{place} is a file; a configuration and a split are of Hub datasets")
    try:
        return _read(path, kind, notes)
    except (ValueError, OSError) as error:
        raise DataError(f"{place} cannot be read as {kind[1:]}: {error}") from error


def _read(path: Path, kind: str, notes: list[str] | None) -> pd.DataFrame:
    import pandas as pd

    if kind in (".csv", ".tsv"):
        return _as_meant(read_delimited(path, notes))
    if kind == ".xlsx":
        return _read_sheet(path)
    frame = pd.read_parquet(path) if kind == ".parquet" else pd.read_json(path, lines=True)
    return frame.set_axis(range(1, len(frame) + 1), axis=0)


def _as_meant(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of a CSV file without the guards against formulas of its names and texts.

    A column, or the header, in which two texts would become one is left as it is: the apostrophes
    there were not written as guards.
    """
    plain = _plain(list(frame.columns))
    frame = frame.rename(columns=plain)
    for column in frame.select_dtypes(exclude="number"):
        plain = _plain(frame[column].dropna().unique())
        if any(old != new for old, new in plain.items()):
            frame[column] = frame[column].map(lambda v, plain=plain: plain.get(v, v))
    return frame


def _plain(texts: Iterable[object]) -> dict[object, object]:
    plain = {t: unguarded(t) if isinstance(t, str) else t for t in texts}
    return plain if len(set(plain.values())) == len(plain) else {}


def _read_sheet(path: Path) -> pd.DataFrame:
    import pandas as pd
    from python_calamine import CalamineError

    try:
        sheets = pd.read_excel(path, sheet_name=None, engine="calamine", dtype=object)
    except CalamineError as error:
        raise ValueError(error) from error
    filled = {name: frame for name, frame in sheets.items() if not frame.empty}
    if len(filled) != 1:
        raise DataError(
            f"{path.name} has {len(filled) or 'no'} sheets with rows"
            f"{': ' * bool(filled)}{', '.join(map(str, filled))}; keep the ratings' sheet alone"
        )
    (frame,) = filled.values()
    frame = frame.set_axis(range(2, len(frame) + 2), axis=0).dropna(how="all")
    # A workbook holds 3 as 3.0.
    whole: pd.DataFrame = frame.infer_objects().convert_dtypes().astype(object)
    return whole


def _load_from_hub(name: str, config: str | None, split: str | None) -> pd.DataFrame:
    import datasets

    try:
        loaded = datasets.load_dataset(name, config, split=split)
    except (datasets.exceptions.DatasetNotFoundError, ValueError, OSError) as error:
        raise DataError(
            f"{name} is neither a file ({', '.join(KINDS)}) nor a dataset that loads: {error}"
        ) from error
    if isinstance(loaded, dict):
        if len(loaded) != 1:
            raise DataError(f"{name} has the splits {', '.join(loaded)}; choose one with split=")
        loaded = next(iter(loaded.values()))
    frame: pd.DataFrame = loaded.to_pandas()
    return frame.set_axis(range(1, len(frame) + 1), axis=0)


def need_columns(frame: pd.DataFrame, wanted: Sequence[str], name: str) -> None:
    """Raise DataError unless the frame has the columns wanted."""
    missing = [column for column in wanted if column not in frame]
    if missing:
        raise DataError(
            f"{name} has no column {', '.join(map(repr, missing))}; its columns are: "
            f"{', '.join(map(str, frame.columns))}"
        )
