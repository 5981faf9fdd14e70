"""Commands about the data: audit, build, card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from mentalbench_hf.choices import DatasetName
from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import (
    OutOption,
    SourceOption,
    folder_place,
    opened,
)
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Data")(takes_ratings(audit))
    app.command(rich_help_panel="Data")(build)
    app.command(rich_help_panel="Data")(card)


def audit(
    own: OwnRatings,
    source: SourceOption = "upstream",
    out: OutOption = None,
    format: Annotated[
        Literal["table", "json", "md"], typer.Option(help="Output format.")
    ] = "table",
) -> None:
    """Find what is wrong in the released ratings, with counts and row ids.

    Prints every finding. With --out DIR writes audit.json and audit.md there. JSON is a list of
    findings, each with its kind; the first entry says what was audited.

    With RATINGS of your own: where the reference rater changes style, so that another person may
    have rated on, with --cluster in the order of rating. The other raters serve as a control.

    Example: mentalbench audit --source sample --format json
    """
    from mentalbench_hf.files import added_files
    from mentalbench_hf.front.data import audit as find

    if own.path is None:
        opened(source)
    found = find(source if own.path is None else own.ratings(source))
    emit(found, "md" if own.path is not None and format == "table" else format)
    if out is not None:
        with added_files(out) as made:
            (made / "audit.json").write_text(found.text("json"), encoding="utf-8")
            (made / "audit.md").write_text(found.text("md"), encoding="utf-8")
        typer.echo(f"written: {out / 'audit.json'}, {out / 'audit.md'}", err=True)


def build(
    name: Annotated[DatasetName, typer.Argument(help="Which dataset.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            callback=folder_place,
            help="Where the folder is written; by default ./NAME, and ./NAME-sample of the sample.",
        ),
    ] = None,
    source: SourceOption = "upstream",
    data_version: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="An earlier version of the data, such as 1.0.0."),
    ] = None,
) -> None:
    """Build a Hub-ready dataset folder: Parquet, card, statistics, audit and provenance.

    The folder loads with the stock library: load_dataset("./mentalalign-70k", "judgments"). What
    is loaded from a folder is kept under its name, so that the sample is not built into a folder
    named like real data.

    Example: mentalbench build mentalalign-70k --source sample --out mentalalign-70k-sample
    """
    from mentalbench_hf.front.data import build as make

    opened(source)
    made = make(name, out, source, data_version=data_version)
    for config, rows in made.rows.items():
        typer.echo(f"{config:<20} {rows:>9,} rows")
    typer.echo(f"written: {made.folder} ({made.n_bytes / 2**20:.1f} MiB)", err=True)


def card(
    path: Annotated[Path, typer.Argument(help="A Markdown file with computed blocks.")],
    source: SourceOption = "upstream",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 when a number is stale.")
    ] = False,
) -> None:
    """Recompute the numbers in DATASET_CARD.md, or check that they are up to date.

    Example: mentalbench card DATASET_CARD.md --source ../shared/upstream --check
    """
    from mentalbench_hf.errors import DataError
    from mentalbench_hf.hub.card import fill
    from mentalbench_hf.hub.card_numbers import card_blocks
    from mentalbench_hf.hub.reading import TableShape, read_dataset
    from mentalbench_hf.schema import DATASETS, MENTALBENCH_100K

    if not path.is_file():
        raise DataError(f"{path} is not a file")
    files = opened(source)
    text = old = path.read_text(encoding="utf-8")
    for name, spec in DATASETS.items():
        if spec is MENTALBENCH_100K and not files.has_conversations():
            typer.echo(f"{name}: left as it is, its file is not in the source", err=True)
            continue
        dataset = read_dataset(name, files)
        tables = {config: TableShape.of(dataset.table(config)) for config in spec.configs}
        blocks = {f"{k}:{name}": v for k, v in card_blocks(dataset, tables).items()}
        text = fill(text, blocks, partial=True)
    if text == old:
        typer.echo(f"{path} is up to date", err=True)
    elif check:
        raise DataError(f"{path} has stale numbers; run: mentalbench card {path} --source …")
    else:
        path.write_text(text, encoding="utf-8")
        typer.echo(f"written: {path}", err=True)
