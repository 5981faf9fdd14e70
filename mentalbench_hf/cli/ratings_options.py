"""Options for a user's own ratings, shared by the commands that take them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mentalbench_hf.choices import Data
from mentalbench_hf.cli.injected import Command, injects
from mentalbench_hf.cli.options import opened, say_synthetic
from mentalbench_hf.cli.written_values import parse_levels, parse_scale
from mentalbench_hf.errors import MentalBenchWarning

if TYPE_CHECKING:
    from mentalbench_hf.data.rated_replies import RatedReplies
    from mentalbench_hf.data.ratings_file import Columns
    from mentalbench_hf.data.targets import RatedTargets

#: Where help pages list these options.
PANEL = "Your own ratings (with RATINGS)"


#: Parameters that say what the columns of a table hold.
_OF_TABLES: Final = (
    "target", "cluster", "system", "attribute", "rater", "rating", "rater_columns", "config",
    "split",
)  # fmt: skip
#: Parameters that say what an export of another tool does not.
_OF_EXPORTS: Final = ("rater_name", "levels")


@dataclass(frozen=True, slots=True)
class OwnRatings:
    """A user's ratings as given on the command line; `path` is None for MentalAlign-70k.

    Attributes:
        path: the argument RATINGS.
        given: the parameters of the command that stand on the command line.
        options: the values of the options for own ratings, by parameter.
    """

    path: str | None
    given: frozenset[str]
    options: Mapping[str, Any]

    @property
    def references(self) -> tuple[str, ...]:
        """The raters the others are compared with, in the order given."""
        return tuple(self.options["reference"] or ())

    @property
    def reference(self) -> str:
        """The one rater the others are compared with, where a command takes one."""
        self.one_reference()
        return self.references[0]

    def one_reference(self) -> None:
        """Refuse several references."""
        if len(self.references) > 1:
            raise typer.BadParameter(
                f"given {len(self.references)} times, but one reference is taken here; "
                "mentalbench panel compares several experts",
                param_hint="--reference",
            )

    def check(self) -> None:
        """Refuse options that do not apply to the ratings given."""
        mine = [name for name in self.options if name in self.given]
        if self.path is None:
            if mine:
                raise typer.BadParameter(
                    "it is for ratings of your own: name their file first (RATINGS)",
                    param_hint=_flag(mine[0]),
                )
            return
        for name in ("source", "data"):
            if name in self.given:
                raise typer.BadParameter(
                    f"it chooses ratings of MentalAlign-70k, and you gave {self.path}",
                    param_hint=_flag(name),
                )
        if Path(self.path).is_dir():
            for name in mine:
                if name in _OF_TABLES:
                    raise typer.BadParameter(
                        f"{self.path} is a folder, and its columns are known",
                        param_hint=_flag(name),
                    )
            for name in (n for n in _OF_EXPORTS if n in mine):
                raise typer.BadParameter(
                    f"{self.path} is a folder, and its raters are known", param_hint=_flag(name)
                )
        if not self.references:
            raise typer.BadParameter(
                "say which rater the others are compared with", param_hint="--reference"
            )

    def ratings(
        self, source: str, data: Data = "audited", *, several: bool = False
    ) -> RatedTargets:
        """Return the ratings to work on; says on stderr what was assumed, and what is invented.

        With `several` more than one reference may be given; the first is that of the ratings.
        """
        from mentalbench_hf.cli.flags import with_flags
        from mentalbench_hf.front.loading import load_ratings, read_ratings

        self.check()
        if not several:
            self.one_reference()
        if self.path is None:
            opened(source)
            return load_ratings(source, data=data)
        o = self.options
        flags = {name: f"--{name.replace('_', '-')}" for name in o}
        with warnings.catch_warnings():
            warnings.simplefilter("always", MentalBenchWarning)
            warnings.showwarning = lambda message, *_: typer.echo(
                with_flags(str(message), flags), err=True
            )
            found = read_ratings(
                self.path,
                self.references[0],
                target=o["target"] or "target",
                cluster=o["cluster"],
                system=o["system"],
                attribute=o["attribute"],
                rater=o["rater"] or "rater",
                rating=o["rating"] or "rating",
                rater_columns=self.rater_columns,
                runs=o["with_run"] or (),
                scale=parse_scale(o["scale"]),
                rater_name=o["rater_name"],
                levels=parse_levels(o["levels"]),
                config=o["config"],
                split=o["split"],
            )
        if found.synthetic:
            say_synthetic()
        return found

    @property
    def rater_columns(self) -> tuple[str, ...]:
        """The columns that are raters, given by commas or repeated."""
        parts = self.options["rater_columns"] or ()
        return tuple(name.strip() for part in parts for name in part.split(","))

    def table_options(self) -> dict[str, Any]:
        """Return what was said about the table, for a command that asks nothing of it.

        Columns that were not named are None.
        """
        if self.path is None:
            raise typer.BadParameter("name a file of ratings", param_hint="RATINGS")
        for name in ("reference", "scale", "with_run"):
            if name in self.given:
                raise typer.BadParameter("it plays no part here", param_hint=_flag(name))
        o = self.options
        kept = ("target", "cluster", "system", "attribute", "rater", "rating", "rater_name",
                "config", "split")  # fmt: skip
        return {
            **{name: o[name] for name in kept},
            "rater_columns": self.rater_columns,
            "levels": parse_levels(o["levels"]),
        }

    def columns(self) -> Columns:
        """Return which column holds what."""
        from mentalbench_hf.data.ratings_file import Columns

        o = self.options
        return Columns(
            o["target"] or "target", o["cluster"], o["system"], o["attribute"],
            o["rater"] or "rater", o["rating"] or "rating",
            self.rater_columns,
        )  # fmt: skip

    def replies(self, context: str, response: str) -> RatedReplies:
        """Return the user's rated replies with their texts.

        Args:
            context: column of what the person wrote.
            response: column of the reply.
        """
        from mentalbench_hf.data.rated_replies import own_replies
        from mentalbench_hf.data.rating_frames import load_frame

        assert self.path is not None
        o = self.options
        if not self.references:
            raise typer.BadParameter(
                "say which rater is the expert whose ratings count", param_hint="--reference"
            )
        texts = "the texts are read from a table, which names its raters and has numbers"
        for name, why in (
            ("scale", "a judge rates from 1 to 5"), ("with_run", "certify judges"),
            ("rater_name", texts), ("levels", texts),
        ):  # fmt: skip
            if name in self.given:
                raise typer.BadParameter(why, param_hint=_flag(name))
        frame = load_frame(self.path, o["config"], o["split"])
        return own_replies(
            frame, self.reference, self.columns(), context=context, response=response,
            name=self.path,
        )  # fmt: skip


def _flag(parameter: str) -> str:
    return f"--{parameter.replace('_', '-')}"


def check_resampling(
    own: OwnRatings, targets: RatedTargets, *, level: str, resample: str | None, ci: str
) -> None:
    """Refuse options of resampling that cannot apply to the ratings or to each other."""
    if ci == "analytic":
        for name in ("resample", "n_resamples", "seed"):
            if name in own.given:
                raise typer.BadParameter(
                    "analytic intervals draw no replicates; leave it out, or take --ci percentile",
                    param_hint=_flag(name),
                )
    if resample == "systems" and level == "response":
        raise typer.BadParameter(
            "at the level of responses draw the conversations, or both (crossed)",
            param_hint="--resample",
        )
    if resample not in (None, "conversations") and len(targets.system_names) < 2:
        raise typer.BadParameter(
            "the ratings do not say which system made what; name the column with --system",
            param_hint="--resample",
        )


def _column(text: str) -> Any:
    return typer.Option(rich_help_panel=PANEL, help=text)


def _own(
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[RATINGS]",
            help="Your own ratings: a .csv, .tsv, .xlsx, .parquet or .jsonl file or a Hub "
            "dataset, with one row per rating, or one row per target and a column per rater; "
            "an export of another tool (see mentalbench doctor); or the folder of a judged run or "
            "of the Space's ratings. Without it: MentalAlign-70k.",
        ),
    ] = None,
    reference: Annotated[
        list[str] | None,
        _column(
            "The rater the others are compared with. Several experts (repeat it): each, and the "
            "mean of the others beside it; see also mentalbench panel."
        ),
    ] = None,
    target: Annotated[
        str | None, _column("Column that identifies the thing rated; else 'target'.")
    ] = None,
    cluster: Annotated[
        str | None,
        _column("Column of what belongs together, such as a conversation; resampled whole."),
    ] = None,
    system: Annotated[
        str | None, _column("Column of who made the target, to rank systems.")
    ] = None,
    attribute: Annotated[str | None, _column("Column of what was rated.")] = None,
    rater: Annotated[str | None, _column("Column of who rated; else 'rater'.")] = None,
    rating: Annotated[str | None, _column("Column of the rating; else 'rating'.")] = None,
    rater_columns: Annotated[
        list[str] | None,
        _column(
            "With a column per rater: which columns those are, by commas or repeated; else those "
            "whose numbers lie on the scale."
        ),
    ] = None,
    with_run: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            rich_help_panel=PANEL,
            help="Add the judges of a judged run (or the readers of a folder of the Space's "
            "ratings) that rated the same replies: those with the same --cluster and --system as "
            "the run's conversation and system, or whose target is conversation/system. Needs "
            "--attribute. May be repeated.",
        ),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            metavar="LOW-HIGH", rich_help_panel=PANEL, help="The scale (1-5); else as observed."
        ),
    ] = None,
    rater_name: Annotated[
        str | None, _column("Of an export: who gave the ratings that name no rater.")
    ] = None,
    levels: Annotated[
        str | None,
        typer.Option(
            metavar="WORD=NUMBER,…",
            rich_help_panel=PANEL,
            help="Of an export: what ratings in words count (poor=1,good=2).",
        ),
    ] = None,
    config: Annotated[str | None, _column("Configuration of a Hub dataset.")] = None,
    split: Annotated[str | None, _column("Split of a Hub dataset.")] = None,
) -> None:
    """Hold the parameters for their signature."""


_RATINGS_OPTION = Annotated[
    str | None,
    typer.Option(
        "--ratings",
        metavar="FILE",
        rich_help_panel=PANEL,
        help="Replies that your own experts rated: a .csv, .parquet or .jsonl file with the texts.",
    ),
]


def takes_ratings(command: Command, *, as_option: bool = False) -> Command:
    """Give a command with a parameter `own` the argument RATINGS and its options instead.

    With `as_option` the file is given with ``--ratings``.
    """

    def make(values: dict[str, Any], given: frozenset[str]) -> OwnRatings:
        return OwnRatings(values.pop("ratings"), given, values)

    file = {"ratings": _RATINGS_OPTION} if as_option else {}
    return injects("own", _own, make, annotations=file)(command)
