"""Options shared by the commands that ask models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mentalbench_hf.cli.injected import Command, injects
from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.messages import JUDGE_SAMPLING, Sampling

if TYPE_CHECKING:
    from mentalbench_hf.inference.run.calls import RunSummary
    from mentalbench_hf.inference.run.plan import DryRun

_REACH = "How the model is reached"
_RUN = "How the run is conducted"

Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", help="OURS=THEIRS for a file with other column names; repeatable."),
]
Limit = Annotated[
    int | None, typer.Option(min=1, help="Only the first so many conversations or rows.")
]


def _asking(
    temperature: Annotated[
        float | None, typer.Option(min=0.0, help="0 takes the likeliest reply.")
    ] = JUDGE_SAMPLING.temperature,
    max_tokens: Annotated[
        int, typer.Option(min=1, help="Longest reply, in tokens, thinking included.")
    ] = JUDGE_SAMPLING.max_tokens,
    top_p: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Nucleus size.")] = None,
    seed: Annotated[int | None, typer.Option(help="For servers that sample reproducibly.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Its id on the Hub or server, or a local folder or GGUF file.",
            rich_help_panel=_REACH,
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            help="Address of an OpenAI-compatible server (TGI, vLLM, llama.cpp, a vendor).",
            rich_help_panel=_REACH,
        ),
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option(
            help="Inference Provider on the Hub; by default the Hub routes.", rich_help_panel=_REACH
        ),
    ] = None,
    via: Annotated[
        str | None,
        typer.Option(
            "--via",
            help="hub, openai or local; by default what fits the other options.",
            rich_help_panel=_REACH,
        ),
    ] = None,
    token_env: Annotated[
        str | None,
        typer.Option(
            help="Environment variable that holds the key. Without it: HF_TOKEN or the Hub's login "
            "for Hugging Face, MENTALBENCH_API_KEY for other servers.",
            rich_help_panel=_REACH,
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models", help="YAML or TOML file with models of your own.", rich_help_panel=_REACH
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            help="Local model: cpu, cuda, mps; by default the best there is.",
            rich_help_panel=_REACH,
        ),
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(help="Local model: float32, bfloat16 or float16.", rich_help_panel=_REACH),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Local model: calls per batch.", rich_help_panel=_REACH)
    ] = 8,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Calls in flight.", rich_help_panel=_RUN)
    ] = 8,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds an attempt may take.", rich_help_panel=_RUN)
    ] = 120.0,
    attempts: Annotated[
        int,
        typer.Option(
            min=1,
            help="Attempts per call: 429, 5xx and timeouts are repeated.",
            rich_help_panel=_RUN,
        ),
    ] = 6,
    max_requests: Annotated[
        int | None,
        typer.Option(
            min=0, help="Stop before more requests than this (repeats count).", rich_help_panel=_RUN
        ),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option(
            min=0.0, help="Stop before the run costs more; needs prices.", rich_help_panel=_RUN
        ),
    ] = None,
    price_in: Annotated[
        float,
        typer.Option(min=0.0, help="Price of a million prompt tokens.", rich_help_panel=_RUN),
    ] = 0.0,
    price_out: Annotated[
        float,
        typer.Option(min=0.0, help="Price of a million reply tokens.", rich_help_panel=_RUN),
    ] = 0.0,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show counts, tokens and cost; ask nothing.", rich_help_panel=_RUN
        ),
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed", help="Ask again what was refused for good.", rich_help_panel=_RUN
        ),
    ] = False,
    progress: Annotated[
        bool,
        typer.Option(
            "--progress/--no-progress", help="Show the progress bar.", rich_help_panel=_RUN
        ),
    ] = True,
) -> None:
    """Hold the options of ``inference.asking.Asking`` for their signature."""


def _judging(
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
) -> None:
    """Hold the options of a judge for their signature."""


def asks(command: Command, sampling: Sampling = JUDGE_SAMPLING) -> Command:
    """Give a command the options of asking models in place of its parameter `asking`."""
    return injects("asking", _asking, defaults=sampling.fields())(command)


def judges(command: Command) -> Command:
    """Give a command the options of a judge in place of its parameter `judging`."""
    return injects("judging", _judging)(asks(command))


def parse_columns(columns: list[str] | None) -> dict[str, str]:
    """Return our column name -> the file's. Raises ``RunError`` for anything but OURS=THEIRS."""
    pairs: dict[str, str] = {}
    for text in columns or ():
        ours, sign, theirs = text.partition("=")
        if not sign or not theirs:
            raise RunError(f"--columns takes OURS=THEIRS, got {text!r}.")
        pairs[ours] = theirs
    return pairs


@contextmanager
def stopped_runs_told(out: Path, show: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Turn a run that stopped into its summary and an exit code; `show` prints before that."""
    from mentalbench_hf.inference.run.calls import RunStopped

    try:
        yield
    except RunStopped as stopped:
        show()
        show_summary(stopped.summary, out)


def show_plan(counted: DryRun) -> None:
    """Print what a run would ask for."""
    typer.echo(f"calls to make      {counted.calls:,}")
    typer.echo(f"calls already done {counted.done:,}")
    typer.echo(f"prompt tokens      at most about {counted.tokens_in:,}")
    typer.echo(f"reply tokens       at most {counted.tokens_out:,}")
    cost = f"at most {counted.cost:,.2f}" if counted.cost else "no prices given"
    typer.echo(f"cost               {cost}")


def show_summary(summary: RunSummary | None, out: Path) -> None:
    """Print what a run did, on standard error, and leave with 130 or 1 unless it finished."""
    assert summary is not None
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
    if summary.trouble:
        typer.echo(summary.trouble, err=True)
        raise typer.Exit(130 if summary.interrupted else 1)
