"""Ratings of responses by language models under the rubric."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.ask import JudgeCall, check_format, find_format, known_format
from mentalbench_hf.inference.clients.factory import ClientSettings, make_client, scored
from mentalbench_hf.inference.messages import JUDGE_SAMPLING, Sampling, request_key
from mentalbench_hf.inference.prompts import judge_prompt, new_secret
from mentalbench_hf.inference.run.calls import Call, Limits, RunSummary
from mentalbench_hf.inference.run.plan import Plan, conduct
from mentalbench_hf.inference.run.run_folder import RunFolder
from mentalbench_hf.schema.models import ModelEntry
from mentalbench_hf.schema.rubric import Rubric, load_rubric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.items import Items
    from mentalbench_hf.inference.run.budget import Budget
    from mentalbench_hf.inference.run.item import Item

SCORINGS: Final = ("reply", "expected")


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """Who judges, and how.

    Attributes:
        judges: the judges; the first is the run's own, further ones judge the same responses.
        rubric: what is rated.
        sampling: how judgments are sampled.
        scoring: ``reply`` reads the stated ratings; ``expected`` weights the scale by the
            judge's probabilities.
        repeats: how often each response is judged, for the judge's test-retest reliability.
        reply_format: one of ``ask.FORMATS``.
        client: how the clients are run.
        families: system -> family, to flag relatives of a judge.
    """

    judges: tuple[ModelEntry, ...]
    rubric: Rubric = field(default_factory=load_rubric)
    sampling: Sampling = JUDGE_SAMPLING
    scoring: str = "reply"
    repeats: int = 1
    reply_format: str = "auto"
    client: ClientSettings = field(default_factory=ClientSettings)
    families: Mapping[str, str] = field(default_factory=dict)


def plan_judge(
    out: Path,
    items: Items | None,
    config: JudgeConfig,
    *,
    probe: bool = True,
    client: ChatClient | None = None,
) -> Plan:
    """Return the plan of a judging run. Servers are probed for schema support, once per run.

    Args:
        out: the run's folder, new or begun.
        items: the responses; None to go on with those of a run begun before.
        config: who judges, and how.
        probe: False to send nothing at all (for a dry run).
        client: answers for the only judge, instead of one made from its entry. It is not probed:
            say a `reply_format` if it binds replies to the schema.

    Raises:
        RunError: no judge, no items for a new run, wrong settings or a missing key.
        CallFailure: the probe shows that no call can work.
    """
    _check(config)
    if client is not None and len(config.judges) != 1:
        raise RunError(f"client= answers for one judge, and {len(config.judges)} are named.")
    folder = RunFolder(out)
    if items is None and not folder.exists:
        raise RunError(f"{out} holds no run yet: say what to judge.")
    begun = folder.manifest() if folder.exists else {}
    known, secret = begun.get("models", {}), begun.get("secret") or new_secret()
    prompt = judge_prompt(config.rubric)
    models, clients, formats = {}, {}, {}
    for entry in config.judges:
        if client is not None:
            clients[entry.id] = scored(client, config.scoring)
        else:
            clients[entry.id] = make_client(entry, config.client, scoring=config.scoring)
        stored = known.get(entry.id, {}).get("format")
        formats[entry.id] = stored or _format(entry, config, probe=probe and client is None)
        models[entry.id] = {
            "identity": clients[entry.id].identity,
            "family": entry.family,
            "counterpart": entry.counterpart,
            "format": formats[entry.id],
        }
    manifest = {
        "kind": "judge",
        "prompt": {"version": prompt.version, "sha256": prompt.sha256, "text": prompt.text},
        "rubric": config.rubric.version,
        "secret": secret,
        "sampling": asdict(config.sampling),
        "scoring": config.scoring,
        "repeats": config.repeats,
        "models": models,
        "families": dict(config.families),
        "source": dict(items.source) if items is not None else begun.get("source"),
        "synthetic": items.synthetic if items is not None else begun["synthetic"],
    }
    asks = {who: JudgeCall(prompt, secret, config.sampling, form) for who, form in formats.items()}

    def calls(run_items: Iterable[Item]) -> Iterator[Call]:
        for item in run_items:
            if item.response is None:  # nothing to judge; the results say so
                continue
            for who, ask in asks.items():
                request = ask.request(item.context, item.response)
                for replicate in range(config.repeats):
                    key = request_key(clients[who].identity, request, replicate)
                    yield Call(key, who, item.number, replicate, request)

    return Plan(folder, manifest, items, calls, clients, prompt.version)


def judge(
    out: Path,
    items: Items | None,
    config: JudgeConfig,
    *,
    limits: Limits | None = None,
    budget: Budget | None = None,
    client: ChatClient | None = None,
) -> RunSummary:
    """Judge every response and write the run's results.

    Interrupted or stopped, it goes on where it was when called again with the same arguments.

    Args:
        out: the run's folder, new or begun.
        items: the responses; None to go on with those of a run begun before.
        config: who judges, and how.
        limits: how the run is conducted.
        budget: what it may spend.
        client: a backend of your own, see ``plan_judge``; it is closed at the end.

    Raises:
        RunError: see ``plan_judge`` and ``RunFolder.begin``. CallFailure: no call can work.
    """
    return conduct_judging(
        plan_judge(out, items, config, client=client), limits=limits, budget=budget
    )


def conduct_judging(
    plan: Plan, *, limits: Limits | None = None, budget: Budget | None = None
) -> RunSummary:
    """Begin or resume a planned judging run, and write its results; see ``judge``."""
    from mentalbench_hf.inference.run_tables import write_judged

    summary = conduct(plan, limits=limits, budget=budget)
    read = write_judged(plan.folder)
    summary.answers, summary.unbound = read.answers, read.unbound
    summary.unrated = bool(read.wanted) and not read.rated
    return summary


def _check(config: JudgeConfig) -> None:
    if not config.judges:
        raise RunError("Give at least one judge.")
    names = [entry.id for entry in config.judges]
    if len(set(names)) != len(names):
        raise RunError(f"A judge is named twice: {', '.join(names)}.")
    if config.scoring not in SCORINGS:
        raise RunError(f"Unknown scoring {config.scoring!r}; choose {' or '.join(SCORINGS)}.")
    check_format(config.reply_format)
    if config.repeats < 1:
        raise RunError(f"repeats= must be at least 1, got {config.repeats}.")


def _format(entry: ModelEntry, config: JudgeConfig, *, probe: bool) -> str:
    """Decide how the replies of a judge are bound to the schema."""
    known = known_format(entry, config.reply_format, scoring=config.scoring)
    if known is not None or not probe:
        return known or "plain"
    # With a client of its own: connections belong to the event loop that opened them.
    return asyncio.run(find_format(entry, config.client, sampling=config.sampling))
