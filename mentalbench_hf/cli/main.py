"""Put the commands together and turn known errors into one clear line."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from mentalbench_hf._version import __version__
from mentalbench_hf.cli import (
    ceiling,
    certify,
    compare,
    data,
    doctor,
    export_ratings,
    generate,
    judge,
    leaderboard,
    names,
    panel,
    plan,
    preferences,
    publish,
    reliability,
    report,
    space,
    statistics,
)
from mentalbench_hf.cli.once import OnceCommand
from mentalbench_hf.errors import MentalBenchError

app = typer.Typer(
    name="mentalbench",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "MentalBench-100k and MentalAlign-70k: load the benchmarks, and find out when a language "
        "model may grade mental-health support in place of a clinician.\n\n"
        "Start with: mentalbench demo"
    ),
    epilog="Data options, everywhere: --source upstream (default), --source DIR, --source sample.",
)
for room in (
    reliability,
    report,
    leaderboard,
    statistics,
    ceiling,
    compare,
    panel,
    plan,
    generate,
    judge,
    certify,
    doctor,
    export_ratings,
    data,
    names,
    preferences,
    publish,
    space,
):
    room.register(app)
for command in app.registered_commands:
    command.cls = OnceCommand


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mentalbench-hf {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """Run the command line: exit code 1 for a known error, 2 for wrong usage, 130 for ctrl-C."""
    try:
        app()
    except MentalBenchError as error:
        from mentalbench_hf.cli.flags import flags_of, with_flags

        _fail(with_flags(str(error), flags_of(app)))
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has left, as in `mentalbench reliability | head`: what is still
        # to be written at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        # A full disk, a folder that may not be written, a file where a folder goes.
        _fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))


def _fail(message: str) -> NoReturn:
    typer.secho("error: ", fg="red", bold=True, err=True, nl=False)
    typer.echo(message, err=True)
    sys.exit(1)
