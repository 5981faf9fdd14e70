"""``mentalbench generate``: a model's replies to the conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mentalbench_hf.cli import model_options as options
from mentalbench_hf.cli.options import folder_place
from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.messages import REPLY_SAMPLING


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("generate", rich_help_panel="Judging")(generate)


def generate(
    out: Annotated[
        Path,
        typer.Option(callback=folder_place, help="Folder of the run, new or to go on with."),
    ],
    conversations: Annotated[
        Path | None,
        typer.Argument(help="A file of your own (.jsonl, .json, .csv, .parquet) with a context."),
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(help="Name of the system: a registered one, or your name for --model."),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="MentalBench-100k: upstream, sample, or a folder.")
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option(help="File that replaces the built-in prompt.")
    ] = None,
    limit: options.Limit = None,
    columns: options.Columns = None,
    temperature: options.Temperature = REPLY_SAMPLING.temperature,
    max_tokens: options.MaxTokens = REPLY_SAMPLING.max_tokens,
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
    """Have a model reply to the conversations of MentalBench-100k, or to your own.

    The folder --out is a dataset (`load_dataset`), and what `mentalbench judge` takes. Stopped at
    any point, the same command goes on where it was.
    """
    from mentalbench_hf.inference.clients.factory import resolve_model
    from mentalbench_hf.inference.generate import GenerateConfig, plan_generate
    from mentalbench_hf.inference.generate import generate as run
    from mentalbench_hf.inference.items import file_items, source_items
    from mentalbench_hf.inference.messages import Sampling
    from mentalbench_hf.inference.prompts import generate_prompt
    from mentalbench_hf.schema.models import load_models

    if conversations is not None and source is not None:
        raise RunError("Give a file of conversations or --source, not both.")
    if conversations is None and source is None:
        source = "upstream"
    entry = resolve_model(
        system, load_models(models), model=model, base_url=base_url, provider=provider, via=via,
        token_env=token_env,
    )  # fmt: skip
    if conversations is not None:
        items = file_items(
            conversations, responses=False, columns=options.parse_columns(columns), limit=limit
        )
        described = options.file_source(conversations, limit)
    else:
        assert source is not None
        items = source_items(source, responses=False, limit=limit)
        described = {"name": Path(source).name, "limit": limit}
    config = GenerateConfig(
        model=entry,
        prompt=generate_prompt(prompt),
        sampling=Sampling(max_tokens, temperature, top_p, seed),
        client=options.client_settings(
            concurrency, timeout, batch_size, device, dtype, keyless=dry_run
        ),
        source=described,
        synthetic=source == "sample",
    )
    prices = options.run_prices(price_in, price_out, max_cost)
    if dry_run:
        options.show_plan(plan_generate(out, items, config), prices, retry_failed=retry_failed)
        return
    summary = run(
        out,
        items,
        config,
        limits=options.run_limits(
            concurrency, attempts, retry_failed=retry_failed, progress=progress,
            batch_size=batch_size if entry.via == "local" else 1,
        ),
        budget=options.run_budget(prices, max_requests, max_cost),
    )  # fmt: skip
    options.show_summary(summary, out)
