"""One kind of result for every question: typed rows that print, plot, save and become a frame."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.files import added_files, guarded_frame
from mentalbench_hf.report.markdown import SYNTHETIC, SYNTHETIC_NOTICE, number, table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

T = TypeVar("T")
#: Draws a frame of rows on axes (new ones for None) and returns them.
Draw = Callable[["pd.DataFrame", "Axes | None"], "Axes"]


@dataclass(frozen=True, eq=False, repr=False)
class ResultTable(Sequence[T], Generic[T]):
    """Typed rows of one result, with all that is needed to show them.

    A sequence of its rows. In a notebook it shows itself as a table.

    Attributes:
        rows: the rows, each a frozen dataclass with a ``record()``.
        name: stem of the files it is saved in.
        title: what the table is, in a line.
        columns: what a table for reading shows; empty for everything.
        reading: how to read the numbers and what they suggest; may be empty.
        synthetic: whether it was made from the bundled SYNTHETIC SAMPLE; every form says so.
        draw: draws the rows; None where no figure exists.
    """

    rows: tuple[T, ...]
    name: str
    title: str
    columns: tuple[str, ...] = ()
    reading: str = ""
    synthetic: bool = False
    draw: Draw | None = None

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        """Return one row, or a tuple of rows for a slice."""
        return self.rows[index]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[T]:
        """Iterate over the rows."""
        return iter(self.rows)

    @property
    def heading(self) -> str:
        """The title, marked when the ratings are the bundled sample."""
        return f"{SYNTHETIC}: {self.title}" if self.synthetic else self.title

    def records(self) -> list[dict[str, Any]]:
        """Return one dict per row for JSON: nested results flat, NaN as None."""
        return [flat(row.record()) for row in self.rows]  # type: ignore[attr-defined]

    def to_frame(self) -> pd.DataFrame:
        """Return one tidy DataFrame, a row per result; NaN where a number is not defined.

        ``frame.attrs["synthetic"]`` says whether the ratings are the bundled sample.
        """
        import pandas as pd

        frame = pd.DataFrame(self.records())
        frame.attrs["synthetic"] = self.synthetic
        return frame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the rows on `ax` (new axes by default) and return the axes.

        Raises:
            StatisticsError: there is no figure for this result, or there are no rows.
        """
        if self.draw is None:
            raise StatisticsError(f"there is no figure for {self.name}; use to_frame()")
        if not self.rows:
            raise StatisticsError(f"{self.name} has no rows to draw")
        return self.draw(self.to_frame(), ax)

    def text(self, form: str) -> str:
        """Return the table as ``json``, ``csv`` (formulas guarded) or ``md``."""
        records = self.records()
        if form == "json":
            return json.dumps(records, indent=2, ensure_ascii=False) + "\n"
        if form == "csv":
            return str(guarded_frame(self.to_frame()).to_csv(index=False, lineterminator="\n"))
        notice = f"{SYNTHETIC_NOTICE}\n\n" if self.synthetic else ""
        note = f"\n\n{self.reading}" if self.reading else ""
        rows = [[record[c] for c in self.shown] for record in records]
        return f"# {self.heading}\n\n{notice}{table(self.shown, rows)}{note}\n"

    @property
    def shown(self) -> list[str]:
        """The columns of a table for reading."""
        return list(self.columns or (self.records()[0] if self.rows else ()))

    def save(self, folder: Path | str) -> list[Path]:
        """Write the table as JSON, CSV and Markdown, and its figure, into a folder.

        Args:
            folder: where; made when it is not there.

        Returns:
            The paths written.
        """
        folder = Path(folder)
        with added_files(folder) as made:
            for form in ("json", "csv", "md"):
                (made / f"{self.name}.{form}").write_text(self.text(form), encoding="utf-8")
            if self.draw is not None and self.rows:
                figure = self.plot().get_figure(root=True)
                if figure is not None:
                    figure.savefig(made / f"{self.name}.png", dpi=200)
            names = [f"{self.name}.{form}" for form in ("json", "csv", "md", "png")]
            return [folder / name for name in names if (made / name).is_file()]

    def __repr__(self) -> str:
        """Say what it is and how many rows it has."""
        return f"<{self.heading}: {len(self.rows)} rows>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(c.replace('_', ' '))}</th>" for c in self.shown)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(number(record[c]))}</td>" for c in self.shown)
            + "</tr>"
            for record in self.records()
        )
        notes = f"<p>{html.escape(self.reading)}</p>" if self.reading else ""
        return (
            f"<table><caption>{html.escape(self.heading)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without nesting: ``before_mae`` in place of ``{"before": {"mae": …}}``.

    A list of values becomes a text; a list of records has no place in a row and is left out.
    """
    made: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            made |= {f"{key}_{inner}": v for inner, v in flat(value).items()}
        elif isinstance(value, (list, tuple)):
            if any(isinstance(v, dict) for v in value):
                continue
            made[key] = "; ".join(map(str, value))
        else:
            made[key] = value
    return made
