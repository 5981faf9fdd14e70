"""Ratings of responses by language models under the rubric."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.clients.factory import ClientSettings, make_client
from mentalbench_hf.inference.clients.probe import probe_schema, response_format
from mentalbench_hf.inference.messages import ChatRequest, Sampling, request_key
from mentalbench_hf.inference.prompts import judge_messages, judge_prompt, judgment_schema
from mentalbench_hf.inference.run.calls import Call, Limits, RunSummary
from mentalbench_hf.inference.run.plan import Plan, conduct
from mentalbench_hf.inference.run.run_folder import RunFolder
from mentalbench_hf.schema.models import ModelEntry, Via
from mentalbench_hf.schema.rubric import Rubric, load_rubric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mentalbench_hf.inference.run.budget import Budget
    from mentalbench_hf.inference.run.item import Item

SCORINGS: Final = ("reply", "expected")
#: How replies are bound to the schema; ``auto`` probes a server, and constrains a local model.
FORMATS: Final = ("auto", "json_schema", "tgi", "constrained", "plain")

_EXPLANATION_LIMIT: Final = 300


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
        reply_format: one of ``FORMATS``.
        client: how the clients are run.
        source: what the responses are, for the record.
        families: system -> family, to flag relatives of a judge.
        synthetic: the responses are the bundled synthetic sample.
    """

    judges: tuple[ModelEntry, ...]
    rubric: Rubric = field(default_factory=load_rubric)
    sampling: Sampling = field(default_factory=lambda: Sampling(max_tokens=1024, temperature=0.0))
    scoring: str = "reply"
    repeats: int = 1
    reply_format: str = "auto"
    client: ClientSettings = field(default_factory=ClientSettings)
    source: dict[str, Any] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    synthetic: bool = False


def plan_judge(
    out: Path, items: Iterable[Item] | None, config: JudgeConfig, *, probe: bool = True
) -> Plan:
    """Return the plan of a judging run. Servers are probed for schema support, once per run.

    Args:
        out: the run's folder, new or begun.
        items: the responses; None to go on with those of a run begun before.
        config: who judges, and how.
        probe: False to send nothing at all (for a dry run).

    Raises:
        RunError: no judge, no items for a new run, wrong settings or a missing key.
        CallFailure: the probe shows that no call can work.
    """
    _check(config)
    folder = RunFolder(out)
    if items is None and not folder.exists:
        raise RunError(f"{out} holds no run yet: say what to judge (RESPONSES or --source).")
    known = folder.manifest().get("models", {}) if folder.exists else {}
    prompt = judge_prompt(config.rubric)
    models, clients, formats = {}, {}, {}
    for entry in config.judges:
        clients[entry.id] = make_client(entry, config.client, scoring=config.scoring)
        stored = known.get(entry.id, {}).get("format")
        formats[entry.id] = stored or _format(entry, config, probe=probe)
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
        "sampling": asdict(config.sampling),
        "scoring": config.scoring,
        "repeats": config.repeats,
        "models": models,
        "families": dict(config.families),
        "source": config.source if items is not None else folder.manifest().get("source"),
        "synthetic": config.synthetic if items is not None else folder.manifest()["synthetic"],
    }
    schema, bounded = judgment_schema(), judgment_schema(_EXPLANATION_LIMIT)

    def calls(run_items: Iterable[Item]) -> Iterator[Call]:
        for item in run_items:
            if item.response is None:  # nothing to judge; the results say so
                continue
            messages = judge_messages(prompt, item.context, item.response)
            for who, form in formats.items():
                served = form in ("json_schema", "tgi")
                request = ChatRequest(
                    messages,
                    sampling=config.sampling,
                    response_format=response_format(form, schema) if served else None,
                    schema=bounded if form == "constrained" else None,
                )
                for replicate in range(config.repeats):
                    key = request_key(clients[who].identity, request, replicate)
                    yield Call(key, who, item.number, replicate, request)

    return Plan(folder, manifest, items, calls, clients, prompt.version)


def judge(
    out: Path,
    items: Iterable[Item] | None,
    config: JudgeConfig,
    *,
    limits: Limits | None = None,
    budget: Budget | None = None,
) -> RunSummary:
    """Judge every response and write the run's results.

    Interrupted or stopped, it goes on where it was when called again with the same arguments.

    Raises:
        RunError: see ``plan_judge`` and ``RunFolder.begin``. CallFailure: no call can work.
    """
    from mentalbench_hf.inference.run_tables import write_judged

    plan = plan_judge(out, items, config)
    summary = conduct(plan, limits=limits, budget=budget)
    write_judged(plan.folder)
    return summary


def _check(config: JudgeConfig) -> None:
    if not config.judges:
        raise RunError("Give at least one judge.")
    names = [entry.id for entry in config.judges]
    if len(set(names)) != len(names):
        raise RunError(f"A judge is named twice: {', '.join(names)}.")
    if config.scoring not in SCORINGS:
        raise RunError(f"Unknown scoring {config.scoring!r}; choose {' or '.join(SCORINGS)}.")
    if config.reply_format not in FORMATS:
        raise RunError(
            f"Unknown reply format {config.reply_format!r}; choose one of {', '.join(FORMATS)}."
        )
    if config.repeats < 1:
        raise RunError(f"--repeats must be at least 1, got {config.repeats}.")


def _format(entry: ModelEntry, config: JudgeConfig, *, probe: bool) -> str:
    """Decide how the replies of a judge are bound to the schema."""
    if config.reply_format != "auto":
        return config.reply_format
    if entry.via is Via.LOCAL:
        return "plain" if config.scoring == "expected" else "constrained"
    if not probe:
        return "plain"

    async def ask() -> str | None:
        # A client of its own: connections belong to the event loop that opened them.
        client = make_client(entry, config.client)
        try:
            return await probe_schema(client, config.sampling)
        finally:
            await client.close()

    return asyncio.run(ask()) or "plain"
