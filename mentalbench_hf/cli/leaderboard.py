"""The systems on the command line: leaderboard."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import DataVariant, SeedOption, SourceOption, TableFormat
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings

#: Narrower terminals show the first columns only.
_WIDE: Final = 120
_NARROW_COLUMNS: Final = 4


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel="Reliability")(takes_ratings(leaderboard))


def leaderboard(
    own: OwnRatings,
    source: SourceOption = "upstream",
    name: Annotated[
        str | None,
        typer.Option(help="Attribute or axis; CSS by default, else the first attribute."),
    ] = None,
    data: Annotated[
        DataVariant, typer.Option(help="Ratings of MentalAlign-70k to use.")
    ] = DataVariant.AUDITED,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Every two systems in place of the order.")
    ] = False,
    n_resamples: Annotated[int, typer.Option(min=2, help="Bootstrap replicates.")] = 2_000,
    seed: SeedOption = 0,
    output: Annotated[
        TableFormat, typer.Option("--format", help="What to print on stdout.")
    ] = TableFormat.TABLE,
) -> None:
    """Which system answers best, by the experts' ratings, and which orders do the data support?

    One row per system: mean with interval, rank, the ranks that the data leave open, and the rank
    that each judge would give it. Pairs are corrected for their number. The last lines say what
    can be told apart and how far each judge orders the systems as the experts do.

    Example: mentalbench leaderboard --source sample --name Safety
    """
    from mentalbench_hf.reliability.trust.leaderboard import leaderboard as rank
    from mentalbench_hf.report.leaderboard import cells, flat_rows, header, sentences

    targets, _ = own.targets(source, data.value)
    chosen = name or ("CSS" if "CSS" in targets.names else targets.names[0])
    board = rank(targets, name=chosen, n_resamples=n_resamples, seed=seed)
    for_reading = output in (TableFormat.TABLE, TableFormat.MD)
    if pairs:
        records = board.record()["pairs"]
    elif for_reading:
        records = [dict(zip(header(board), row, strict=True)) for row in cells(board)]
    else:
        records = flat_rows(board)
    emit(
        records,
        output,
        title=f"Systems by {chosen}, rated by {targets.reference}, {targets.data}",
        columns=_fitting(records, output),
        synthetic=targets.synthetic,
        digits=2,
    )
    if for_reading:
        typer.echo("\n\n".join(sentences(board)))


def _fitting(records: list[dict[str, Any]], form: TableFormat) -> list[str]:
    """Return the columns that a terminal holds uncut; the judges' order is also told in words."""
    from mentalbench_hf.report.terminal import console

    columns = list(records[0])
    narrow = form is TableFormat.TABLE and console().width < _WIDE
    return columns[:_NARROW_COLUMNS] if narrow and "system" in columns else columns
