"""``mentalbench certify`` and ``certify-log``: how far may a judge be trusted, and what for?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from mentalbench_hf.inference.messages import JUDGE_SAMPLING

if TYPE_CHECKING:
    from mentalbench_hf.data.rated_replies import RatedReplies


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("certify", rich_help_panel="Judging")(takes_ratings(certify, as_option=True))
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
    scoring: Annotated[
        str,
        typer.Option(help="reply: the stated ratings; expected: weighted by probabilities."),
    ] = "reply",
    repeats: Annotated[int, typer.Option(min=1, help="Judge everything so many times.")] = 1,
    rubric: Annotated[
        Path | None, typer.Option(help="YAML or JSON file that replaces the built-in rubric.")
    ] = None,
    reply_format: Annotated[
        str,
        typer.Option(help="auto probes the server; or json_schema, tgi, constrained, plain."),
    ] = "auto",
    temperature: options.Temperature = JUDGE_SAMPLING.temperature,
    max_tokens: options.MaxTokens = JUDGE_SAMPLING.max_tokens,
    top_p: options.TopP = None,
    seed: options.Seed = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    provider: options.Provider = None,
    via: options.ViaOption = None,
    token_env: options.TokenEnv = None,
    models: options.ModelsFile = None,
    device: options.Device = None,
    dtype: options.Dtype = None,
    batch_size: options.BatchSize = 8,
    concurrency: options.Concurrency = 8,
    timeout: options.Timeout = 120.0,
    attempts: options.Attempts = 6,
    max_requests: options.MaxRequests = None,
    max_cost: options.MaxCost = None,
    price_in: options.PriceIn = 0.0,
    price_out: options.PriceOut = 0.0,
    dry_run: options.DryRunOption = False,
    retry_failed: options.RetryFailed = False,
    progress: options.ShowProgress = True,
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
    from mentalbench_hf.inference.certificate import certificate_text
    from mentalbench_hf.inference.certify import certify as certified
    from mentalbench_hf.inference.certify import plan_certify
    from mentalbench_hf.inference.clients.factory import resolve_model
    from mentalbench_hf.inference.judge import JudgeConfig
    from mentalbench_hf.inference.messages import Sampling
    from mentalbench_hf.schema.models import load_models
    from mentalbench_hf.schema.rubric import load_rubric

    known = load_models(models)
    entry = resolve_model(
        judge, known, model=model, base_url=base_url, provider=provider, via=via,
        token_env=token_env,
    )  # fmt: skip
    if own.path is None:
        opened_source = opened(source)
        rated: RatedReplies = read_rated_replies(opened_source)
        label = opened_source.label
    else:
        rated = own.replies(context, response)
        label = Path(own.path).name
    config = JudgeConfig(
        judges=(entry,),
        rubric=load_rubric(rubric),
        sampling=Sampling(max_tokens, temperature, top_p, seed),
        scoring=scoring,
        repeats=repeats,
        reply_format=reply_format,
        client=options.client_settings(
            concurrency, timeout, batch_size, device, dtype, keyless=dry_run
        ),
        source={"certify": label},
        families={name: known_entry.family for name, known_entry in known.items()},
    )
    prices = options.run_prices(price_in, price_out, max_cost)
    drawn: dict[str, Any] = {
        "n_conversations": None if everything else conversations, "seed": sample_seed,
    }  # fmt: skip
    if dry_run:
        plan, _ = plan_certify(out, rated, config, probe=False, **drawn)
        options.show_plan(plan, prices, retry_failed=retry_failed)
        return
    made, summary = certified(
        out,
        rated,
        config,
        **drawn,
        n_resamples=n_resamples,
        limits=options.run_limits(
            concurrency, attempts, retry_failed=retry_failed, progress=progress,
            batch_size=batch_size if entry.via == "local" else 1,
        ),
        budget=options.run_budget(prices, max_requests, max_cost),
    )  # fmt: skip
    if made is not None:
        typer.echo(certificate_text(made))
        typer.echo(f"written: {out / 'certificate.html'} and .md, .json, reliability.csv", err=True)
    options.show_summary(summary, out)


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
    from mentalbench_hf.data.rated_replies import read_rated_replies
    from mentalbench_hf.ecosystem.logs import certificate_of_log, read_judge_log
    from mentalbench_hf.inference.certificate import certificate_text
    from mentalbench_hf.inference.certificate_files import write_certificate

    judged = read_judge_log(log)
    made = certificate_of_log(
        judged,
        read_rated_replies(opened(source)),
        counterpart=counterpart,
        n_resamples=n_resamples,
        seed=seed,
    )
    typer.echo(certificate_text(made))
    if out is not None:
        typer.echo(f"written: {', '.join(map(str, write_certificate(made, out)))}", err=True)
    typer.echo(
        f"{judged.judge}, prompt {judged.prompt}: {judged.n_replies} replies, each judged "
        f"{judged.epochs} time(s), {judged.n_errors} failed calls, {made.n_unscored} replies "
        "without any rating.",
        err=True,
    )
