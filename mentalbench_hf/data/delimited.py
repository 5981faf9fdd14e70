"""Tables written with delimiters, as spreadsheets of any country save them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: Cells that say "nothing here", as pandas reads them.
_EMPTY: Final = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "<NA>", "NULL", "null", "None")
#: The longest cell that is read; the default of 131,072 characters is short for whole dialogues.
_LONGEST: Final = 10_000_000


def read_delimited(path: Path, notes: list[str] | None = None) -> pd.DataFrame:
    """Read a .csv or .tsv file; its rows are numbered as a spreadsheet shows them (header: 1).

    The delimiter is the one that cuts every row into as many cells as the header has. Columns of
    which every cell is a number become numbers, unless a leading zero says that they are names.

    Args:
        path: the file: UTF-8 (with a byte order mark or without), UTF-16 with one, or
            Windows-1252.
        notes: gets a sentence on what was assumed.

    Raises:
        DataError: several delimiters fit, none does, a row is longer than the header, or the
            header names a column twice.
    """
    import pandas as pd

    text = _text(path, notes)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text, path.name)
    rows = _rows(text, delimiter, path.name)
    if not rows:
        raise DataError(f"{path.name} is empty")
    header = [name.strip() or f"Unnamed: {i}" for i, name in enumerate(rows[0])]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"{path.name} has more than one column {', '.join(map(repr, twice))}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) > len(header):
            raise DataError(
                f"{path.name}, row {number}: {len(row)} cells, but the header has {len(header)}; "
                f"put texts that hold a {DELIMITERS[delimiter]} in double quotes"
            )
    body = [row + [""] * (len(header) - len(row)) for row in rows[1:]]
    frame = pd.DataFrame(body, columns=header, index=range(2, len(rows) + 1), dtype=object)
    frame = frame.mask(frame.apply(lambda column: column.str.strip().isin(_EMPTY)))
    return frame.dropna(how="all").apply(_numbers_where_plain)


def _text(path: Path, notes: list[str] | None) -> str:
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name} is neither UTF-8 nor Windows-1252 (byte {error.start}); save it as UTF-8"
        ) from None
    if notes is not None:
        notes.append(f"{path.name} is not UTF-8; read as Windows-1252")
    return text


def _rows(text: str, delimiter: str, name: str) -> list[list[str]]:
    """Return all records; cells beyond the header that are empty are no cells."""
    longest = csv.field_size_limit(_LONGEST)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise DataError(f"{name} cannot be read: {error}") from None
    finally:
        csv.field_size_limit(longest)
    while rows and not any(rows[-1]):
        rows.pop()
    width = len(rows[0]) if rows else 0
    for row in rows:
        while len(row) > width and not row[-1]:
            row.pop()
    return rows


def _delimiter(text: str, name: str) -> str:
    header = text.split("\n", 1)[0]
    tables = {d: _rows(text, d, name) for d in DELIMITERS if d in header}
    # A row may be short when its last cells are empty; one that is long was cut at a wrong place.
    exact = [
        d for d, rows in tables.items() if all(_width(r) in (0, _width(rows[0])) for r in rows)
    ]
    loose = [d for d, rows in tables.items() if all(_width(r) <= _width(rows[0]) for r in rows)]
    found = exact or loose
    if len(found) > 1:
        raise DataError(
            f"{name} can be cut into columns by {' or by '.join(DELIMITERS[d] for d in found)}; "
            "use one of them in the header only"
        )
    # With no delimiter that fits, the row that does not is named by the caller.
    return found[0] if found else max(tables, key=lambda d: _width(tables[d][0]), default=",")


def _width(row: Sequence[str]) -> int:
    return len(row) if any(row) else 0


def _numbers_where_plain(column: pd.Series) -> pd.Series:
    import pandas as pd

    known = column.dropna().str.strip()
    if known.empty or known.str.match(r"[-+]?0\d").any():
        return column
    values = pd.to_numeric(known, errors="coerce")
    if values.isna().any():
        return column
    return values if len(values) == len(column) else pd.to_numeric(column, errors="coerce")
