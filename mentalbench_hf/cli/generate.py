"""``mentalbench generate``: a model's replies to the conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mentalbench_hf.cli import model_options as options
from mentalbench_hf.cli.options import folder_place
from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.messages import REPLY_SAMPLING


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("generate", rich_help_panel="Judging")(options.asks(generate, REPLY_SAMPLING))


def generate(
    out: Annotated[
        Path,
        typer.Option(callback=folder_place, help="Folder of the run, new or to go on with."),
    ],
    conversations: Annotated[
        Path | None,
        typer.Argument(help="A file of your own (.jsonl, .json, .csv, .parquet) with a context."),
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(help="Name of the system: a registered one, or your name for --model."),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="MentalBench-100k: upstream, sample, or a folder.")
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option(help="File that replaces the built-in prompt.")
    ] = None,
    limit: options.Limit = None,
    columns: options.Columns = None,
    *,
    asking: dict[str, Any],
) -> None:
    """Have a model reply to the conversations of MentalBench-100k, or to your own.

    The folder --out is a dataset (`load_dataset`), and what `mentalbench judge` takes. Stopped at
    any point, the same command goes on where it was.
    """
    from mentalbench_hf.front.judging import generate as run
    from mentalbench_hf.inference.items import file_items, source_items
    from mentalbench_hf.inference.run.plan import DryRun

    if conversations is not None and source is not None:
        raise RunError("Give a file of conversations or --source, not both.")
    items = (
        source_items(source or "upstream", responses=False, limit=limit)
        if conversations is None
        else file_items(
            conversations, responses=False, columns=options.parse_columns(columns), limit=limit
        )
    )
    with options.stopped_runs_told(out):
        made = run(items, out, system, prompt=prompt, **asking)
        if isinstance(made, DryRun):
            options.show_plan(made)
        else:
            options.show_summary(made.summary, out)
