"""Replies of a model to the conversations of the benchmark, or to a user's own."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.clients.factory import ClientSettings, make_client
from mentalbench_hf.inference.messages import REPLY_SAMPLING, ChatRequest, Sampling, request_key
from mentalbench_hf.inference.prompts import Prompt, generate_messages, generate_prompt
from mentalbench_hf.inference.run.calls import Call, Limits, RunSummary
from mentalbench_hf.inference.run.plan import Plan, conduct
from mentalbench_hf.inference.run.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.items import Items
    from mentalbench_hf.inference.run.budget import Budget
    from mentalbench_hf.inference.run.item import Item
    from mentalbench_hf.schema.models import ModelEntry


@dataclass(frozen=True, slots=True)
class GenerateConfig:
    """What to generate with.

    Attributes:
        model: who answers; its id becomes the system's name.
        prompt: the instruction.
        sampling: how replies are sampled.
        client: how the client is run.
    """

    model: ModelEntry
    prompt: Prompt = field(default_factory=generate_prompt)
    sampling: Sampling = REPLY_SAMPLING
    client: ClientSettings = field(default_factory=ClientSettings)


def plan_generate(
    out: Path,
    items: Items | None,
    config: GenerateConfig,
    *,
    client: ChatClient | None = None,
) -> Plan:
    """Return the plan of a generation run; nothing is written or sent yet.

    Args:
        out: the run's folder, new or begun.
        items: the conversations; None to go on with those of a run begun before.
        config: what to generate with.
        client: answers instead of one made from the model's entry.

    Raises:
        RunError: no items for a new run, or a missing key.
    """
    folder = RunFolder(out)
    if items is None and not folder.exists:
        raise RunError(f"{out} holds no run yet: say what to answer.")
    begun = folder.manifest() if folder.exists else {}
    entry = config.model
    client = client or make_client(entry, config.client)
    identity = client.identity
    manifest = {
        "kind": "generate",
        "prompt": {"version": config.prompt.version, "sha256": config.prompt.sha256,
                   "text": config.prompt.text},
        "sampling": asdict(config.sampling),
        "models": {entry.id: {"identity": identity, "family": entry.family}},
        "source": dict(items.source) if items is not None else begun.get("source"),
        "synthetic": items.synthetic if items is not None else begun["synthetic"],
    }  # fmt: skip

    def calls(run_items: Iterable[Item]) -> Iterator[Call]:
        for item in run_items:
            request = ChatRequest(
                generate_messages(config.prompt, item.context), sampling=config.sampling
            )
            yield Call(request_key(identity, request), entry.id, item.number, 0, request)

    return Plan(folder, manifest, items, calls, {entry.id: client}, config.prompt.version)


def generate(
    out: Path,
    items: Items | None,
    config: GenerateConfig,
    *,
    limits: Limits | None = None,
    budget: Budget | None = None,
    client: ChatClient | None = None,
) -> RunSummary:
    """Generate a reply to every conversation and write the run's results.

    Interrupted or stopped, it goes on where it was when called again with the same arguments.

    Args:
        out: the run's folder, new or begun.
        items: the conversations; None to go on with those of a run begun before.
        config: what to generate with.
        limits: how the run is conducted.
        budget: what it may spend.
        client: a backend of your own, see ``plan_generate``; it is closed at the end.

    Raises:
        RunError: see ``plan_generate`` and ``RunFolder.begin``. CallFailure: no call can work.
    """
    from mentalbench_hf.inference.run_tables import write_generated

    plan = plan_generate(out, items, config, client=client)
    summary = conduct(plan, limits=limits, budget=budget)
    write_generated(plan.folder)
    return summary
