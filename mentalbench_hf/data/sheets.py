"""Read one rating sheet: conversation ids, contexts and the ten cells of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import Roster

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sheet:
    """One rater's sheet as released.

    Attributes:
        conversation_ids: the sheet's ConvID, one per row, unique.
        contexts: the users' posts, one per row.
        cells: one list per row, one cell text per system in the order of the schema; an empty
            text where the cell is empty.
    """

    conversation_ids: list[int]
    contexts: list[str]
    cells: list[list[str]]


def read_sheet(path: Path, roster: Roster) -> Sheet:
    """Read a released rating sheet.

    Columns are found by name, with stray spaces around names ignored, so their order is free.

    Raises:
        DataError: not a readable workbook, a column is missing or twice there, or an id is empty,
            not a whole number or not unique.
    """
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError) as error:
        raise DataError(f"{path.name} is not a readable workbook: {error}") from error
    header = [str(name).strip() for name in rows[0]] if rows else []
    id_column = _column(header, path.name, "ConvID")
    context_column = _column(header, path.name, "context")
    system_columns = [
        _column(header, path.name, *(f"{p}_response_{s.suffix}" for p in ("human", "judge")))
        for s in roster.systems
    ]
    ids: list[int] = []
    seen: set[int] = set()
    for number, row in enumerate(rows[1:], start=2):
        conversation_id = _whole(row[id_column])
        if conversation_id is None or conversation_id in seen:
            fault = "twice there" if conversation_id in seen else "not a whole number"
            raise DataError(f"{path.name}, row {number}: ConvID {row[id_column]!r} is {fault}")
        seen.add(conversation_id)
        ids.append(conversation_id)
    return Sheet(
        conversation_ids=ids,
        contexts=[str(row[context_column]) for row in rows[1:]],
        cells=[[str(row[c]) for c in system_columns] for row in rows[1:]],
    )


def _column(header: list[str], file: str, *names: str) -> int:
    found = [i for i, name in enumerate(header) if name in names]
    if len(found) != 1:
        fault = "no column" if not found else "more than one column"
        raise DataError(f"{file} has {fault} {' or '.join(names)}; its columns are: {header}")
    return found[0]


def _whole(value: object) -> int | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
