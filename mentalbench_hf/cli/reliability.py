"""The main job on the command line: reliability, reproduce, demo."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mentalbench_hf.cli.ceiling import ByOption, print_by_expert
from mentalbench_hf.cli.options import (
    FORMAT_HELP,
    DataVariant,
    LevelName,
    LevelOption,
    OutOption,
    SeedOption,
    SourceOption,
    TableFormat,
    folder_place,
    opened,
)
from mentalbench_hf.cli.ratings_options import OwnRatings, check_resampling, takes_ratings


class ProtocolName(StrEnum):
    """Protocols, as command-line choices."""

    PUBLISHED = "published"


class ResampleName(StrEnum):
    """What the bootstrap draws, as command-line choices."""

    CONVERSATIONS = "conversations"
    SYSTEMS = "systems"
    CROSSED = "crossed"


class RuleName(StrEnum):
    """Verdict rules, as command-line choices."""

    BOUND = "bound"
    PUBLISHED = "published"


class IntervalName(StrEnum):
    """Interval methods, as command-line choices."""

    PERCENTILE = "percentile"
    BCA = "bca"
    ANALYTIC = "analytic"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Start here")(demo)
    app.command(rich_help_panel="Reliability")(takes_ratings(reliability))
    app.command(rich_help_panel="Reliability")(reproduce)


def reliability(
    own: OwnRatings,
    source: SourceOption = "upstream",
    level: LevelOption = LevelName.SYSTEM,
    protocol: Annotated[
        ProtocolName | None,
        typer.Option(help="published: the published analysis at level system, for comparison."),
    ] = None,
    data: Annotated[
        DataVariant | None,
        typer.Option(help="Ratings to use; audited unless the protocol is published."),
    ] = None,
    resample: Annotated[
        ResampleName | None,
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
        IntervalName,
        typer.Option(
            help="percentile or bca bootstrap intervals, or analytic F intervals (needs pingouin)."
        ),
    ] = IntervalName.PERCENTILE,
    rule: Annotated[
        RuleName | None,
        typer.Option(
            help="Verdict from the lower bound of the ICC that fits the level, or from the width "
            "of the ICC(C,1) interval as published; the protocol's own by default."
        ),
    ] = None,
    by: ByOption = None,
    output: Annotated[TableFormat, typer.Option("--format", help=FORMAT_HELP)] = TableFormat.TABLE,
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
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.reliability.protocol import Protocol, settings_of
    from mentalbench_hf.reliability.protocol import reliability as compute
    from mentalbench_hf.report.reliability import ReliabilityTable
    from mentalbench_hf.report.terminal import print_reliability

    own.check()
    published = protocol is ProtocolName.PUBLISHED
    if published and data is DataVariant.AUDITED:
        raise typer.BadParameter(
            "the published protocol reads released values; leave it out for audited ones",
            param_hint="--data",
        )
    if published and level is LevelName.RESPONSE:
        raise typer.BadParameter(
            "the published protocol is at level system; leave out one of the two",
            param_hint="--level",
        )
    chosen: Protocol = "published" if published else level.value
    settings = settings_of(
        chosen,
        resample=None if resample is None else resample.value,
        n_resamples=n_resamples,
        seed=seed,
        confidence_level=confidence_level,
        ci=ci.value,
    )
    if rule is not None:
        settings = replace(settings, rule=rule.value)
    if not published:
        targets, _ = own.targets(source, data.value if data else "audited")
    elif own.path is not None:
        raise typer.BadParameter(
            "the published protocol is for MentalAlign-70k; leave it out",
            param_hint="--protocol",
        )
    else:
        targets = read_mentalalign(opened(source)).published_targets()
    check_resampling(
        own, targets, level=settings.level, resample=resample and resample.value, ci=ci.value
    )
    if by is not None:
        print_by_expert(targets, settings, output, out)
        return
    table = ReliabilityTable(compute(targets, settings), settings, targets.synthetic)
    if output is TableFormat.TABLE:
        print_reliability(table)
    else:
        sys.stdout.write(table.text(output.value))
    if out is not None:
        written = table.write(out)
        typer.echo(f"written: {', '.join(map(str, written))}", err=True)


def reproduce(
    source: SourceOption = "upstream", seed: SeedOption = 0, out: OutOption = None
) -> None:
    """Print the published tables beside ours, cell by cell, with the difference.

    Exits 1 when a point ICC is off by more than 0.005 or a bias by more than 0.003. Names what
    cannot be reproduced and why.

    Example: mentalbench reproduce --source ../shared/upstream
    """
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.errors import DataError
    from mentalbench_hf.files import added_files
    from mentalbench_hf.reliability.reproduce import reproduce as compare
    from mentalbench_hf.report.reproduction import reproduction_markdown
    from mentalbench_hf.report.terminal import print_reproduction

    files = opened(source)
    if files.synthetic:
        raise DataError(
            "the published tables can be compared with the released ratings only, not with the "
            "sample; give --source upstream or a folder of the released sheets"
        )
    result = compare(read_mentalalign(files).published_targets(), seed=seed)
    print_reproduction(result)
    if out is not None:
        with added_files(out) as made:
            page = reproduction_markdown(result)
            (made / "reproduction.md").write_text(page, encoding="utf-8")
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
