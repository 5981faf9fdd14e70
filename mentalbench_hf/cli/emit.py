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
) -> None:
    """Print flat records on stdout.

    Args:
        records: one dict per row, with the same keys.
        form: the format.
        title: above a table for reading.
        columns: keys that a table for reading shows, by default all; machine formats hold all.
        synthetic: whether the title says SYNTHETIC SAMPLE.
        digits: decimals in a table for reading.
    """
    from mentalbench_hf.report.markdown import SYNTHETIC, SYNTHETIC_NOTICE, number, table

    heading = f"{SYNTHETIC}: {title}" if synthetic else title
    shown = list(columns or (records[0] if records else ()))
    if form is TableFormat.JSON:
        import json

        sys.stdout.write(json.dumps(list(records), indent=2, ensure_ascii=False) + "\n")
    elif form is TableFormat.CSV:
        from mentalbench_hf.files import csv_text

        sys.stdout.write(csv_text(records))
    elif form is TableFormat.MD:
        notice = f"{SYNTHETIC_NOTICE}\n\n" if synthetic else ""
        rows = [[row[c] for c in shown] for row in records]
        sys.stdout.write(f"# {heading}\n\n{notice}{table(shown, rows, digits)}\n")
    else:
        from rich import box
        from rich.table import Table

        from mentalbench_hf.report.terminal import console

        grid = Table(title=heading, title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
        for column in shown:
            right = all(isinstance(row[column], (int, float)) for row in records)
            grid.add_column(column.replace("_", " "), justify="right" if right else "left")
        for row in records:
            grid.add_row(*(number(row[c], digits) for c in shown))
        console().print(grid)
