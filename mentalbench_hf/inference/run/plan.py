"""A planned run: dry, or conducted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentalbench_hf.inference.run.budget import Budget, Prices, estimate_tokens
from mentalbench_hf.inference.run.calls import Limits, RunSummary, journal_state
from mentalbench_hf.inference.run.journal import JOURNAL, Journal
from mentalbench_hf.inference.run.runner import run_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.run.calls import Call
    from mentalbench_hf.inference.run.item import Item
    from mentalbench_hf.inference.run.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Plan:
    """A run before its first call.

    Attributes:
        folder: where it lives.
        manifest: what was asked for.
        items: what it is about; None to take those of the run begun before.
        calls: from items to calls, lazily.
        clients: who is asked, by name.
        prompt_version: stands in every record.
    """

    folder: RunFolder
    manifest: dict[str, Any]
    items: Iterable[Item] | None
    calls: Callable[[Iterable[Item]], Iterator[Call]]
    clients: Mapping[str, ChatClient]
    prompt_version: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would ask for, without asking.

    Attributes:
        calls: calls to make; identical ones count once.
        done: calls that the journal answers.
        tokens_in: upper estimate of the prompt tokens of `calls`.
        tokens_out: the most tokens that the replies may have.
        cost: the most that `calls` can cost, by the given prices.
    """

    calls: int
    done: int
    tokens_in: int
    tokens_out: int
    cost: float


def dry_run(plan: Plan, prices: Prices | None = None, *, retry_failed: bool = False) -> DryRun:
    """Count calls, tokens and cost of a plan; nothing is written or sent."""
    state = journal_state(plan.folder.path / JOURNAL, retry_failed=retry_failed)
    prices = prices or Prices()
    planned: set[str] = set()
    calls = done = tokens_in = tokens_out = 0
    items = plan.folder.items() if plan.folder.exists else plan.items
    for call in plan.calls(items or ()):
        if call.key in state.answered:
            done += 1
            continue
        if call.key in planned:
            continue
        planned.add(call.key)
        calls += 1
        tokens_in += estimate_tokens(call.request)
        tokens_out += call.request.sampling.max_tokens
    return DryRun(calls, done, tokens_in, tokens_out, prices.cost(tokens_in, tokens_out))


def conduct(
    plan: Plan, *, limits: Limits | None = None, budget: Budget | None = None
) -> RunSummary:
    """Begin or resume the run, and make its calls.

    Raises:
        RunError: another process is at it, or the folder holds another run.
        CallFailure: no call can work.
    """
    limits = limits or Limits()
    with Journal(plan.folder.path, sync=limits.sync) as journal:
        # Under the lock: two processes must not begin the same run at once.
        plan.folder.begin(plan.manifest, plan.items or ())
        total = sum(1 for _ in plan.calls(plan.folder.items())) if limits.progress else None
        return run_calls(
            plan.calls(plan.folder.items()),
            plan.clients,
            journal,
            total=total,
            limits=limits,
            budget=budget,
            prompt_version=plan.prompt_version,
        )
