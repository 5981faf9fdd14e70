"""``mentalbench certify`` and ``certify-log``: how far may a judge be trusted, and what for?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mentalbench_hf.cli import model_options as options
from mentalbench_hf.cli.options import (
    OutOption,
    SampleSeedOption,
    SourceOption,
    folder_place,
    opened,
)
from mentalbench_hf.cli.ratings_options import PANEL, OwnRatings, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("certify", rich_help_panel="Judging")(
        takes_ratings(options.judges(certify), as_option=True)
    )
    app.command("certify-log", rich_help_panel="Judging")(certify_log)


def certify(
    own: OwnRatings,
    out: Annotated[
        Path,
        typer.Option(callback=folder_place, help="Folder of the run, new or to go on with."),
    ],
    judge: Annotated[
        str | None,
        typer.Option("--judge", help="Name of the judge: a registered one, or yours for --model."),
    ] = None,
    source: SourceOption = "upstream",
    conversations: Annotated[
        int, typer.Option(min=2, help="Conversations to draw; each has about ten rated replies.")
    ] = 100,
    everything: Annotated[
        bool, typer.Option("--all", help="All rated replies (10,000) instead of a sample.")
    ] = False,
    context: Annotated[
        str,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=PANEL,
            help="Column of what the person wrote; may be missing.",
        ),
    ] = "context",
    response: Annotated[
        str, typer.Option(metavar="COLUMN", rich_help_panel=PANEL, help="Column of the reply.")
    ] = "response",
    sample_seed: SampleSeedOption = 0,
    n_resamples: Annotated[int, typer.Option(min=0, help="Bootstrap replicates.")] = 10_000,
    *,
    judging: dict[str, Any],
    asking: dict[str, Any],
) -> None:
    """Have a judge rate replies that human experts rated, and compare it with them.

    Says what the judge may be used for, attribute by attribute; --out holds the whole certificate
    as a page, Markdown, JSON and CSV: reliability beside the four published judges, at both
    levels, and the replies the experts rated low. Needs the response texts of MentalBench-100k,
    and says so before anything is asked. With --ratings: on replies that your own experts rated.

    Example: mentalbench certify --judge gpt-4o --out certified

    Example: mentalbench certify --ratings own.csv --reference expert --judge mine --out certified
    """
    from mentalbench_hf.data.rated_replies import read_rated_replies
    from mentalbench_hf.front.judging import certify as run
    from mentalbench_hf.inference.certificate import certificate_text
    from mentalbench_hf.inference.run.plan import DryRun

    rated = own.replies(context, response) if own.path else read_rated_replies(opened(source))
    with options.stopped_runs_told(out):
        made = run(
            rated,
            out,
            judge,
            conversations=None if everything else conversations,
            sample_seed=sample_seed,
            n_resamples=n_resamples,
            **judging,
            **asking,
        )
        if isinstance(made, DryRun):
            options.show_plan(made)
            return
        typer.echo(certificate_text(made))
        typer.echo(f"written: {out / 'certificate.html'} and .md, .json, reliability.csv", err=True)
        options.show_summary(made.run, out)


def certify_log(
    log: Annotated[
        Path, typer.Argument(help="A finished log of inspect (.eval or .json).", show_default=False)
    ],
    source: SourceOption = "upstream",
    counterpart: Annotated[
        str | None,
        typer.Option(
            help="The system that is the judge's own model and is left out for it; '' for none. "
            "Found by itself where inspect's name of the judge is a known model's."
        ),
    ] = None,
    n_resamples: Annotated[int, typer.Option(min=0, help="Bootstrap replicates.")] = 10_000,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the bootstrap; by default that of the log.")
    ] = None,
    out: OutOption = None,
) -> None:
    """Certify a judge from a log of the inspect task mentalbench_hf/mentalalign.

    The same certificate as `mentalbench certify` gives for the same ratings. The judge's words
    are read from the log again, and its replies are checked against --source, which must be the
    one the log was made with. Needs the extra `inspect`.
    """
    from mentalbench_hf.ecosystem.logs import read_judge_log
    from mentalbench_hf.front.exchange import certify_log as certify
    from mentalbench_hf.inference.certificate import certificate_text
    from mentalbench_hf.inference.certificate_files import write_certificate

    judged = read_judge_log(log)
    opened(source)
    made = certify(judged, source, counterpart=counterpart, n_resamples=n_resamples, seed=seed)
    typer.echo(certificate_text(made))
    if out is not None:
        typer.echo(f"written: {', '.join(map(str, write_certificate(made, out)))}", err=True)
    typer.echo(
        f"{judged.judge}, prompt {judged.prompt}: {judged.n_replies} replies, each judged "
        f"{judged.epochs} time(s), {judged.n_errors} failed calls, {made.n_unscored} replies "
        "without any rating.",
        err=True,
    )
