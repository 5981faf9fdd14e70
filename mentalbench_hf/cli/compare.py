"""Several judges on the command line: juries, paired comparisons, corrected tests."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import (
    LevelName,
    LevelOption,
    SeedOption,
    SourceOption,
    TableFormat,
)
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings
from mentalbench_hf.cli.statistics import FormatOption, JudgeOption, NameOption


class VoteName(StrEnum):
    """Ways in which a jury votes, as command-line choices."""

    MEAN = "mean"
    MEDIAN = "median"
    LOWEST = "lowest"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Reliability")(takes_ratings(compare))


def compare(
    own: OwnRatings,
    source: SourceOption = "upstream",
    level: LevelOption = LevelName.SYSTEM,
    judge: JudgeOption = None,
    name: NameOption = None,
    jury: Annotated[
        list[VoteName] | None,
        typer.Option(help="Add a jury of the judges that votes so; may be repeated."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Test each judge against this ICC instead of comparing them in pairs."),
    ] = None,
    n_resamples: Annotated[int, typer.Option(min=100, help="Bootstrap replicates.")] = 10_000,
    seed: SeedOption = 0,
    output: FormatOption = TableFormat.TABLE,
) -> None:
    """Is one judge more reliable than another, and is a jury better than its members?

    Paired differences of the ICC that fits the level, on common bootstrap replicates and common
    targets. p-values are corrected for all tests of the table (Holm; Benjamini and Hochberg).

    Example: mentalbench compare --source sample --jury mean --name Safety
    """
    from mentalbench_hf.cli import closing
    from mentalbench_hf.reliability.trust.judge_pairs import compare_judges, threshold_tests
    from mentalbench_hf.reliability.trust.jury import with_jury

    targets, _ = own.targets(source)
    judges = list(judge or targets.judges)
    jurors = list(judges)
    for vote in jury or ():
        targets = with_jury(targets, jurors, vote=vote.value)
        judges.append(targets.raters[-1])
    if threshold is None and len(judges) < 2:
        raise typer.BadParameter(
            "give two judges or more to compare, or --threshold", param_hint="--judge"
        )
    if threshold is not None:
        tests = threshold_tests(
            targets,
            threshold=threshold,
            level=level.value,
            judges=judges,
            names=name,
            n_resamples=n_resamples,
            seed=seed,
        )
        records = [t.record() for t in tests]
        columns = ["judge", "attribute", "icc", "threshold", "p", "p_holm", "p_bh", "n_tests"]
        title = f"Is the ICC above {threshold:g}? Level {level.value}"
        below = closing.of_thresholds(records, threshold)
    else:
        pairs = [(a, b) for i, a in enumerate(judges) for b in judges[i + 1 :]]
        found = compare_judges(
            targets, pairs, level=level.value, names=name, n_resamples=n_resamples, seed=seed
        )
        records = [d.record() for d in found]
        columns = [
            "judge", "other", "attribute", "icc", "other_icc", "difference", "low", "high",
            "p_holm",
        ]  # fmt: skip
        title = f"Judges compared in pairs, level {level.value}"
        below = closing.of_pairs(records)
    emit(records, output, title=title, columns=columns, synthetic=targets.synthetic, closing=below)
