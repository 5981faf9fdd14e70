"""The main job on the command line: reliability, reproduce, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mentalbench_hf.choices import Data, DataVariant, IntervalMethod, Protocol, Resample, Rule
from mentalbench_hf.cli.emit import emit, write_result
from mentalbench_hf.cli.options import (
    ByOption,
    FormatOption,
    LevelOption,
    OutOption,
    SeedOption,
    SourceOption,
    folder_place,
    opened,
)
from mentalbench_hf.cli.ratings_options import OwnRatings, check_resampling, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Start here")(demo)
    app.command(rich_help_panel="Reliability")(takes_ratings(reliability))
    app.command(rich_help_panel="Reliability")(reproduce)


def reliability(
    own: OwnRatings,
    source: SourceOption = "upstream",
    level: LevelOption = None,
    protocol: Annotated[
        Protocol | None,
        typer.Option(
            help="published: the published analysis at level system, for comparison. (system and "
            "response are older words for the level.)"
        ),
    ] = None,
    data: Annotated[
        DataVariant | None,
        typer.Option(help="Ratings to use; audited unless the protocol is published."),
    ] = None,
    resample: Annotated[
        Resample | None,
        typer.Option(
            help="What the bootstrap draws: conversations (these systems, other conversations), "
            "systems (other systems), or crossed (both)."
        ),
    ] = None,
    n_resamples: Annotated[
        int | None, typer.Option(min=0, help="Replicates; 10,000, or 1,000 if published.")
    ] = None,
    seed: SeedOption = 0,
    confidence_level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    ci: Annotated[
        IntervalMethod,
        typer.Option(
            help="percentile or bca bootstrap intervals, or analytic F intervals (needs pingouin)."
        ),
    ] = "percentile",
    rule: Annotated[
        Rule | None,
        typer.Option(
            help="Verdict from the lower bound of the ICC that fits the level, or from the width "
            "of the ICC(C,1) interval as published; the protocol's own by default."
        ),
    ] = None,
    by: ByOption = None,
    output: FormatOption = "table",
    out: OutOption = None,
) -> None:
    """How far does each judge agree with the human experts, attribute by attribute?

    One row per judge and attribute (and axis), with bootstrap intervals and a verdict: GR good,
    MV moderate (validate before use), LR limited; n/a where fewer than 10 conversations, fewer than
    5 systems to rank, or undefined replicates do not carry one.

    Example: mentalbench reliability --source sample --level response --format md

    Your own ratings: mentalbench reliability ratings.csv --reference expert --target reply_id
    --cluster conversation_id --level response

    Beside a judge that rated the same replies (mentalbench judge --out RUN): add --attribute what
    --system model --with-run RUN
    """
    from mentalbench_hf.front.agreement import reliability as compute
    from mentalbench_hf.reliability.settings import level_of

    own.check()
    if protocol == "published" and data == "audited":
        raise typer.BadParameter(
            "the published protocol reads released values; leave it out for audited ones",
            param_hint="--data",
        )
    if protocol == "published" and level == "response":
        raise typer.BadParameter(
            "the published protocol is at level system; leave out one of the two",
            param_hint="--level",
        )
    if protocol == "published" and own.path is not None:
        raise typer.BadParameter(
            "the published protocol is for MentalAlign-70k; leave it out",
            param_hint="--protocol",
        )
    wanted: Data = "published" if protocol == "published" else data or "audited"
    ratings = own.ratings(source, wanted, several=True)
    shown = "system" if protocol == "published" else level_of(ratings, protocol or level)
    check_resampling(own, ratings, level=shown, resample=resample, ci=ci)
    result = compute(
        ratings,
        level=level,
        protocol=protocol,
        resample=resample,
        n_resamples=n_resamples,
        seed=seed,
        confidence_level=confidence_level,
        ci=ci,
        rule=rule,
        by=by,
        references=own.references if len(own.references) > 1 else (),
    )
    emit(result, output, leave_out=("axis",))
    write_result(result, out)


def reproduce(
    source: SourceOption = "upstream", seed: SeedOption = 0, out: OutOption = None
) -> None:
    """Print the published tables beside ours, cell by cell, with the difference.

    Exits 1 when a point ICC is off by more than 0.005 or a bias by more than 0.003. Names what
    cannot be reproduced and why.

    Example: mentalbench reproduce --source ../shared/upstream
    """
    from mentalbench_hf.files import added_files
    from mentalbench_hf.front.reporting import reproduce as compare

    opened(source)
    result = compare(source, seed=seed)
    emit(result, "table")
    if out is not None:
        with added_files(out) as made:
            (made / "reproduction.md").write_text(result.text("md"), encoding="utf-8")
        typer.echo(f"written: {out / 'reproduction.md'}", err=True)
    if not result.ok:
        raise typer.Exit(1)


def demo(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the demo writes.", callback=folder_place)
    ] = Path("demo"),
) -> None:
    """See it work offline in under a minute, on the bundled SYNTHETIC SAMPLE.

    Builds both datasets, installs the bare names (unless they hold real data), audits, computes
    reliability at both levels, and writes a small report folder.

    Example: mentalbench demo
    """
    opened("sample")
    # The libraries take seconds to load; the line above comes before.
    from mentalbench_hf.cli.demo import run_demo

    run_demo(out)
