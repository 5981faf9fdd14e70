"""Options for a user's own ratings, shared by the commands that take them."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from mentalbench_hf.cli.options import opened

if TYPE_CHECKING:
    from mentalbench_hf.data.rated_replies import RatedReplies
    from mentalbench_hf.data.ratings_file import Columns
    from mentalbench_hf.data.targets import RatedTargets

#: Where help pages list these options.
PANEL = "Your own ratings (with RATINGS)"


@dataclass(frozen=True, slots=True)
class OwnRatings:
    """A user's ratings as given on the command line; `path` is None for MentalAlign-70k."""

    path: str | None
    reference: str | None
    target: str
    cluster: str | None
    system: str | None
    attribute: str | None
    rater: str
    rating: str
    scale: str | None
    config: str | None
    split: str | None

    def targets(self, source: str, data: str = "audited") -> tuple[RatedTargets, str]:
        """Return the ratings to work on and where they come from, in a few words."""
        if self.path is None:
            from mentalbench_hf.data.mentalalign import read_mentalalign

            files = opened(source)
            return read_mentalalign(files).targets(data), files.label
        if self.reference is None:
            raise typer.BadParameter(
                "say which rater the others are compared with", param_hint="--reference"
            )
        from mentalbench_hf.data.ratings_file import read_ratings

        columns = self.columns()
        found = read_ratings(
            self.path,
            self.reference,
            columns,
            scale=parse_scale(self.scale),
            config=self.config,
            split=self.split,
        )
        return found, Path(self.path).name

    def columns(self) -> Columns:
        """Return which column holds what."""
        from mentalbench_hf.data.ratings_file import Columns

        return Columns(
            self.target, self.cluster, self.system, self.attribute, self.rater, self.rating
        )

    def replies(self, context: str, response: str) -> RatedReplies:
        """Return the user's rated replies with their texts.

        Args:
            context: column of what the person wrote.
            response: column of the reply.
        """
        from mentalbench_hf.data.rated_replies import own_replies
        from mentalbench_hf.data.ratings_file import load_frame

        assert self.path is not None
        if self.reference is None:
            raise typer.BadParameter(
                "say which rater is the expert whose ratings count", param_hint="--reference"
            )
        if self.scale is not None:
            raise typer.BadParameter("a judge rates from 1 to 5", param_hint="--scale")
        frame = load_frame(self.path, self.config, self.split)
        return own_replies(
            frame, self.reference, self.columns(), context=context, response=response,
            name=self.path,
        )  # fmt: skip


def _column(text: str) -> Any:
    return typer.Option(rich_help_panel=PANEL, help=text)


def _own(
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[RATINGS]",
            help="Your own ratings: a .csv, .parquet or .jsonl file or a Hub dataset, with one "
            "row per rating, or one row per target and a column per rater. Without it: "
            "MentalAlign-70k.",
        ),
    ] = None,
    reference: Annotated[str | None, _column("The rater the others are compared with.")] = None,
    target: Annotated[str, _column("Column that identifies the thing rated.")] = "target",
    cluster: Annotated[
        str | None,
        _column("Column of what belongs together, such as a conversation; resampled whole."),
    ] = None,
    system: Annotated[
        str | None, _column("Column of who made the target, to rank systems.")
    ] = None,
    attribute: Annotated[str | None, _column("Column of what was rated.")] = None,
    rater: Annotated[str, _column("Column of who rated.")] = "rater",
    rating: Annotated[str, _column("Column of the rating.")] = "rating",
    scale: Annotated[
        str | None,
        typer.Option(
            metavar="LOW-HIGH", rich_help_panel=PANEL, help="The scale (1-5); else as observed."
        ),
    ] = None,
    config: Annotated[str | None, _column("Configuration of a Hub dataset.")] = None,
    split: Annotated[str | None, _column("Split of a Hub dataset.")] = None,
) -> OwnRatings:
    return OwnRatings(
        ratings, reference, target, cluster, system, attribute, rater, rating, scale, config, split
    )


_RATINGS_OPTION = Annotated[
    str | None,
    typer.Option(
        "--ratings",
        metavar="FILE",
        rich_help_panel=PANEL,
        help="Replies that your own experts rated: a .csv, .parquet or .jsonl file with the texts.",
    ),
]


def takes_ratings(command: Callable[..., None], *, as_option: bool = False) -> Callable[..., None]:
    """Give a command with a parameter `own` the argument RATINGS and its options instead.

    With `as_option` the file is given with ``--ratings``.
    """
    extra = dict(inspect.signature(_own, eval_str=True).parameters)
    if as_option:
        extra["ratings"] = extra["ratings"].replace(annotation=_RATINGS_OPTION)
    own = inspect.signature(command).parameters
    hints = get_type_hints(command, include_extras=True)

    @functools.wraps(command)
    def wrapper(**given: Any) -> None:
        mine = {name: given.pop(name) for name in extra}
        command(own=_own(**mine), **given)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [p.replace(kind=keyword) for p in extra.values()]
    parameters += [
        p.replace(kind=keyword, annotation=hints[name]) for name, p in own.items() if name != "own"
    ]
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapper


def parse_scale(text: str | None) -> tuple[float, float] | None:
    """Return a scale written as LOW-HIGH; both may be negative or fractional."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(-?[\d.]+)\s*(?:-|:|to)\s*(-?[\d.]+)\s*", text)
    try:
        if match is None:
            raise ValueError
        return float(match[1]), float(match[2])
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not LOW-HIGH, such as 1-5") from None
