"""``mentalbench panel``: replies that several experts rated."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import SeedOption, folder_place
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Reliability")(takes_ratings(panel))


def panel(
    own: OwnRatings,
    expert: Annotated[
        list[str] | None, typer.Option("--expert", help="A rater that is an expert; repeat it.")
    ] = None,
    judge: Annotated[
        list[str] | None,
        typer.Option(
            "--judge", help="A rater that is a judge; may be repeated. Without: the experts alone."
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Attributes or axes, by default all; may be repeated."),
    ] = None,
    epsilon: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="How far a judge may fall behind in the alternative annotator test."
        ),
    ] = 0.2,
    closeness: Annotated[
        Literal["rmse", "accuracy"],
        typer.Option(help="Of that test: rmse for ordered ratings, accuracy for categories."),
    ] = "rmse",
    min_items: Annotated[
        int, typer.Option(min=2, help="An expert with fewer items is not tested.")
    ] = 30,
    min_experts: Annotated[
        int, typer.Option(min=2, help="An item that fewer experts rated is not used in the test.")
    ] = 2,
    threshold: Annotated[
        list[float] | None,
        typer.Option(help="Ratings at most this high are low; 3 and 2 on a 1-5 scale."),
    ] = None,
    n_resamples: Annotated[int, typer.Option(min=2, help="Bootstrap replicates.")] = 2_000,
    seed: SeedOption = 0,
    output: Annotated[
        Literal["table", "json", "md"], typer.Option("--format", help="What to print on stdout.")
    ] = "table",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            callback=folder_place,
            help="Also write JSON, Markdown, a CSV per part and the figure into a folder.",
        ),
    ] = None,
) -> None:
    """Is the judge as good as one more expert? For replies that several experts rated.

    Judge and experts on the same replies: agreement beside the experts' own, the alternative
    annotator test with four baselines, alpha, validity, ranking of systems, unsafe replies. What
    cannot be computed is named with its reason.

    Example: mentalbench panel ratings.csv --expert ann --expert ben --judge gpt --target reply
    """
    import json

    from rich.console import Console

    from mentalbench_hf.front.panel import panel as compute
    from mentalbench_hf.report.terminal import console

    if own.path is None:
        raise typer.BadParameter(
            "name a file of ratings by several experts; the released ratings have one expert per "
            "reply (see mentalbench ceiling)",
            param_hint="RATINGS",
        )
    if "reference" in own.given:
        raise typer.BadParameter("a panel has --expert instead", param_hint="--reference")
    if not expert:
        raise typer.BadParameter("say which raters are the experts", param_hint="--expert")
    ratings = replace(own, options={**own.options, "reference": expert[:1]}).ratings("")
    with Console(stderr=True).status("computing") as status:
        found = compute(
            ratings,
            expert,
            judge or [],
            names=name,
            closeness=closeness,
            epsilon=epsilon,
            min_items=min_items,
            min_experts=min_experts,
            thresholds=threshold,
            n_resamples=n_resamples,
            seed=seed,
            progress=lambda step: status.update(f"computing {step}"),
        )
    if output == "json":
        sys.stdout.write(json.dumps(found.record(), indent=2, ensure_ascii=False) + "\n")
    elif output == "md":
        sys.stdout.write(found.markdown())
    else:
        screen = console()
        for sentence in found.verdicts:
            screen.print(f"{sentence}\n", markup=False)
        for table in found.tables().values():
            emit(table, "table")
    for missing in found.not_computed:
        typer.echo(f"not computed: {missing}", err=True)
    if out is not None:
        typer.echo(f"written: {', '.join(map(str, found.save(out)))}", err=True)
