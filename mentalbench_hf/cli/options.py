"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mentalbench_hf.sources import Source

SourceOption = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="upstream|DIR|sample",
        help=(
            "Where the released files come from: 'upstream' downloads and verifies them, a folder "
            "holds copies of them, 'sample' is the bundled SYNTHETIC SAMPLE."
        ),
    ),
]


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


class LevelName(StrEnum):
    """Levels, as command-line choices."""

    SYSTEM = "system"
    RESPONSE = "response"


#: One word and one default (LevelName.SYSTEM) in every command, as in the package's functions.
LevelOption = Annotated[
    LevelName,
    typer.Option(
        "--level",
        help="system: may the judge rank systems? Targets are the systems' mean ratings. response: "
        "may it score one reply? Targets are single replies; needs no systems.",
    ),
]


class DatasetName(StrEnum):
    """The two datasets, as command-line choices."""

    MENTALBENCH_100K = "mentalbench-100k"
    MENTALALIGN_70K = "mentalalign-70k"


class DataVariant(StrEnum):
    """The two variants, as command-line choices."""

    AUDITED = "audited"
    RELEASED = "released"


class TableFormat(StrEnum):
    """Output formats of tables."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"


#: Of every option --format.
FORMAT_HELP = (
    "What to print on stdout. csv is for spreadsheets: a name that begins like a formula gets an "
    "apostrophe before it; json keeps it as it is."
)


class AuditFormat(StrEnum):
    """Output formats of an audit, whose findings are not rows of one table."""

    TABLE = "table"
    JSON = "json"
    MD = "md"


def opened(source: str) -> Source:
    """Open a source, and say on stderr when it is the sample."""
    from mentalbench_hf.sources import open_source

    found = open_source(source)
    if found.synthetic:
        say_synthetic()
    return found


def say_synthetic() -> None:
    """Say on stderr that what follows is made from the sample."""
    from mentalbench_hf.report.markdown import SYNTHETIC

    typer.secho(
        f"{SYNTHETIC}: invented texts and ratings; no result says anything about a real "
        "model, judge or person.",
        fg="yellow",
        err=True,
    )
