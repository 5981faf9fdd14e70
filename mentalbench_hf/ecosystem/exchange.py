"""Between this package's records and inspect's: messages out, replies in, ratings as scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig
from inspect_ai.scorer import Score

from mentalbench_hf.inference.ask import read_judgment
from mentalbench_hf.parsing.unwrap import split_thinking
from mentalbench_hf.schema import ATTRIBUTES, AXES, Status, axis_scores

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspect_ai.model import ChatMessage, ModelOutput

    from mentalbench_hf.inference.messages import Message, Sampling
    from mentalbench_hf.parsing import ParsedJudgment

#: What a score's value holds: the two axes, then the seven attributes.
SCORED: Final[tuple[str, ...]] = (*AXES, *ATTRIBUTES)
_ROLES: Final = {"system": ChatMessageSystem, "user": ChatMessageUser}


def chat_messages(messages: Iterable[Message]) -> list[ChatMessage]:
    """Return our messages as inspect's."""
    return [_ROLES[message.role](content=message.content) for message in messages]


def reply_text(output: ModelOutput) -> str:
    """Return a model's reply without its thinking, ``""`` when there is none.

    Thinking that the provider has told apart is left out by inspect; thinking that stands in the
    text is cut off as everywhere in this package.
    """
    return split_thinking(output.completion)[0]


def sampled_as(sampling: Sampling) -> GenerateConfig:
    """Return our sampling as inspect's; what a model or its role says goes before it."""
    return GenerateConfig(max_tokens=sampling.max_tokens, temperature=sampling.temperature)


def judgment_of(output: ModelOutput, code: str | None) -> ParsedJudgment:
    """Return the ratings that a judge's output states; none when a content filter stopped it.

    `code` is what the judge was asked to put into its answer.
    """
    # A call that failed for good has no choice, and so no reason.
    flagged = bool(output.choices) and output.stop_reason == "content_filter"
    return read_judgment(reply_text(output), code=code, refusal=flagged)


def score_of(parsed: ParsedJudgment, *, reply: str, grader: bool) -> Score:
    """Return a judgment as an inspect score.

    A rating that is not there is NaN, which inspect keeps in the log and leaves out of every
    metric; its status stands in the metadata. Never a number in its place.

    Args:
        parsed: the judgment.
        reply: the judge's words.
        grader: the judge is the measuring instrument (True) or the model under test (False);
            inspect names the reason for a missing score accordingly.
    """
    ratings = {a: parsed.ratings[a] for a in ATTRIBUTES}
    return _score(
        ratings,
        status=parsed.status,
        statuses={a: str(parsed.statuses[a]) for a in ATTRIBUTES},
        answer=reply,
        explanation=parsed.explanation,
        reason=_reason(parsed, grader=grader),
        metadata={"parse_reason": parsed.reason, "overall": parsed.overall, "bound": parsed.bound},
    )


def score_without_response() -> Score:
    """Return the score of a conversation to which the model wrote nothing: no rating at all."""
    return _score(
        dict.fromkeys(ATTRIBUTES),
        status=Status.RESPONSE_MISSING,
        statuses=dict.fromkeys(ATTRIBUTES, str(Status.RESPONSE_MISSING)),
        answer=None,
        explanation=None,
        reason="no_response",
        metadata={"parse_reason": "no response"},
    )


def _score(
    ratings: dict[str, int | None],
    *,
    status: Status,
    statuses: dict[str, str],
    answer: str | None,
    explanation: str | None,
    reason: str | None,
    metadata: dict[str, Any],
) -> Score:
    known: dict[str, float | None] = {**axis_scores(ratings), **ratings}
    values = {name: known[name] for name in SCORED}
    return Score(
        value={name: float("nan") if v is None else v for name, v in values.items()},
        answer=answer,
        explanation=explanation,
        reason=reason,
        metadata={"status": str(status), "statuses": statuses, **metadata},
    )


def _reason(parsed: ParsedJudgment, *, grader: bool) -> str | None:
    if all(parsed.ratings[a] is not None for a in ATTRIBUTES):
        return None
    if grader:
        return "grader_failed"
    if parsed.status is Status.REFUSED:
        return "refusal"
    return "no_response" if parsed.status is Status.MISSING else "invalid_response_format"
