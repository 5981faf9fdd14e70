"""Options shared by the commands that ask models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentalbench_hf.errors import RunError

if TYPE_CHECKING:
    from mentalbench_hf.inference.clients.factory import ClientSettings
    from mentalbench_hf.inference.run.budget import Budget, Prices
    from mentalbench_hf.inference.run.calls import Limits, RunSummary
    from mentalbench_hf.inference.run.plan import Plan

_REACH = "How the model is reached"
_RUN = "How the run is conducted"

Model = Annotated[
    str | None,
    typer.Option(help="Its id on the Hub or server, or a local folder or GGUF file.",
                 rich_help_panel=_REACH),
]  # fmt: skip
BaseUrl = Annotated[
    str | None,
    typer.Option(help="Address of an OpenAI-compatible server (TGI, vLLM, llama.cpp, a vendor).",
                 rich_help_panel=_REACH),
]  # fmt: skip
Provider = Annotated[
    str | None,
    typer.Option(help="Inference Provider on the Hub; by default the Hub routes.",
                 rich_help_panel=_REACH),
]  # fmt: skip
ViaOption = Annotated[
    str | None,
    typer.Option("--via", help="hub, openai or local; by default what fits the other options.",
                 rich_help_panel=_REACH),
]  # fmt: skip
TokenEnv = Annotated[
    str | None,
    typer.Option(
        help="Environment variable that holds the key. Without it: HF_TOKEN or the Hub's login "
        "for Hugging Face, MENTALBENCH_API_KEY for other servers.",
        rich_help_panel=_REACH,
    ),
]
ModelsFile = Annotated[
    Path | None,
    typer.Option("--models", help="YAML or TOML file with models of your own.",
                 rich_help_panel=_REACH),
]  # fmt: skip
Device = Annotated[
    str | None,
    typer.Option(help="Local model: cpu, cuda, mps; by default the best there is.",
                 rich_help_panel=_REACH),
]  # fmt: skip
Dtype = Annotated[
    str | None,
    typer.Option(help="Local model: float32, bfloat16 or float16.", rich_help_panel=_REACH),
]
BatchSize = Annotated[
    int, typer.Option(min=1, help="Local model: calls per batch.", rich_help_panel=_REACH)
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", help="OURS=THEIRS for a file with other column names; repeatable."),
]
Limit = Annotated[
    int | None, typer.Option(min=1, help="Only the first so many conversations or rows.")
]
MaxTokens = Annotated[int, typer.Option(min=1, help="Longest reply, in tokens, thinking included.")]
Temperature = Annotated[float | None, typer.Option(min=0.0, help="0 takes the likeliest reply.")]
TopP = Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Nucleus size.")]
Seed = Annotated[int | None, typer.Option(help="For servers that sample reproducibly.")]
Concurrency = Annotated[int, typer.Option(min=1, help="Calls in flight.", rich_help_panel=_RUN)]
Timeout = Annotated[
    float, typer.Option(min=0.1, help="Seconds an attempt may take.", rich_help_panel=_RUN)
]
Attempts = Annotated[
    int,
    typer.Option(min=1, help="Attempts per call: 429, 5xx and timeouts are repeated.",
                 rich_help_panel=_RUN),
]  # fmt: skip
MaxRequests = Annotated[
    int | None,
    typer.Option(min=0, help="Stop before more requests than this (repeats count).",
                 rich_help_panel=_RUN),
]  # fmt: skip
MaxCost = Annotated[
    float | None,
    typer.Option(min=0.0, help="Stop before the run costs more; needs prices.",
                 rich_help_panel=_RUN),
]  # fmt: skip
PriceIn = Annotated[
    float,
    typer.Option(min=0.0, help="Price of a million prompt tokens.", rich_help_panel=_RUN),
]
PriceOut = Annotated[
    float,
    typer.Option(min=0.0, help="Price of a million reply tokens.", rich_help_panel=_RUN),
]
DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help="Show counts, tokens and cost; ask nothing.",
                 rich_help_panel=_RUN),
]  # fmt: skip
RetryFailed = Annotated[
    bool,
    typer.Option("--retry-failed", help="Ask again what was refused for good.",
                 rich_help_panel=_RUN),
]  # fmt: skip
ShowProgress = Annotated[
    bool,
    typer.Option("--progress/--no-progress", help="Show the progress bar.", rich_help_panel=_RUN),
]


def client_settings(
    concurrency: int,
    timeout: float,
    batch_size: int,
    device: str | None,
    dtype: str | None,
    *,
    keyless: bool = False,
) -> ClientSettings:
    """Return the settings of a client; `keyless` for a dry run, which needs no key."""
    from mentalbench_hf.inference.clients.factory import ClientSettings

    return ClientSettings(
        concurrency=concurrency,
        timeout=timeout,
        batch_size=batch_size,
        device=device,
        dtype=dtype,
        keyless=keyless,
    )


def run_limits(
    concurrency: int, attempts: int, *, retry_failed: bool, progress: bool, batch_size: int
) -> Limits:
    """Return the limits of a run."""
    from mentalbench_hf.inference.run.calls import Limits
    from mentalbench_hf.inference.run.retry import RetryPolicy

    return Limits(
        concurrency=max(concurrency, batch_size),
        retry=RetryPolicy(attempts=attempts),
        retry_failed=retry_failed,
        progress=progress,
    )


def run_prices(price_in: float, price_out: float, max_cost: float | None) -> Prices:
    """Return the prices; raises ``RunError`` for a limit on cost without a price."""
    from mentalbench_hf.inference.run.budget import Prices

    if max_cost is not None and not (price_in or price_out):
        raise RunError("--max-cost needs --price-in and --price-out (per million tokens).")
    return Prices(price_in, price_out)


def run_budget(prices: Prices, max_requests: int | None, max_cost: float | None) -> Budget:
    """Return the budget of a run."""
    from mentalbench_hf.inference.run.budget import Budget

    return Budget(max_requests=max_requests, max_cost=max_cost, prices=prices)


def parse_columns(columns: list[str] | None) -> dict[str, str]:
    """Return our column name -> the file's. Raises ``RunError`` for anything but OURS=THEIRS."""
    known = ("conversation_id", "context", "system", "response")
    pairs: dict[str, str] = {}
    for text in columns or ():
        ours, sign, theirs = text.partition("=")
        if not sign or not theirs or ours not in known:
            raise RunError(
                f"--columns takes OURS=THEIRS with OURS of {', '.join(known)}: {text!r}."
            )
        pairs[ours] = theirs
    return pairs


