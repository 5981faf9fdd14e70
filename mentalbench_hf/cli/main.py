"""Put the commands together and turn known errors into one clear line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mentalbench_hf._version import __version__
from mentalbench_hf.cli import data, reliability, report, space
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
for room in (reliability, report, data, space):
    room.register(app)


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
        typer.secho("error: ", fg="red", bold=True, err=True, nl=False)
        typer.echo(str(error), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has left, as in `mentalbench reliability | head`.
        sys.stderr.close()
        sys.exit(141)
