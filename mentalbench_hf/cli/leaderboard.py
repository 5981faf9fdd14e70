"""The systems on the command line: leaderboard."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from mentalbench_hf.choices import DataVariant
from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import FormatOption, SeedOption, SourceOption
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings

#: Narrower terminals do without the judges' ranks.
_WIDE: Final = 120


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
    ] = "audited",
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Every two systems in place of the order.")
    ] = False,
    n_resamples: Annotated[int, typer.Option(min=2, help="Bootstrap replicates.")] = 2_000,
    seed: SeedOption = 0,
    output: FormatOption = "table",
) -> None:
    """Which system answers best, by the experts' ratings, and which orders do the data support?

    One row per system: mean with interval, rank, the ranks that the data leave open, and the rank
    that each judge would give it. Pairs are corrected for their number. The last lines say what
    can be told apart and how far each judge orders the systems as the experts do.

    Example: mentalbench leaderboard --source sample --name Safety
    """
    from mentalbench_hf.front.systems import leaderboard as rank
    from mentalbench_hf.report.terminal import console

    ratings = own.ratings(source, data)
    board = rank(ratings, name=name, pairs=pairs, n_resamples=n_resamples, seed=seed)
    # Each judge's order is told in words as well.
    narrow = not pairs and console().width < _WIDE
    emit(board, output, leave_out=ratings.judges if narrow else ())
