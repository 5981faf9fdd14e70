"""Options for a user's own ratings, shared by the commands that take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

_PANEL = "Your own ratings (with RATINGS)"

RatingsArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[RATINGS]",
        help="Your own ratings: a .csv, .parquet or .jsonl file or a Hub dataset, with one row per "
        "rating, or one row per target and a column per rater. Without it: MentalAlign-70k.",
    ),
]
ReferenceOption = Annotated[
    str | None,
    typer.Option(rich_help_panel=_PANEL, help="The rater the others are compared with."),
]
TargetOption = Annotated[
    str, typer.Option(rich_help_panel=_PANEL, help="Column that identifies the thing rated.")
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=_PANEL,
        help="Column of what belongs together, such as a conversation; resampled whole.",
    ),
]
SystemOption = Annotated[
    str | None,
    typer.Option(
        "--system", rich_help_panel=_PANEL, help="Column of who made the target, to rank systems."
    ),
]
AttributeOption = Annotated[
    str | None,
    typer.Option("--attribute", rich_help_panel=_PANEL, help="Column of what was rated."),
]
RaterOption = Annotated[str, typer.Option(rich_help_panel=_PANEL, help="Column of who rated.")]
RatingOption = Annotated[str, typer.Option(rich_help_panel=_PANEL, help="Column of the rating.")]
ScaleOption = Annotated[
    str | None,
    typer.Option(
        metavar="LOW-HIGH", rich_help_panel=_PANEL, help="The scale, such as 1-5; else as observed."
    ),
]
ConfigOption = Annotated[
    str | None, typer.Option(rich_help_panel=_PANEL, help="Configuration of a Hub dataset.")
]
SplitOption = Annotated[
    str | None, typer.Option(rich_help_panel=_PANEL, help="Split of a Hub dataset.")
]


def own_targets(
    ratings: str,
    reference: str | None,
    *,
    target: str,
    cluster: str | None,
    system: str | None,
    attribute: str | None,
    rater: str,
    rating: str,
    scale: str | None,
    config: str | None,
    split: str | None,
) -> RatedTargets:
    """Read a user's ratings from the options."""
    from mentalbench_hf.data.ratings_file import Columns, read_ratings

    if reference is None:
        raise typer.BadParameter(
            "say which rater the others are compared with", param_hint="--reference"
        )
    columns = Columns(target, cluster, system, attribute, rater, rating)
    return read_ratings(
        ratings, reference, columns, scale=parse_scale(scale), config=config, split=split
    )


def parse_scale(text: str | None) -> tuple[float, float] | None:
    """Return a scale written as LOW-HIGH; both may be negative or fractional."""
    if text is None:
        return None
    import re

    match = re.fullmatch(r"\s*(-?[\d.]+)\s*(?:-|:|to)\s*(-?[\d.]+)\s*", text)
    try:
        if match is None:
            raise ValueError
        return float(match[1]), float(match[2])
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not LOW-HIGH, such as 1-5") from None
