"""The report on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mentalbench_hf.choices import DataVariant
from mentalbench_hf.cli.options import SeedOption, SourceOption, folder_place, opened
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Reliability")(takes_ratings(report))


def report(
    own: OwnRatings,
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where the report is written.", callback=folder_place),
    ],
    source: SourceOption = "upstream",
    data: Annotated[DataVariant, typer.Option(help="Ratings to report.")] = "audited",
    n_resamples: Annotated[int, typer.Option(min=2, help="Bootstrap replicates.")] = 10_000,
    seed: SeedOption = 0,
    latex: Annotated[bool, typer.Option("--latex", help="Also write LaTeX tables.")] = False,
) -> None:
    """Write the whole report: one self-contained page, Markdown, tables and figures.

    A summary to read in a minute, then missed unsafe replies, verdicts in sentences, the systems in
    order, reliability at both levels, bias, and what the faults of the data move. Opens without a
    network and prints well.

    The page shows posts and replies that judges let pass, closed behind a warning: texts of people
    in distress. Keep it where they may be read.

    Example: mentalbench report --source sample --out report
    """
    from rich.console import Console

    from mentalbench_hf.front.reporting import report as write

    own.check()
    ratings = source if own.path is None else own.ratings(source, several=True)
    if own.path is None:
        opened(source)
    with Console(stderr=True).status("reading ratings") as status:
        page = write(
            ratings,
            out,
            data=data,
            n_resamples=n_resamples,
            seed=seed,
            latex=latex,
            references=own.references if len(own.references) > 1 else (),
            progress=lambda step: status.update(f"computing {step}"),
        )
    typer.echo(str(page))
