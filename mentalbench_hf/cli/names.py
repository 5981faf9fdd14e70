"""Commands about the bare names: install, status, uninstall."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from mentalbench_hf.choices import BARE_NAMES, BareName
from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import FormatOption, SourceOption, each_of, opened


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (install, status, uninstall):
        app.command(rich_help_panel="Data")(command)


def install(
    source: SourceOption = "upstream",
    replace: Annotated[
        bool, typer.Option("--replace", help="Let the sample take the place of real data.")
    ] = False,
) -> None:
    """Make load_dataset and evaluate.load find the benchmarks by their bare names.

    Fills the caches of the stock libraries; afterwards load_dataset("mentalalign-70k"),
    load_dataset("mentalbench-100k") and evaluate.load("mentalalign_icc") work from any folder and
    process, online or not. What was installed before under these names is replaced, but the sample
    replaces real data only with --replace. `mentalbench status` says what the names hold.

    Example: mentalbench install --source sample
    """
    from mentalbench_hf.front.data import install as fill

    opened(source)
    for item in fill(source, replace=replace):
        rows = "" if item.rows is None else f"{item.rows:,} rows"
        typer.echo(f"{item.call:<36} {'; '.join(filter(None, (rows, item.note)))}".rstrip())


def status(
    output: FormatOption = "table",
) -> None:
    """Say what the bare names hold: real data, the sample or nothing; version, source and place.

    Example: mentalbench status
    """
    from mentalbench_hf.front.data import status as look

    found = look()
    if output != "table":
        emit(found, output)
        return
    for item in found:
        typer.echo(f"{item.call:<36} {item.words()}")
        if item.folder is not None:
            typer.echo(f"{'':<36} in {item.folder}")
        for note in item.notes:
            typer.echo(f"{'':<36} note: {note}")


def uninstall(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            callback=each_of(BARE_NAMES),
            help=f"Which names ({', '.join(BARE_NAMES)}); by default all.",
        ),
    ] = None,
    sample_only: Annotated[
        bool, typer.Option("--sample-only", help="Take away the sample alone; leave real data.")
    ] = False,
    downloads: Annotated[
        bool, typer.Option("--downloads", help="Also delete the downloaded released files.")
    ] = False,
) -> None:
    """Take away what the bare names hold, without asking; downloaded files stay.

    Example: mentalbench uninstall --sample-only
    """
    from mentalbench_hf.front.data import uninstall as take_away

    chosen = cast("list[BareName] | None", names or None)
    for line in take_away(chosen, sample_only=sample_only, downloads=downloads):
        typer.echo(line)
