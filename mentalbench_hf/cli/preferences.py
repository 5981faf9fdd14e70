"""``mentalbench preferences``: the experts' ratings as training pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mentalbench_hf.cli.options import SourceOption, folder_place, opened
from mentalbench_hf.errors import DataError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Data")(preferences)


def preferences(
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where the folder is written.", callback=folder_place),
    ],
    name: Annotated[str, typer.Option(help="Attribute or axis whose score decides.")] = "CSS",
    margin: Annotated[
        float,
        typer.Option(min=0, max=4, help="Smallest difference of the scores, in rating points."),
    ] = 1.0,
    splits: Annotated[
        str, typer.Option(metavar="NAME=SHARE,...", help="Shares of the conversations.")
    ] = "train=0.8,test=0.2",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split.")] = 0,
    systems: Annotated[
        list[str] | None,
        typer.Option(help="Only replies of this system; may be repeated.", show_default=False),
    ] = None,
    source: SourceOption = "upstream",
) -> None:
    """Export pairs of replies that human experts rated apart, in TRL's preference format.

    Whole conversations go to one split. Ties and pairs without a rating or a text are left out
    and counted. Needs the response texts of MentalBench-100k. Training on these pairs makes the
    benchmark worthless for that model: the card of the folder says how.

    Example: mentalbench preferences --source sample --name Safety --out preferences
    """
    from mentalbench_hf.ecosystem.preferences import REASONS
    from mentalbench_hf.front.exchange import preferences as write

    shares = _shares(splits)
    opened(source)
    made = write(
        out,
        source,
        name=name,
        margin=margin,
        splits=shares,
        seed=seed,
        systems=systems or (),
    )
    for split, pairs in made.pairs.items():
        typer.echo(f"{split:<20} {pairs:>9,} pairs of {made.conversations[split]:,} conversations")
    for reason, meaning in REASONS.items():
        if count := sum(counts.get(reason, 0) for counts in made.left_out.values()):
            typer.echo(f"left out: {reason:<20} {count:>9,} {meaning}")
    typer.echo(f"written: {made.folder}", err=True)


def _shares(text: str) -> dict[str, float]:
    """Read ``train=0.8,test=0.2``."""
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = (word.strip() for word in part.partition("="))
        try:
            value = float(share)
        except ValueError:
            raise DataError(f"--splits must be like train=0.8,test=0.2, got {text!r}") from None
        if name in shares:
            raise DataError(f"--splits names {name!r} twice")
        shares[name] = value
    return shares
