"""The two tasks: replies of any model, rated by a judge; and a judge's ratings of rated replies.

::

    inspect eval mentalbench_hf/mentalbench --model MODEL --model-role grader=JUDGE
    inspect eval mentalbench_hf/mentalalign --model JUDGE
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import get_model
from inspect_ai.solver import generate, solver

from mentalbench_hf._version import __version__
from mentalbench_hf.data.rated_replies import read_rated_replies
from mentalbench_hf.ecosystem.exchange import chat_messages, sampled_as
from mentalbench_hf.ecosystem.scorers import (
    CODE,
    CONVERSATION,
    EXPERTS,
    GRADER,
    judged_reply,
    stated_ratings,
)
from mentalbench_hf.inference.ask import JudgeCall
from mentalbench_hf.inference.draw import certify_items, sample_targets
from mentalbench_hf.inference.items import source_items
from mentalbench_hf.inference.messages import JUDGE_SAMPLING, REPLY_SAMPLING
from mentalbench_hf.inference.prompts import (
    generate_messages,
    generate_prompt,
    judge_prompt,
    new_secret,
)
from mentalbench_hf.schema import ATTRIBUTES, MENTALALIGN_70K, MENTALBENCH_100K, SYNTHETIC
from mentalbench_hf.schema.rubric import load_rubric
from mentalbench_hf.sources import open_source

if TYPE_CHECKING:
    from inspect_ai.solver import Generate, Solver, TaskState

    from mentalbench_hf.inference.prompts import Prompt
    from mentalbench_hf.schema import DatasetSpec
    from mentalbench_hf.sources import Source

#: The key of a log's metadata under which this package's own facts stand.
RECORD: Final = "mentalbench_hf"
#: Raised when the prompts, the scores or the samples of a task mean something else than before.
TASK_VERSION: Final = 2


@task
def mentalbench(
    source: str = "upstream",
    limit: int | None = None,
    prompt: str | None = None,
    rubric: str | None = None,
    judge: str | None = None,
) -> Task:
    """Reply to the conversations of MentalBench-100k and have a judge rate the replies.

    Args:
        source: ``upstream``, ``sample`` (the bundled SYNTHETIC SAMPLE) or a folder.
        limit: the first so many conversations; all of them by default.
        prompt: file that replaces the built-in prompt for replies.
        rubric: YAML or JSON file that replaces the built-in rubric.
        judge: inspect's name of the judge; the model role ``grader``, where given, goes before
            it. Without either the evaluation stops before anything is asked: a model is not to
            be its own judge unawares.
    """
    opened = open_source(source)
    replying, judging = generate_prompt(prompt), judge_prompt(load_rubric(rubric))
    samples = [
        Sample(
            input=chat_messages(generate_messages(replying, item.context)),
            id=item.conversation_id,
            metadata={CONVERSATION: item.conversation_id, "context": item.context},
        )
        for item in source_items(source, responses=False, limit=limit)
    ]
    return _task(
        "mentalbench",
        MENTALBENCH_100K,
        opened,
        samples,
        facts={"prompts": {"reply": _facts(replying), "judge": _facts(judging)}},
        setup=grader_is_given(),
        solver=generate(),
        scorer=judged_reply(rubric),
        model_roles=None if judge is None else {GRADER: judge},
        config=sampled_as(REPLY_SAMPLING),
    )


@task
def mentalalign(
    source: str = "upstream",
    conversations: int = 100,
    everything: bool = False,
    seed: int = 0,
    rubric: str | None = None,
) -> Task:
    """Have a judge, the evaluated model, rate replies that human experts have rated.

    The same replies as ``mentalbench certify`` draws; ``mentalbench certify-log`` makes the
    judge's certificate from the log.

    Args:
        source: as above; must hold the texts of the replies.
        conversations: how many to draw, each with about ten rated replies; at least 2.
        everything: all rated replies instead of a sample.
        seed: of the draw.
        rubric: YAML or JSON file that replaces the built-in rubric.
    """
    opened = open_source(source)
    rated = read_rated_replies(opened)
    chosen = sample_targets(rated, None if everything else conversations, seed)
    experts = rated.human
    judging = judge_prompt(load_rubric(rubric))
    ask = JudgeCall(judging, new_secret())
    samples = []
    for item in certify_items(rated, chosen):
        assert item.response is not None  # replies without a text are not drawn
        request = ask.request(item.context, item.response)
        samples.append(
            Sample(
                input=chat_messages(request.messages),
                id=sample_id(item.conversation_id, item.system),
                metadata={
                    CONVERSATION: item.conversation_id,
                    "system": item.system,
                    CODE: request.code,
                    EXPERTS: {
                        a: None if math.isnan(value) else value
                        for a, value in zip(ATTRIBUTES, experts[item.number].tolist(), strict=True)
                    },
                },
            )
        )
    return _task(
        "mentalalign",
        MENTALALIGN_70K,
        opened,
        samples,
        facts={
            "prompts": {"judge": _facts(judging)},
            "n_replies": len(samples),
            "conversations": None if everything else conversations,
            "seed": seed,
        },
        solver=generate(),
        scorer=stated_ratings(),
        config=sampled_as(JUDGE_SAMPLING),
    )


@solver
def grader_is_given() -> Solver:
    """Stop when no model has the role ``grader``, before the first reply is paid for."""

    async def check(state: TaskState, generate: Generate) -> TaskState:
        get_model(role=GRADER, required=True)
        return state

    return check


def sample_id(conversation_id: str, system: str) -> str:
    """Return the sample id of one reply; it is a file name inside the log."""
    return f"{conversation_id}_{system}"


def _task(
    name: str,
    spec: DatasetSpec,
    source: Source,
    samples: list[Sample],
    *,
    facts: dict[str, Any],
    **arguments: Any,
) -> Task:
    """Return the task, named as what it is about: the sample says so in every view of a log."""
    synthetic = source.synthetic
    data = f"{spec.name} ({SYNTHETIC})" if synthetic else spec.name
    return Task(
        dataset=MemoryDataset(samples, name=data),
        name=f"{name}-{SYNTHETIC.replace(' ', '-')}" if synthetic else None,
        display_name=f"{SYNTHETIC}: {name}" if synthetic else None,
        tags=[SYNTHETIC] if synthetic else None,
        version=TASK_VERSION,
        metadata={
            RECORD: {
                "task": name,
                "version": __version__,
                "dataset": f"{spec.name} {spec.version}",
                "source": source.label,
                "synthetic": synthetic,
                **facts,
            }
        },
        **arguments,
    )


def _facts(prompt: Prompt) -> dict[str, str]:
    return {"version": prompt.version, "sha256": prompt.sha256}
