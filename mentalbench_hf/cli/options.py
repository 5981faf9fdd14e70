"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mentalbench_hf.choices import Level
from mentalbench_hf.schema import SYNTHETIC

if TYPE_CHECKING:
    from mentalbench_hf.sources import Source

SourceOption = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="upstream|DIR|sample",
        help=(
            "Where the released files come from: 'upstream' downloads and verifies them, a folder "
            f"holds copies of them, 'sample' is the bundled {SYNTHETIC}."
        ),
    ),
]


def each_of(choices: Sequence[str]) -> Callable[[list[str] | None], list[str] | None]:
    """Return a callback that refuses another value; for lists, which have no Literal here."""

    def check(values: list[str] | None) -> list[str] | None:
        for value in values or ():
            if value not in choices:
                raise typer.BadParameter(f"{value!r} is not one of {', '.join(choices)}")
        return values

    return check


def folder_place(out: Path | None) -> Path | None:
    """Let an option through unless a file stands where the folder is to be.

    Raises:
        DataError: a file does; said before anything is computed.
    """
    from mentalbench_hf.files import check_folder

    if out is not None:
        check_folder(out)
    return out


OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Also write the result into a folder.", callback=folder_place
    ),
]
SampleSeedOption = Annotated[
    int,
    typer.Option(min=0, help="Seed of the draw of conversations, and of the bootstrap."),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")]


TableFormat = Literal["table", "json", "csv", "md"]
FormatOption = Annotated[
    TableFormat,
    typer.Option(
        "--format",
        help="What to print on stdout. csv is for spreadsheets: a name that begins like a formula "
        "gets an apostrophe before it; json keeps it as it is.",
    ),
]
#: One word and one default in every command, as in the package's functions.
LevelOption = Annotated[
    Level | None,
    typer.Option(
        "--level",
        help="system: may the judge rank systems? Targets are the systems' mean ratings. response: "
        "may it score one reply? Targets are single replies. By default system where the ratings "
        "say who made what.",
    ),
]
ByOption = Annotated[
    Literal["expert"] | None,
    typer.Option(
        "--by",
        help="expert: a row for each expert behind the reference, and one for the experts "
        "combined, with what another expert may give.",
    ),
]
JudgeOption = Annotated[
    list[str] | None, typer.Option("--judge", help="Judges, by default all; may be repeated.")
]
NameOption = Annotated[
    list[str] | None,
    typer.Option("--name", help="Attributes or axes, by default all; may be repeated."),
]


def opened(source: str) -> Source:
    """Open a source, and say on stderr when it is the sample."""
    from mentalbench_hf.sources import open_source

    found = open_source(source)
    if found.synthetic:
        say_synthetic()
    return found


def say_synthetic() -> None:
    """Say on stderr that what follows is made from the sample."""
    from mentalbench_hf.schema import SYNTHETIC

    typer.secho(
        f"{SYNTHETIC}: invented texts and ratings; no result says anything about a real "
        "model, judge or person.",
        fg="yellow",
        err=True,
    )
