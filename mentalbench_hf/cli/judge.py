"""``mentalbench judge``: ratings of responses by a language model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentalbench_hf.cli import model_options as options
from mentalbench_hf.cli.options import folder_place
from mentalbench_hf.errors import RunError

if TYPE_CHECKING:
    from mentalbench_hf.inference.items import Items


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("judge", rich_help_panel="Judging")(options.judges(judge))


def judge(
    out: Annotated[
        Path,
        typer.Option(callback=folder_place, help="Folder of the run, new or to go on with."),
    ],
    responses: Annotated[
        Path | None,
        typer.Argument(
            help="A `mentalbench generate` run, or a file (.jsonl, .json, .csv, .parquet) with a "
            "response, and if there a context, conversation_id and system."
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", help="Name of the judge: a registered one, or yours for --model."),
    ] = None,
    also_judge: Annotated[
        list[str] | None,
        typer.Option(help="Another registered judge for the same responses; repeatable."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Judge MentalBench-100k's own responses: upstream, sample, a folder."),
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option(help="With --source: only these systems. With a file: who wrote it."),
    ] = None,
    *,
    judging: dict[str, Any],
    limit: options.Limit = None,
    columns: options.Columns = None,
    asking: dict[str, Any],
) -> None:
    """Have a language model rate responses on the seven attributes.

    The folder --out is a dataset with the judgments and the score table, which is also printed.
    Stopped at any point, the same command goes on where it was; with --also-judge and no
    RESPONSES it has another judge rate the responses of the run.
    """
    from mentalbench_hf.front.judging import judge as run
    from mentalbench_hf.inference.run.plan import DryRun

    items = _items(responses, source, list(system or ()), columns, limit, out)
    first = [judge] if judge is not None or asking["model"] is not None else []
    with options.stopped_runs_told(out, lambda: _print_scores(out)):
        made = run(items, out, [*first, *(also_judge or ())], **judging, **asking)
        if isinstance(made, DryRun):
            options.show_plan(made)
        else:
            _print_scores(out)
            options.show_summary(made.summary, out)


def _items(
    responses: Path | None,
    source: str | None,
    systems: list[str],
    columns: list[str] | None,
    limit: int | None,
    out: Path,
) -> Items | None:
    """Return what is judged; None to go on with the run in `out`."""
    from mentalbench_hf.inference.items import file_items, source_items
    from mentalbench_hf.inference.run.run_folder import RunFolder

    if responses is not None and source is not None:
        raise RunError("Give RESPONSES or --source, not both.")
    if source is not None:
        return source_items(source, responses=True, systems=systems, limit=limit)
    if responses is None:
        if not RunFolder(out).exists:
            raise RunError(f"{out} holds no run yet: give RESPONSES (a file or a run) or --source.")
        return None
    if len(systems) > 1:
        raise RunError("A file has one --system; give several in its column `system`.")
    return file_items(
        responses, responses=True, columns=options.parse_columns(columns),
        system=systems[0] if systems else "", limit=limit,
    )  # fmt: skip


def _print_scores(out: Path) -> None:
    """Print the score table of a run, marked when it is about the sample."""
    import pyarrow.parquet as pq

    from mentalbench_hf.inference.run.run_folder import RunFolder
    from mentalbench_hf.inference.run_card import score_markdown
    from mentalbench_hf.schema import SYNTHETIC

    if RunFolder(out).manifest().get("synthetic"):
        typer.echo(SYNTHETIC)
    typer.echo(score_markdown(pq.read_table(out / "data" / "scores.parquet")))
