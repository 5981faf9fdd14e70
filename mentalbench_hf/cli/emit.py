"""Print records in the format asked for: a table to read, or JSON, CSV, Markdown to process."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mentalbench_hf.cli.options import TableFormat


def emit(
    records: Sequence[Mapping[str, Any]],
    form: TableFormat,
    *,
    title: str,
    columns: Sequence[str] | None = None,
    synthetic: bool = False,
    digits: int = 3,
    closing: Sequence[str] = (),
) -> None:
    """Print flat records on stdout.

    Args:
        records: one dict per row, with the same keys.
        form: the format.
        title: above a table for reading.
        columns: keys that a table for reading shows, by default all; machine formats hold all.
        synthetic: whether the title says SYNTHETIC SAMPLE.
        digits: decimals in a table for reading.
        closing: sentences below a table for reading: how to read it, and what it suggests.
    """
    from mentalbench_hf.report.markdown import SYNTHETIC, SYNTHETIC_NOTICE, table

    heading = f"{SYNTHETIC}: {title}" if synthetic else title
    shown = list(columns or (records[0] if records else ()))
    if form is TableFormat.JSON:
        import json

        sys.stdout.write(json.dumps(list(records), indent=2, ensure_ascii=False) + "\n")
        return
    if form is TableFormat.CSV:
        from mentalbench_hf.files import csv_text

        sys.stdout.write(csv_text(records))
        return
    rows = [_cells(row, shown) for row in records]
    header = [column.replace("_", " ") for column in shown]
    if form is TableFormat.MD:
        notice = f"{SYNTHETIC_NOTICE}\n\n" if synthetic else ""
        below = "".join(f"\n{text}\n" for text in closing)
        sys.stdout.write(f"# {heading}\n\n{notice}{table(shown, rows, digits)}\n{below}")
    else:
        from mentalbench_hf.report.terminal import console, print_table

        print_table(heading, header, rows, digits)
        for text in closing:
            console().print(text, style="dim", markup=False)


def _cells(row: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    """Return the cells of a row; the reason for no verdict or interval stands in its place."""
    from mentalbench_hf.reliability.verdict import in_brief

    cells = [row[column] for column in columns]
    reason = row.get("verdict_reason") or row.get("reason")
    place = next((c for c in ("verdict", "low", "skill_low", "p") if c in columns), None)
    if reason and place is not None:
        cells[list(columns).index(place)] = in_brief(reason)
    return cells
