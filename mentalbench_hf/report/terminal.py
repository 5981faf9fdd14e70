"""Tables on a terminal, with rich; plain text where stdout is not one."""

from __future__ import annotations

from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from mentalbench_hf.data.audit import KINDS, Audit
from mentalbench_hf.reliability.reproduce import NOT_REPRODUCIBLE, Reproduction
from mentalbench_hf.report.audit import misalignment_text, where
from mentalbench_hf.report.markdown import SYNTHETIC, number
from mentalbench_hf.report.reliability import HEADER, ReliabilityTable
from mentalbench_hf.report.reproduction import cells, summary

#: Colours that are told apart without red and green; the words stand beside them.
_COLOURS: Final = {"GR": "bold cyan", "MV": "yellow", "LR": "magenta", "n/a": "dim"}
_PLAIN_WIDTH: Final = 150
#: Narrower terminals do without two columns; machine formats always hold all.
_WIDE: Final = 130


class _Console(Console):
    """A console whose reader may leave: `mentalbench reliability | head` is no error."""

    def on_broken_pipe(self) -> None:
        """End as a command ends whose output nobody reads any more."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console for stdout that does not wrap tables when it is not a terminal."""
    made = _Console(highlight=False)
    return made if made.is_terminal else _Console(highlight=False, width=_PLAIN_WIDTH)


def print_reliability(table: ReliabilityTable) -> None:
    """Print the reliability table, one block per judge."""
    out = console()
    wide = out.width >= _WIDE
    shown = Table(
        title=f"{SYNTHETIC}: reliability" if table.synthetic else "Reliability",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1) if wide else 0,
    )
    left_out = {"axis"} if wide else {"judge", "axis", "n", "missing", "MSE"}
    columns = [i for i, name in enumerate(HEADER) if name not in left_out]
    for i in columns:
        right = HEADER[i] in ("n", "missing", "MSE")
        shown.add_column(HEADER[i], justify="right" if right else "left", no_wrap=True)
    previous = None
    for row in table.cells(digits=3 if wide else 2):
        if previous is not None and row[0] != previous:
            shown.add_section()
        texts = [number(v) for v in row]
        if row[0] == previous:
            texts[0] = ""
        elif not wide:
            shown.add_row(f"[bold]{row[0]}[/]")
        verdict = texts[-1]
        texts[-1] = f"[{_COLOURS.get(verdict, 'default')}]{verdict}[/]"
        shown.add_row(*(texts[i] for i in columns))
        previous = row[0]
    out.print(shown)
    out.print(table.caption(), style="dim")


def print_audit(audit: Audit) -> None:
    """Print every finding."""
    out = console()
    title = "Audit of MentalAlign-70k as released"
    shown = Table(title=f"{SYNTHETIC}: {title}" if audit.synthetic else title, title_style="bold")
    for name in ("fault", "sheet", "system", "count", "unit", "ConvID"):
        shown.add_column(name, justify="right" if name == "count" else "left")
    previous = None
    for f in audit.findings:
        if previous is not None and f.kind != previous:
            shown.add_section()
        name = "" if f.kind == previous else f"{KINDS[f.kind][0]} ({audit.total(f.kind):,})"
        shown.add_row(name, f.sheet, f.system or "all", f"{f.count:,}", f.unit, where(f, 8))
        previous = f.kind
    out.print(shown)
    if audit.total("misaligned"):
        out.print(misalignment_text(audit), style="dim")
    for f in audit.findings:
        if f.text:
            out.print(f"\n[bold]{KINDS[f.kind][0]}.[/] {f.text}")


def print_reproduction(result: Reproduction) -> None:
    """Print the published figures beside ours."""
    out = console()
    shown = Table(title="Published figures beside ours", title_style="bold")
    for name in ("judge", "attribute", "quantity", "published", "ours", "difference", "inside"):
        shown.add_column(name, justify="left" if name in ("judge", "attribute") else "right")
    previous = None
    for c, row in zip(
        (*result.cells, *result.means), cells([*result.cells, *result.means]), strict=True
    ):
        if previous is not None and c.judge != previous:
            shown.add_section()
        style = "" if c.reproduced else "bold magenta"
        shown.add_row(*(number(v, 4) for v in row), style=style)
        previous = c.judge
    out.print(shown)
    for line in summary(result):
        out.print(line)
    out.print("\nNot reproducible:", style="bold")
    for text in NOT_REPRODUCIBLE:
        out.print(f"- {text}")
