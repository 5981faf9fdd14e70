"""Tables on a terminal, with rich; plain text where stdout is not one.

No number is ever cut: a table that is too wide for the terminal is printed as one record per row.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from mentalbench_hf.report.markdown import number

#: Colours that are told apart without red and green; the words stand beside them.
_COLOURS: Final = {"GR": "bold cyan", "MV": "yellow", "LR": "magenta", "n/a": "dim"}
#: Where stdout is no terminal, unless COLUMNS says otherwise.
_PLAIN_WIDTH: Final = 150


class _Console(Console):
    """A console whose reader may leave: `mentalbench reliability | head` is no error."""

    def on_broken_pipe(self) -> None:
        """End as a command ends whose output nobody reads any more."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console for stdout."""
    made = _Console(highlight=False)
    if made.is_terminal or os.environ.get("COLUMNS", "").isdigit():
        return made
    return _Console(highlight=False, width=_PLAIN_WIDTH)


def print_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[object]], digits: int = 3
) -> None:
    """Print a table; rows with the same first cell are one block, where it is a text.

    Where it is too wide, the first cell stands above its block, and where that is still too wide,
    every row is a record: its texts, then its numbers with their names.

    Args:
        title: above the table.
        header: names of the columns; the first columns are texts that identify a row.
        rows: cells; numbers are rounded.
        digits: decimals.
    """
    out = console()
    texts = [[number(cell, digits) for cell in row] for row in rows]
    right = [
        bool(rows) and all(isinstance(row[i], (int, float, type(None))) for row in rows)
        for i in range(len(header))
    ]
    for above in (False,) if right[0] else (False, True):
        table = _table(title, header, texts, right, above=above)
        wide = out.options.update(width=10_000, max_width=10_000)
        if Measurement.get(out, wide, table).maximum <= out.width:
            out.print(table)
            return
    out.print(Text(title, style="bold"))
    for row in texts:
        for line in _record(header, row, right, out.width):
            out.print(line, soft_wrap=True)


def _table(
    title: str,
    header: Sequence[str],
    texts: Sequence[Sequence[str]],
    right: Sequence[bool],
    *,
    above: bool,
) -> Table:
    """Return a table whose blocks show their name once: in the first column, or above."""
    table = Table(
        title=title,
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0) if above else (0, 1),
    )
    start = 1 if above else 0
    for name, is_right in list(zip(header, right, strict=True))[start:]:
        table.add_column(Text(name), justify="right" if is_right else "left", no_wrap=True)
    previous = None
    for row in texts:
        if previous is not None and row[0] != previous and not right[0]:
            table.add_section()
        if above and row[0] != previous:
            table.add_row(Text(row[0], style="bold"))
        same = row[0] == previous and not right[0]
        first = [] if above else [Text("" if same else row[0])]
        table.add_row(*first, *(_cell(text) for text in row[1:]))
        previous = row[0]
    return table


def _cell(text: str) -> Text:
    return Text(text, style=_COLOURS.get(text.split(" ")[0], ""))


def _record(
    header: Sequence[str], row: Sequence[str], right: Sequence[bool], width: int
) -> list[Text]:
    """Return one row as lines: what it is of, then the other cells with their names."""
    n_names = next((i for i, is_right in enumerate(right) if is_right), 1)
    n_names = min(max(n_names, 1), 3)
    names = [f"{header[0]} {row[0]}" if right[0] else row[0], *row[1:n_names]]
    shown = dict(zip(header[n_names:], row[n_names:], strict=True))
    verdict = shown.pop("verdict", "")
    title = ", ".join(names) + f": {verdict}" * bool(verdict)
    lines = [Text(line, style="bold") for line in _wrapped(title, width, "")]
    line = ""
    for name, text in shown.items():
        pair = f"{name} {text}"
        if line and len(line) + 3 + len(pair) <= width:
            line += f"   {pair}"
            continue
        if line:
            lines.append(Text(line))
        *whole, line = _wrapped(pair, width, "  ")
        lines += map(Text, whole)
    return [*lines, Text(line)] if line else lines


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=f"{indent}  ",
        break_long_words=False, break_on_hyphens=False,
    ) or [""]  # fmt: skip
