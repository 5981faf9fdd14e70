"""Print a result in the format asked for: a table to read, or JSON, CSV, Markdown to process."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.cli.options import TableFormat
    from mentalbench_hf.report.result_table import ResultTable


def emit(result: ResultTable[Any], form: TableFormat, *, leave_out: Collection[str] = ()) -> None:
    """Print a result on stdout.

    Args:
        result: the result.
        form: the format.
        leave_out: columns that a table on a terminal does without.
    """
    if form != "table":
        sys.stdout.write(result.text(form))
        return
    from mentalbench_hf.report.terminal import console, print_table

    kept = [i for i, column in enumerate(result.header) if column not in leave_out]
    header = [result.header[i].replace("_", " ") for i in kept]
    rows = [[row[i] for i in kept] for row in result.for_reading()]
    print_table(result.heading, header, rows, result.digits)
    for text in filter(None, (result.caption, *result.reading)):
        console().print(text, style="dim", markup=False)


def write_result(result: ResultTable[Any], out: Path | None) -> None:
    """Write a result into the folder of --out, if there is one, and say on stderr what it holds."""
    if out is not None:
        written = result.save(out, figure=False)
        typer.echo(f"written: {', '.join(map(str, written))}", err=True)