def file_source(path: Path, limit: int | None) -> dict[str, Any]:
    """Describe a user's file or an earlier run, by name and content, for the run's record."""
    from mentalbench_hf.inference.clients.gguf import file_digest

    file = path / "run.json" if path.is_dir() else path
    if not file.is_file():
        raise RunError(f"There is no file or run {path}.")
    return {"name": path.name, "sha256": file_digest(file), "limit": limit}


def show_plan(plan: Plan, prices: Prices, *, retry_failed: bool) -> None:
    """Print what a plan would ask for."""
    from mentalbench_hf.inference.run.plan import dry_run

    counted = dry_run(plan, prices, retry_failed=retry_failed)
    typer.echo(f"calls to make      {counted.calls:,}")
    typer.echo(f"calls already done {counted.done:,}")
    typer.echo(f"prompt tokens      at most about {counted.tokens_in:,}")
    typer.echo(f"reply tokens       at most {counted.tokens_out:,}")
    cost = f"at most {counted.cost:,.2f}" if counted.cost else "no prices given"
    typer.echo(f"cost               {cost}")


def show_summary(summary: RunSummary, out: Path) -> None:
    """Print what a run did, on standard error, and leave with 130 or 1 unless it finished."""
    parts = [f"{summary.done} replies"]
    for count, what in (
        (summary.skipped, "done before"),
        (summary.shared, "shared with an identical call"),
        (summary.failed, "failed"),
    ):
        if count:
            parts.append(f"{count} {what}")
    if summary.cost:
        parts.append(f"cost {summary.cost:.4f}")
    if summary.answers:
        parts.append(f"{summary.unbound} of {summary.answers} answers without their code")
    typer.echo(f"{out}: {', '.join(parts)}", err=True)
    if summary.stopped:
        typer.echo(f"stopped: {summary.stopped}", err=True)
        raise typer.Exit(130 if summary.interrupted else 1)
    if summary.unrated:
        typer.echo(
            f"the run holds no rating: {out / 'README.md'} counts what came back, and the column "
            "raw of data/judgments.parquet holds it",
            err=True,
        )
        raise typer.Exit(1)
    if summary.failed and not summary.done and not summary.skipped:
        typer.echo("no call succeeded; the journal in the run's folder says why", err=True)
        raise typer.Exit(1)
