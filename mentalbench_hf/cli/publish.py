"""Commands about versions on the Hub: publish, fingerprint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mentalbench_hf.choices import What
from mentalbench_hf.cli.options import SourceOption, TableFormat, say_synthetic

if TYPE_CHECKING:
    from mentalbench_hf.hub.publish import Plan


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Data")(publish)
    app.command(rich_help_panel="Data")(fingerprint)


def publish(
    what: Annotated[What, typer.Argument(help="Which repositories.")],
    namespace: Annotated[
        str, typer.Option(metavar="NAME", help="The user or organisation on the Hub.")
    ],
    source: SourceOption = "upstream",
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this repository; may be given several times."),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option(help="The tag; by default v and the version of what is published."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Make a new repository private.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change on the Hub; change nothing.")
    ] = False,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic", help="Agree to publish the SYNTHETIC SAMPLE as datasets."),
    ] = False,
    form: Annotated[
        TableFormat, typer.Option("--format", help="How the files are listed.")
    ] = "table",
) -> None:
    """Build, verify and upload datasets, metrics or the Space, each in one commit, and tag them.

    Before anything is sent, every number in a card is computed again from the built files, the
    values are compared with those recorded for this version, and the Hub is asked what it has. A
    tag that is there is never moved. Doing it twice changes nothing; a stopped upload leaves the
    Hub as it was. Log in first with `hf auth login`, or set HF_TOKEN.

    Example: mentalbench publish datasets --namespace my-org --dry-run
    """
    from mentalbench_hf.front.data import publish as carry_out
    from mentalbench_hf.hub.release import summary

    def agreed(plans: list[Plan]) -> None:
        if any(plan.repository.synthetic for plan in plans):
            say_synthetic()
        _list(plans, form)
        if dry_run:
            for plan in plans:
                typer.echo(f"dry run: {summary(plan)}", err=True)
        else:
            _stop_cleanly()

    for done in carry_out(
        what,
        namespace,
        source,
        only=only or (),
        tag=tag,
        private=private,
        synthetic=synthetic,
        dry_run=dry_run,
        tell=lambda text: typer.echo(text, err=True),
        agreed=agreed,
    ):
        commit = f"commit {done.commit[:8]}, " if done.commit else ""
        typer.echo(f"{done.plan.repo_id}: {commit}tag {done.plan.tag}\n{done.url}")


def _list(plans: list[Plan], form: TableFormat) -> None:
    from mentalbench_hf.cli.emit import emit
    from mentalbench_hf.report.result_table import ResultTable

    files = ResultTable(
        rows=tuple((plan.repo_id, file) for plan in plans for file in plan.files),
        name="files",
        title="Files and what publishing does to them",
        synthetic=any(plan.repository.synthetic for plan in plans),
        to_record=lambda row: {
            "repository": row[0],
            "change": str(row[1].change),
            "bytes": row[1].n_bytes,
            "file": row[1].path,
        },
    )
    emit(files, form)


def _stop_cleanly() -> None:
    """Let a request to terminate clean up as ctrl-C does."""
    import signal
    from types import FrameType

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def fingerprint(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder that `mentalbench build` made.")
    ],
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="For maintainers: add the fingerprint to the record of published versions.",
        ),
    ] = None,
) -> None:
    """Compare the values of a built dataset with those recorded for its version.

    Exits 1 and names the configuration and the column when a row, column, type or value moved.

    Example: mentalbench fingerprint mentalalign-70k
    """
    from mentalbench_hf.hub import fingerprints

    if record is not None:
        fingerprints.record(folder, record)
        typer.echo(f"recorded in {record}", err=True)
    elif fingerprints.check_recorded(folder):
        typer.echo(f"{folder}: every value is as recorded")
    else:
        typer.echo(f"{folder}: nothing is recorded for this dataset, so nothing was compared")
