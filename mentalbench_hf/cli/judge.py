"""``mentalbench judge``: ratings of responses by a language model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentalbench_hf.cli import model_options as options
from mentalbench_hf.cli.options import folder_place
from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.messages import JUDGE_SAMPLING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentalbench_hf.inference.run.item import Item


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("judge", rich_help_panel="Judging")(judge)


def judge(
    out: Annotated[
        Path,
        typer.Option(callback=folder_place, help="Folder of the run, new or to go on with."),
    ],
    responses: Annotated[
        Path | None,
        typer.Argument(
            help="A `mentalbench generate` run, or a file (.jsonl, .json, .csv, .parquet) with a "
            "response, and if there a context, conversation_id and system."
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", help="Name of the judge: a registered one, or yours for --model."),
    ] = None,
    also_judge: Annotated[
        list[str] | None,
        typer.Option(help="Another registered judge for the same responses; repeatable."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Judge MentalBench-100k's own responses: upstream, sample, a folder."),
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option(help="With --source: only these systems. With a file: who wrote it."),
    ] = None,
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
    limit: options.Limit = None,
    columns: options.Columns = None,
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
    """Have a language model rate responses on the seven attributes.

    The folder --out is a dataset with the judgments and the score table, which is also printed.
    Stopped at any point, the same command goes on where it was; with --also-judge and no
    RESPONSES it has another judge rate the responses of the run.
    """
    from mentalbench_hf.inference.clients.factory import resolve_model
    from mentalbench_hf.inference.judge import JudgeConfig, plan_judge
    from mentalbench_hf.inference.judge import judge as run
    from mentalbench_hf.inference.messages import Sampling
    from mentalbench_hf.schema.models import find_model, load_models
    from mentalbench_hf.schema.rubric import load_rubric

    known = load_models(models)
    entries = []
    if judge is not None or model is not None:
        entries.append(
            resolve_model(
                judge, known, model=model, base_url=base_url, provider=provider, via=via,
                token_env=token_env,
            )
        )  # fmt: skip
    entries += [find_model(name, known) for name in also_judge or ()]
    items, described = _items(responses, source, list(system or ()), columns, limit, out)
    config = JudgeConfig(
        judges=tuple(entries),
        rubric=load_rubric(rubric),
        sampling=Sampling(max_tokens, temperature, top_p, seed),
        scoring=scoring,
        repeats=repeats,
        reply_format=reply_format,
        client=options.client_settings(
            concurrency, timeout, batch_size, device, dtype, keyless=dry_run
        ),
        source=described,
        families={name: entry.family for name, entry in known.items() if entry.family},
        synthetic=bool(described.get("synthetic")),
    )
    prices = options.run_prices(price_in, price_out, max_cost)
    if dry_run:
        plan = plan_judge(out, items, config, probe=False)
        options.show_plan(plan, prices, retry_failed=retry_failed)
        return
    local = any(entry.via == "local" for entry in entries)
    summary = run(
        out,
        items,
        config,
        limits=options.run_limits(
            concurrency, attempts, retry_failed=retry_failed, progress=progress,
            batch_size=batch_size if local else 1,
        ),
        budget=options.run_budget(prices, max_requests, max_cost),
    )  # fmt: skip
    _print_scores(out)
    options.show_summary(summary, out)


def _items(
    responses: Path | None,
    source: str | None,
    systems: list[str],
    columns: list[str] | None,
    limit: int | None,
    out: Path,
) -> tuple[Iterator[Item] | None, dict[str, Any]]:
    """Return what is judged and its description; None to go on with the run in `out`."""
    from mentalbench_hf.inference.items import file_items, source_items
    from mentalbench_hf.inference.run.run_folder import RunFolder

    if responses is not None and source is not None:
        raise RunError("Give RESPONSES or --source, not both.")
    if source is not None:
        described = {
            "name": Path(source).name, "systems": systems, "limit": limit,
            "synthetic": source == "sample",
        }  # fmt: skip
        return source_items(source, responses=True, systems=systems, limit=limit), described
    if responses is None:
        if not RunFolder(out).exists:
            raise RunError(f"{out} holds no run yet: give RESPONSES (a file or a run) or --source.")
        return None, {}
    if len(systems) > 1:
        raise RunError("A file has one --system; give several in its column `system`.")
    described = options.file_source(responses, limit)
    if responses.is_dir():
        described["synthetic"] = bool(RunFolder(responses).manifest().get("synthetic"))
    items = file_items(
        responses, responses=True, columns=options.parse_columns(columns),
        system=systems[0] if systems else "", limit=limit,
    )  # fmt: skip
    return items, described


def _print_scores(out: Path) -> None:
    """Print the score table of a run, marked when it is about the sample."""
    import pyarrow.parquet as pq

    from mentalbench_hf.inference.run.run_folder import RunFolder
    from mentalbench_hf.inference.run_card import score_markdown

    if RunFolder(out).manifest().get("synthetic"):
        typer.echo("SYNTHETIC SAMPLE")
    typer.echo(score_markdown(pq.read_table(out / "data" / "scores.parquet")))
