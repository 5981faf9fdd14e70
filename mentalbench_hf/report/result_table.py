"""One kind of result for every question: typed rows that print, plot, save and become a frame."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.files import added_files, csv_text
from mentalbench_hf.reliability.verdict import in_brief
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE, number, table
from mentalbench_hf.schema import SYNTHETIC

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
        rows: the rows, each a frozen dataclass.
        name: stem of the files it is saved in.
        title: what the table is, in a line.
        columns: what a table for reading shows; empty for everything.
        caption: what the numbers are and how they were made; may be empty.
        reading: sentences on how to read the numbers, and what they suggest.
        synthetic: whether it was made from the bundled SYNTHETIC SAMPLE; every form says so.
        digits: decimals in a table for reading.
        draw: draws the rows; None where no figure exists.
        cells: gives a row's cells for reading, under `columns`; by default those of its record.
        to_record: gives a row's dict for JSON; by default its ``record()``, made flat.
        about: what stands before the rows in JSON.
        page: the whole result in Markdown, where it is more than one table.
        ok: whether what was compared lies within its tolerance.
        beside: cells that only a table for reading shows, below those of the rows.
    """

    rows: tuple[T, ...]
    name: str
    title: str
    columns: tuple[str, ...] = ()
    caption: str = ""
    reading: tuple[str, ...] = ()
    synthetic: bool = False
    digits: int = 3
    draw: Draw | None = None
    cells: Callable[[T], Sequence[object]] | None = None
    to_record: Callable[[T], dict[str, Any]] | None = None
    about: dict[str, Any] | None = None
    page: str = ""
    ok: bool = True
    beside: tuple[tuple[object, ...], ...] = ()

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
        return [*([self.about] if self.about else []), *map(self._record, self.rows)]

    def _record(self, row: T) -> dict[str, Any]:
        return self.to_record(row) if self.to_record else flat(row.record())  # type: ignore[attr-defined]

    def to_frame(self) -> pd.DataFrame:
        """Return one tidy DataFrame, a row per result; NaN where a number is not defined.

        ``frame.attrs["synthetic"]`` says whether the ratings are the bundled sample.
        """
        import pandas as pd

        frame = pd.DataFrame([flat(self._record(row)) for row in self.rows])
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

    @property
    def header(self) -> list[str]:
        """The columns of a table for reading."""
        return list(self.columns or (self._record(self.rows[0]) if self.rows else ()))

    def for_reading(self) -> list[list[object]]:
        """Return the cells under :attr:`header`, one list per row, and those beside.

        Where there is no verdict or interval, the reason stands in its place.
        """
        return [*self._cells(), *map(list, self.beside)]

    def _cells(self) -> list[list[object]]:
        if self.cells is not None:
            return [list(self.cells(row)) for row in self.rows]
        header = self.header
        place = next((c for c in ("verdict", "low", "skill_low", "p") if c in header), None)
        found = []
        for record in map(self._record, self.rows):
            reason = record.get("verdict_reason") or record.get("reason")
            if reason and place:
                record = {**record, place: in_brief(reason)}
            found.append([record[column] for column in header])
        return found

    def text(self, form: str) -> str:
        """Return the table as ``json``, ``csv`` (formulas guarded) or ``md``."""
        if form == "json":
            return json.dumps(self.records(), indent=2, ensure_ascii=False) + "\n"
        if form == "csv":
            return csv_text([self._record(row) for row in self.rows])
        if self.page:
            return self.page
        parts = [
            f"# {self.heading}",
            SYNTHETIC_NOTICE if self.synthetic else "",
            self.caption,
            table(self.header, self.for_reading(), self.digits),
            *self.reading,
        ]
        return "\n\n".join(filter(None, parts)) + "\n"

    def save(self, folder: Path | str, *, figure: bool = True) -> list[Path]:
        """Write the table as JSON, CSV and Markdown, and its figure, into a folder: all or none.

        Args:
            folder: where; made when it is not there.
            figure: draw it too, where one exists.

        Returns:
            The paths written.
        """
        folder = Path(folder)
        names = [f"{self.name}.{form}" for form in ("json", "csv", "md")]
        with added_files(folder) as made:
            for name in names:
                (made / name).write_text(self.text(name.rpartition(".")[2]), encoding="utf-8")
            if figure and self.draw is not None and self.rows:
                names.append(f"{self.name}.png")
                drawn = self.plot().get_figure(root=True)
                assert drawn is not None
                drawn.savefig(made / names[-1], dpi=200)
        return [folder / name for name in names]

    def __repr__(self) -> str:
        """Say what it is and how many rows it has."""
        return f"<{self.heading}: {len(self.rows)} rows>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(c.replace('_', ' '))}</th>" for c in self.header)
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(number(v, self.digits))}</td>' for v in row)}</tr>"
            for row in self.for_reading()
        )
        notes = "".join(
            f"<p>{html.escape(text)}</p>" for text in (self.caption, *self.reading) if text
        )
        return (
            f"<table><caption>{html.escape(self.heading)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )


@dataclass(frozen=True, slots=True)
class Labelled(Generic[T]):
    """A row of one of several tables, and which.

    Attributes:
        label: which table it is of.
        row: the row.
        about: its record, the label first.
        shown: its cells for reading, the label first.
    """

    label: str
    row: T
    about: dict[str, Any]
    shown: tuple[object, ...]


def stacked(column: str, tables: Mapping[str, ResultTable[T]]) -> ResultTable[Any]:
    """Return tables of one kind as one, with a first column that says which a row is of.

    Args:
        column: name of that column.
        tables: label -> table; one or more, with the same columns.
    """
    rows = [
        Labelled(label, row, {column: label, **record}, (label, *cells))
        for label, table in tables.items()
        for row, record, cells in zip(table, table.records(), table._cells(), strict=True)
    ]
    first = next(iter(tables.values()))
    return ResultTable(
        rows=tuple(rows),
        name=f"{first.name}_by_{column}",
        title=f"{first.title}, by {column}",
        columns=(column, *first.header),
        caption=first.caption,
        reading=first.reading,
        synthetic=first.synthetic,
        digits=first.digits,
        cells=lambda row: row.shown,
        to_record=lambda row: row.about,
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
