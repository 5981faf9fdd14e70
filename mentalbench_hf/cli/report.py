"""The report on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mentalbench_hf.cli.options import DataVariant, SeedOption, SourceOption, opened
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Reliability")(takes_ratings(report))


def report(
    own: OwnRatings,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report is written.")],
    source: SourceOption = "upstream",
    data: Annotated[DataVariant, typer.Option(help="Ratings to report.")] = DataVariant.AUDITED,
    n_resamples: Annotated[int, typer.Option(min=2, help="Bootstrap replicates.")] = 10_000,
    seed: SeedOption = 0,
    latex: Annotated[bool, typer.Option("--latex", help="Also write LaTeX tables.")] = False,
) -> None:
    """Write the whole report: one self-contained page, Markdown, tables and figures.

    Missed unsafe replies first, then verdicts in sentences, reliability at both levels, bias, and
    what the faults of the data move. Opens without a network and prints well.

    Example: mentalbench report --source sample --out report
    """
    from rich.console import Console

    from mentalbench_hf.report.findings import Results, compute
    from mentalbench_hf.report.folder import write_report

    own.check()
    screen = Console(stderr=True)
    with screen.status("reading ratings") as status:

        def show(step: str) -> None:
            status.update(f"computing {step}")

        def of_release() -> tuple[Results, str]:
            from mentalbench_hf.data.audit import audit
            from mentalbench_hf.data.fault_variants import fault_variants
            from mentalbench_hf.data.mentalalign import read_mentalalign

            files = opened(source)
            released = read_mentalalign(files)
            found = compute(
                released.targets(data.value),
                variants=fault_variants(released),
                published=released.published_targets(),
                audit=audit(released),
                judge_families={j.id: j.family for j in released.roster.judges},
                system_families={s.id: s.family for s in released.roster.systems},
                n_resamples=n_resamples,
                seed=seed,
                progress=show,
            )
            return found, files.label

        def of_own() -> tuple[Results, str]:
            targets, name = own.targets(source)
            found = compute(targets, n_resamples=n_resamples, seed=seed, progress=show)
            return found, name

        results, label = of_release() if own.path is None else of_own()
        status.update("drawing and writing")
        page = write_report(results, out, source=label, latex=latex)
    typer.echo(str(page))
