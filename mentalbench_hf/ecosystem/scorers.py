"""The two scorers: a judge's ratings of a reply, and a judge's ratings as the reply itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from inspect_ai.model import get_model
from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    mean,
    metric,
    scorer,
    stderr,
)

from mentalbench_hf.ecosystem.exchange import (
    SCORED,
    chat_messages,
    judgment_of,
    reply_text,
    sampled_as,
    score_of,
    score_without_response,
)
from mentalbench_hf.inference.ask import JudgeCall
from mentalbench_hf.inference.items import present
from mentalbench_hf.inference.messages import JUDGE_SAMPLING
from mentalbench_hf.inference.prompts import judge_prompt, new_secret
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.schema import axis_scores
from mentalbench_hf.schema.rubric import load_rubric

if TYPE_CHECKING:
    from inspect_ai.solver import TaskState
    from numpy.typing import NDArray

#: The model role that judges in the task ``mentalbench``.
GRADER: Final = "grader"
#: Sample metadata: whose replies belong together, and what the human experts rated.
CONVERSATION: Final = "conversation_id"
EXPERTS: Final = "experts"
#: Sample metadata: what the judge's answer is to carry.
CODE: Final = "code"


@metric
def bias(of: str) -> Metric:
    """How much higher than the human experts the judge rates: mean difference in rating points.

    Args:
        of: the attribute or axis; inspect hands a metric the values without their name.
    """

    def difference(scores: list[SampleScore]) -> float:
        pairs = _pairs(scores, of)
        return float((pairs[:, 1] - pairs[:, 0]).mean()) if len(pairs) else math.nan

    return difference


@metric
def icc_a1(of: str) -> Metric:
    """ICC(A,1) of the judge and the human experts over single replies; NaN where not defined.

    A first look, without an interval: the certificate is made by ``mentalbench certify-log``.

    Args:
        of: the attribute or axis.
    """

    def agreement(scores: list[SampleScore]) -> float:
        pairs = _pairs(scores, of)
        return icc(pairs, variant="ICC(A,1)") if len(pairs) > 1 else math.nan

    return agreement


@scorer(metrics={name: [mean(), stderr(cluster=CONVERSATION)] for name in SCORED})
def judged_reply(rubric: str | None = None) -> Scorer:
    """Have the model of the role ``grader`` rate the reply on the seven attributes.

    Args:
        rubric: YAML or JSON file that replaces the built-in rubric.
    """
    ask = JudgeCall(judge_prompt(load_rubric(rubric)), new_secret())
    config = sampled_as(JUDGE_SAMPLING)

    async def score(state: TaskState, target: Target) -> Score:
        response = present(reply_text(state.output))
        if response is None:
            return score_without_response()
        grader = get_model(role=GRADER, required=True, config=config)
        request = ask.request(state.metadata["context"], response)
        output = await grader.generate(chat_messages(request.messages))
        return score_of(judgment_of(output, request.code), reply=reply_text(output), grader=True)

    return score


@scorer(metrics={name: [bias(name), icc_a1(name)] for name in SCORED})
def stated_ratings() -> Scorer:
    """Read the ratings that the evaluated model, a judge, has stated."""

    async def score(state: TaskState, target: Target) -> Score:
        reply = reply_text(state.output)
        return score_of(
            judgment_of(state.output, state.metadata.get(CODE)), reply=reply, grader=False
        )

    return score


def _pairs(scores: list[SampleScore], name: str) -> NDArray[np.float64]:
    """Return the experts' and the judge's value of each reply that has both, shape (n, 2)."""
    pairs = []
    for sample in scores:
        experts = (sample.sample_metadata or {})[EXPERTS]
        expert = {**experts, **axis_scores(experts)}[name]
        judge = sample.score.as_float()
        if expert is not None and not math.isnan(judge):
            pairs.append((expert, judge))
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)
