"""Ratings and results in forms that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("export-ratings", rich_help_panel="Data")(takes_ratings(export_ratings))
    app.command("export-agreement", rich_help_panel="Data")(export_agreement)


def export_ratings(
    own: OwnRatings,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The CSV file to write.")],
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add",
            metavar="FILE",
            help="A further file about the same replies, such as the experts' beside a judge's "
            "export; its columns are guessed. May be repeated.",
        ),
    ] = None,
    to: Annotated[
        Literal["long", "irw"],
        typer.Option(
            help="long: target, cluster, system, attribute, rater, rating; irw: a table of the "
            "Item Response Warehouse (id, item, resp, rater)."
        ),
    ] = "long",
) -> None:
    """Write ratings as one long table, or as a table of the Item Response Warehouse.

    Reads whatever `mentalbench doctor` reads, and puts several files together.

    Example: mentalbench export-ratings ratings.csv --to irw --out irw.csv
    """
    from mentalbench_hf.ecosystem.doctor.table import open_table
    from mentalbench_hf.ecosystem.exports.long_form import Telling
    from mentalbench_hf.ecosystem.warehouse import long_ratings, warehouse_table
    from mentalbench_hf.files import csv_text

    o = own.table_options()
    raters, config, split = o.pop("rater_columns"), o.pop("config"), o.pop("split")
    telling = Telling(o.pop("rater_name"), o.pop("levels") or {})
    first = open_table(str(own.path), o, raters=raters, telling=telling, config=config, split=split)
    tables = [first, *(open_table(place) for place in add or ())]
    for table in tables:
        for text in (*table.assumed, *table.lacks):
            typer.echo(text, err=True)
    frame = long_ratings(tables)
    if to == "irw":
        frame = warehouse_table(frame)
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = frame.astype(object).where(frame.notna(), None).to_numpy()
    records = [dict(zip(map(str, frame.columns), row, strict=True)) for row in rows]
    out.write_text(csv_text(records), encoding="utf-8")
    typer.echo(f"written: {out} ({len(frame):,} ratings)", err=True)


def export_agreement(
    panel: Annotated[
        Path, typer.Argument(help="What `mentalbench panel … --format json` printed.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write the records into.")],
    dataset: Annotated[str, typer.Option(help="Name of the rated replies.")],
    organization: Annotated[str, typer.Option(help="Who ran the panel.")],
    model_id: Annotated[
        list[str] | None,
        typer.Option(
            metavar="JUDGE=DEVELOPER/MODEL",
            help="Which model a judge is (gpt=openai/gpt-4o); may be repeated.",
        ),
    ] = None,
) -> None:
    """Write a panel's agreement as records of Every Eval Ever, one for each judge.

    Example: mentalbench export-agreement panel.json --out eee --dataset mine --organization us
    """
    import json
    import time

    from mentalbench_hf.ecosystem.every_eval import agreement_records
    from mentalbench_hf.errors import DataError
    from mentalbench_hf.files import write_json

    pairs = [text.partition("=")[::2] for text in model_id or ()]
    if any("/" not in identity for _, identity in pairs):
        raise typer.BadParameter("write it as JUDGE=DEVELOPER/MODEL", param_hint="--model-id")
    try:
        content = json.loads(panel.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{panel} cannot be read as JSON: {error}") from error
    records = agreement_records(
        content,
        dataset=dataset,
        organization=organization,
        retrieved=int(time.time()),
        model_ids=dict(pairs),
    )
    for place, record in records.items():
        path = out / place
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, record)
        typer.echo(f"written: {path}", err=True)
