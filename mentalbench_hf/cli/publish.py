"""Commands about versions on the Hub: publish, fingerprint."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mentalbench_hf.cli.options import SourceOption, TableFormat, opened

if TYPE_CHECKING:
    from mentalbench_hf.hub.publish import Plan
    from mentalbench_hf.hub.repositories import Repository


class What(StrEnum):
    """Groups of repositories, as command-line choices."""

    DATASETS = "datasets"
    METRICS = "metrics"
    SPACE = "space"
    ALL = "all"


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
    ] = TableFormat.TABLE,
) -> None:
    """Build, verify and upload datasets, metrics or the Space, each in one commit, and tag them.

    Before anything is sent, every number in a card is computed again from the built files, the
    values are compared with those recorded for this version, and the Hub is asked what it has. A
    tag that is there is never moved. Doing it twice changes nothing; a stopped upload leaves the
    Hub as it was. Log in first with `hf auth login`, or set HF_TOKEN.

    Example: mentalbench publish datasets --namespace my-org --dry-run
    """
    import tempfile

    from huggingface_hub import HfApi

    from mentalbench_hf._version import __version__
    from mentalbench_hf.errors import PublishError
    from mentalbench_hf.hub.publish import carry_out, make_plan

    names = _names(what, only)
    with tempfile.TemporaryDirectory(prefix="mentalbench-publish-") as work:
        repositories = _prepare(names, source, Path(work), synthetic=synthetic)
        api = HfApi(library_name="mentalbench-hf", library_version=__version__)
        if not dry_run and not api.token and not _token():
            raise PublishError(
                "You are not logged in to the Hub. Run `hf auth login`, or set HF_TOKEN to a "
                "token that may write. Nothing was uploaded."
            )
        plans = [make_plan(api, r, namespace, tag=tag, private=private) for r in repositories]
        _list(plans, form)
        if dry_run:
            for plan in plans:
                typer.echo(f"dry run: {_summary(plan)}", err=True)
            return
        _stop_cleanly()
        for plan in plans:
            typer.echo(_summary(plan), err=True)
            done = carry_out(api, plan)
            commit = f"commit {done.commit[:8]}, " if done.commit else ""
            typer.echo(f"{plan.repo_id}: {commit}tag {plan.tag}\n{done.url}")


def _names(what: What, only: list[str] | None) -> list[str]:
    from mentalbench_hf.errors import PublishError
    from mentalbench_hf.hub.repositories import GROUPS

    names = [n for group, all_ in GROUPS.items() if what in (group, What.ALL) for n in all_]
    unknown = sorted(set(only or ()) - set(names))
    if unknown:
        raise PublishError(
            f"--only {', '.join(unknown)}: not among {what.value}; choose of {', '.join(names)}"
        )
    return [n for n in names if not only or n in only]


def _prepare(names: list[str], source: str, work: Path, *, synthetic: bool) -> list[Repository]:
    """Make and verify every repository before the first one is sent."""
    from mentalbench_hf.errors import PublishError
    from mentalbench_hf.hub.repositories import (
        GROUPS,
        prepare_dataset,
        prepare_metric,
        prepare_space,
    )

    made = []
    files = opened(source) if set(names) & set(GROUPS["datasets"]) else None
    if files is not None and files.synthetic and not synthetic:
        raise PublishError(
            "--source sample would publish invented texts and ratings under the datasets' names. "
            "If that is meant, for a trial, add --synthetic; every card will say SYNTHETIC SAMPLE."
        )
    for name in names:
        typer.echo(f"{name}: making and verifying …", err=True)
        if files is not None and name in GROUPS["datasets"]:
            made.append(prepare_dataset(name, files, work))
        elif name in GROUPS["metrics"]:
            made.append(prepare_metric(name, work))
        else:
            made.append(prepare_space(work))
        for note in made[-1].notes:
            typer.echo(f"{name}: note: {note}", err=True)
    return made


def _token() -> bool:
    from huggingface_hub import get_token

    return get_token() is not None


def _list(plans: list[Plan], form: TableFormat) -> None:
    from mentalbench_hf.cli.emit import emit

    records = [
        {"repository": p.repo_id, "change": str(f.change), "bytes": f.n_bytes, "file": f.path}
        for p in plans
        for f in p.files
    ]
    emit(
        records,
        form,
        title="Files and what publishing does to them",
        synthetic=any(p.repository.synthetic for p in plans),
    )


def _summary(plan: Plan) -> str:
    if plan.tagged:
        return f"{plan.repo_id}: nothing to do, {plan.tag} is there with these files"
    n_bytes = sum(f.n_bytes for f in plan.changes)
    state = "new repository" if plan.head is None else f"now at {plan.head[:8]}"
    visible = "private" if plan.private else "public"
    if plan.head is not None and not plan.changes:
        return f"{plan.repo_id} ({state}, {visible}): the files are there; tag {plan.tag}"
    return (
        f"{plan.repo_id} ({state}, {visible}): {len(plan.changes)} files in one commit, "
        f"{n_bytes / 2**20:.1f} MiB, then tag {plan.tag}"
    )


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
