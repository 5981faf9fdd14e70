"""``mentalbench doctor``: what a file of ratings holds, and what it can answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings

if TYPE_CHECKING:
    from mentalbench_hf.ecosystem.doctor.diagnosis import Diagnosis


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Data")(takes_ratings(doctor))


def doctor(
    own: OwnRatings,
    expert: Annotated[
        list[str] | None,
        typer.Option("--expert", help="A rater that is an expert; else by the names. Repeat it."),
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option("--judge", help="A rater that is a judge; repeat it.")
    ] = None,
    output: Annotated[
        Literal["table", "json"], typer.Option("--format", help="What to print on stdout.")
    ] = "table",
) -> None:
    """Say what a file of ratings holds and which questions it can answer, computing nothing.

    Raters, items, overlap, scale, clusters, systems, attributes, what is missing or doubled; and
    for every question the command to run next, or what is missing for it. Reads tables and the
    exports of inspect, promptfoo, DeepEval, Langfuse, MLflow, lm-evaluation-harness, Label Studio
    and Argilla.

    Example: mentalbench doctor ratings.csv
    """
    import json

    from mentalbench_hf.front.doctor import doctor as diagnose

    options = own.table_options()
    found = diagnose(str(own.path), experts=expert or (), judges=judge or (), **options)
    if output == "json":
        sys.stdout.write(json.dumps(found.record(), indent=2, ensure_ascii=False) + "\n")
    else:
        _show(found)


def _show(found: Diagnosis) -> None:
    from mentalbench_hf.report.terminal import console, print_table

    screen, held = console(), found.held
    for line in _lines(found):
        screen.print(line, markup=False)
    print_table(
        "Raters",
        ["rater", "ratings", "items", "lowest", "highest", "taken for"],
        [
            [r.rater, r.n_ratings, r.n_items, r.lowest, r.highest,
             "expert" if r.rater in found.experts else
             "judge" if r.rater in found.judges else ""]
            for r in held.raters
        ],
    )  # fmt: skip
    names = [r.rater for r in held.raters]
    if len(names) > 1:
        rows = [[name, *map(int, held.overlap[i])] for i, name in enumerate(names)]
        print_table("Items that two raters share", ["", *names], rows)
    for question in found.questions:
        screen.print(f"{'yes' if question.can else 'no '}  {question.question}", markup=False)
        if question.missing:
            word = "but" if question.can else "missing"
            screen.print(f"     {word}: {question.missing}", markup=False)
        if question.command:
            # Not by the console, which would break a line that is to be copied.
            typer.echo(f"     {question.command}")


def _lines(found: Diagnosis) -> list[str]:
    held = found.held
    scale = held.scale
    numbers = "whole numbers" if scale.whole else "not all whole numbers"
    told = "not told"
    clusters = told if held.n_clusters is None else f"{held.n_clusters:,}"
    return [
        f"{found.file}: {found.table.kind}",
        f"ratings: {held.n_ratings:,}; missing {held.n_missing:,}, no numbers "
        f"{held.n_not_numbers:,}, doubled {held.n_duplicates:,}",
        f"items: {held.n_items:,}; clusters: {clusters}",
        f"scale: {scale.low:g} to {scale.high:g} as used, {numbers}, {scale.n_values} values",
        f"systems: {_some(held.systems)}",
        f"attributes: {_some(held.attributes)}",
        f"order of rating: {found.table.order}",
        *(f"assumed: {text}" for text in found.assumed),
        *(f"note: {text}" for text in found.lacks),
    ]


def _some(names: tuple[str, ...]) -> str:
    if not names:
        return "not told"
    more = f", … ({len(names)} in all)" if len(names) > 8 else ""
    return f"{', '.join(names[:8])}{more}"
