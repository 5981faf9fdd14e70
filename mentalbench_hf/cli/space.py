"""The page: `mentalbench space`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel="Look")(space)


def space(
    source: Annotated[
        str | None,
        typer.Option(
            metavar="auto|upstream|DIR|sample",
            help="auto: what was downloaded or installed, else the sample; a folder may hold "
            "released files or datasets that `mentalbench build` made.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 7860,
    ratings_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where readers' ratings are kept; ./ratings by default."),
    ] = None,
    ratings_repo: Annotated[
        str | None,
        typer.Option(metavar="REPO", help="Dataset repository that receives the ratings too."),
    ] = None,
    judge_model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Judge of the tab Judge: a registered name, a model id on the Hub or server, or "
            "a local folder or GGUF file; several with commas.",
        ),
    ] = None,
    judge_base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="OpenAI-compatible server of the judge.")
    ] = None,
    judge_limit: Annotated[
        int | None, typer.Option(min=1, help="Judgments per user and hour; 20 by default.")
    ] = None,
    certified_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Certificates of judges, from `mentalbench certify`."),
    ] = None,
) -> None:
    """Open the page: ten responses side by side, and what the judges made of them.

    Runs on this machine until ctrl-C; nothing is sent anywhere but to a judge you configure.

    Example: mentalbench space --source sample
    """
    from mentalbench_hf.space.launch import serve
    from mentalbench_hf.space.options import options_from_environment

    options = options_from_environment(
        source=source,
        ratings_dir=ratings_dir,
        ratings_repo=ratings_repo,
        judge_model=judge_model,
        judge_base_url=judge_base_url,
        judge_limit=judge_limit,
        certified_dir=certified_dir,
    )
    serve(options, host=host, port=port, announce=lambda url: typer.echo(f"open {url}", err=True))
