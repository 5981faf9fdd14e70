"""What depends on the experts, on the command line: ceiling, and reliability by expert."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import SeedOption, SourceOption, TableFormat
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.settings import Settings


class CeilingLevel(StrEnum):
    """Levels, as command-line choices."""

    SYSTEM = "system"
    RESPONSE = "response"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Reliability")(takes_ratings(ceiling))


def ceiling(
    own: OwnRatings,
    source: SourceOption = "upstream",
    level: Annotated[
        CeilingLevel,
        typer.Option(
            help="system: how alike do the experts rank systems, and is a judge as another expert? "
            "response: bounds on their agreement about one reply, which these data cannot tell."
        ),
    ] = CeilingLevel.SYSTEM,
    judge: Annotated[
        list[str] | None, typer.Option("--judge", help="Judges, by default all; may be repeated.")
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Attributes or axes, by default all; may be repeated."),
    ] = None,
    n_resamples: Annotated[int, typer.Option(min=2, help="Bootstrap replicates.")] = 2_000,
    seed: SeedOption = 0,
    output: Annotated[
        TableFormat, typer.Option("--format", help="What to print on stdout.")
    ] = TableFormat.TABLE,
) -> None:
    """How far do the experts agree with each other, and is a judge as good as another expert?

    Each expert rated the systems on conversations of their own. Agreement between two experts is
    what a judge can be asked for; where the experts disagree, neither is a ruler.

    Example: mentalbench ceiling --source upstream --format json
    """
    targets, _ = own.targets(source)
    if level is CeilingLevel.RESPONSE:
        from mentalbench_hf.reliability.trust.ceiling_of_replies import UNKNOWN, reply_bounds

        bounds = [b.record() for b in reply_bounds(targets, judges=judge, names=name)]
        if output is TableFormat.JSON:
            record = {"experts": bounds, "judges": [], "note": UNKNOWN}
            sys.stdout.write(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
            return
        emit(
            bounds,
            output,
            title=f"Bounds on the experts' agreement about one reply, {targets.data}",
            synthetic=targets.synthetic,
        )
        typer.echo(UNKNOWN, err=True)
        return

    from mentalbench_hf.reliability.trust.ceiling import READING
    from mentalbench_hf.reliability.trust.ceiling import ceiling as compute

    found = compute(targets, judges=judge, names=name, n_resamples=n_resamples, seed=seed).record()
    if output is TableFormat.JSON:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return
    # A table of one kind of row: CSV holds the judges, where the experts' mean stands beside.
    if output is not TableFormat.CSV:
        emit(
            found["experts"],
            output,
            title=f"Expert against expert, level system, {targets.data}",
            columns=["attribute", "expert", "other", "icc_c1", "icc_c1_low", "icc_c1_high",
                     "icc_a1", "icc_a1_low", "icc_a1_high"],
            synthetic=targets.synthetic,
        )  # fmt: skip
    emit(
        found["judges"],
        output,
        title=f"Judge against another expert, level system, {targets.data}",
        columns=["judge", "attribute", "statistic", "expert_expert", "judge_expert", "difference",
                 "low", "high", "label"],
        synthetic=targets.synthetic,
        closing=[READING],
    )  # fmt: skip


class By(StrEnum):
    """What reliability is split by, as command-line choices."""

    EXPERT = "expert"


ByOption = Annotated[
    By | None,
    typer.Option(
        help="expert: a row for each expert behind the reference, and one for the experts "
        "combined, with what another expert may give."
    ),
]


def print_by_expert(
    targets: RatedTargets, settings: Settings, output: TableFormat, out: Path | None
) -> None:
    """Print reliability by expert (`reliability --by expert`), and write it to `out`."""
    from mentalbench_hf.reliability.by_expert import reliability_by_expert

    rows = reliability_by_expert(targets, settings)
    records = [row.record() for row in rows]
    if settings.level == "response":
        records = _with_baselines(records, targets, settings)
    if out is not None:
        from mentalbench_hf.files import csv_text

        out.mkdir(parents=True, exist_ok=True)
        path = out / f"reliability_by_expert_{settings.level}"
        json_text = json.dumps(records, indent=2, ensure_ascii=False) + "\n"
        for name, text in (("json", json_text), ("csv", csv_text(records))):
            path.with_suffix(f".{name}").write_text(text, encoding="utf-8")
        typer.echo(f"written: {path}.json, {path}.csv", err=True)
    title = f"Reliability by expert, level {settings.level}, {targets.data}"
    if output in (TableFormat.TABLE, TableFormat.MD):
        from mentalbench_hf.report.by_expert import READING, by_expert_records

        shown = by_expert_records(rows)
        columns = [key for key in shown[0] if key != "verdict_reason"]
        emit(
            shown,
            output,
            title=title,
            columns=columns,
            synthetic=targets.synthetic,
            digits=2,
            closing=[READING],
        )
        return
    emit(records, output, title=title, synthetic=targets.synthetic)


def _with_baselines(
    records: Sequence[dict[str, Any]], targets: RatedTargets, settings: Settings
) -> list[dict[str, Any]]:
    """Set beside each ICC of replies what the system alone gives, and the rest of the baselines."""
    from mentalbench_hf.reliability.trust.baselines import baselines

    found = {}
    for row in baselines(
        targets,
        n_resamples=min(settings.n_resamples, 2_000),
        seed=settings.seed,
        confidence_level=settings.confidence_level,
        keep_own=settings.keep_own,
    ):
        found[row.judge, row.attribute, row.expert] = row.record()
    # The combined row has none: they are of ratings, not of experts' figures.
    keys = [key for key in next(iter(found.values())) if key not in records[0]]
    return [
        {**r, **{k: found.get((r["judge"], r["attribute"], r["expert"]), {}).get(k) for k in keys}}
        for r in records
    ]
