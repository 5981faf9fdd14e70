"""One judge call: what is sent, how the reply is bound to the schema, and what is read from it.

Runs, `certify`, the Space, the metric and inspect's scorers all ask and read through here, so that
a rating means the same wherever it is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.clients.factory import make_client
from mentalbench_hf.inference.clients.probe import FORMS, probe_schema, response_format
from mentalbench_hf.inference.messages import JUDGE_SAMPLING, ChatRequest, Sampling
from mentalbench_hf.inference.prompts import Prompt, item_code, judge_messages, judgment_schema
from mentalbench_hf.parsing import ParsedJudgment, parse_judgment
from mentalbench_hf.schema import Status
from mentalbench_hf.schema.models import ModelEntry, Via

if TYPE_CHECKING:
    from mentalbench_hf.inference.clients.factory import ClientSettings
    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.run.retry import RetryPolicy

#: How replies are bound to the schema; ``auto`` probes a server, and constrains a local model.
FORMATS: Final = ("auto", *FORMS, "constrained", "plain")
#: Why a judgment is refused: the server says so.
REFUSAL_FLAG: Final = "refusal_flag"
#: Characters of an explanation that a local model is allowed; small ones find no end without.
_EXPLANATION_LIMIT: Final = 300


@dataclass(frozen=True, slots=True)
class JudgeCall:
    """How one judge is asked about one reply after another.

    Attributes:
        prompt: the instruction, with the rubric.
        secret: what the codes of the items are made with, see ``prompts.item_code``.
        sampling: how the judgment is sampled.
        reply_format: one of ``FORMATS`` but ``auto``; see ``find_format``.
    """

    prompt: Prompt
    secret: str
    sampling: Sampling = JUDGE_SAMPLING
    reply_format: str = "plain"

    def request(self, context: str, response: str) -> ChatRequest:
        """Return the request for the ratings of one response; it holds the item's code."""
        form, code = self.reply_format, item_code(self.secret, context, response)
        served = response_format(form, judgment_schema(code)) if form in FORMS else None
        own = judgment_schema(code, _EXPLANATION_LIMIT) if form == "constrained" else None
        return ChatRequest(
            judge_messages(self.prompt, context, response, code),
            sampling=self.sampling,
            response_format=served,
            schema=own,
            code=code,
        )


def read_judgment(text: str, *, code: str | None, refusal: bool) -> ParsedJudgment:
    """Return the ratings that a judge's reply states.

    A reply that its server flags as a refusal (or its content filter has stopped) rates nothing,
    whatever it holds.

    Args:
        text: the reply without its thinking.
        code: of the item; None where the judge was asked without one.
        refusal: the flag.
    """
    if not refusal:
        return parse_judgment(text, code=code)
    nothing = parse_judgment(None)
    return replace(
        nothing,
        status=Status.REFUSED,
        statuses=dict.fromkeys(nothing.statuses, Status.REFUSED),
        reason=REFUSAL_FLAG,
    )


def check_format(reply_format: str) -> None:
    """Raise ``RunError`` unless it is one of ``FORMATS``."""
    if reply_format not in FORMATS:
        raise RunError(
            f"Unknown reply format {reply_format!r}; choose one of {', '.join(FORMATS)}."
        )


def known_format(entry: ModelEntry, reply_format: str, *, scoring: str = "reply") -> str | None:
    """Return how a judge's replies are bound to the schema, None when it must be tried out."""
    check_format(reply_format)
    if reply_format != "auto":
        return reply_format
    if entry.via is Via.LOCAL:
        return "plain" if scoring == "expected" else "constrained"
    return None


async def find_format(
    entry: ModelEntry,
    settings: ClientSettings | None = None,
    *,
    client: ChatClient | None = None,
    sampling: Sampling = JUDGE_SAMPLING,
    retry: RetryPolicy | None = None,
) -> str:
    """Try out how a server binds a reply to a schema, and return the format.

    Args:
        entry: the judge.
        settings: of a client that is made and closed here.
        client: asked instead; it stays open.
        sampling: as the judgments will be sampled.
        retry: how failed attempts are repeated.

    Raises:
        CallFailure: the server cannot be reached, or refuses the key or the model.
    """
    asked = client or make_client(entry, settings)
    try:
        return await probe_schema(asked, sampling, retry) or "plain"
    finally:
        if client is None:
            await asked.close()
