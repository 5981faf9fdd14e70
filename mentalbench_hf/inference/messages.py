"""What is asked of a model and what comes back: plain records, and the key of a request."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; `role` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the reply is sampled; a field that is None is not sent.

    Attributes:
        max_tokens: the longest reply, in tokens.
        temperature: 0 for the likeliest reply.
        top_p: nucleus size, in (0, 1].
        seed: for servers that sample reproducibly.
    """

    max_tokens: int = 1024
    temperature: float | None = 0.0
    top_p: float | None = None
    seed: int | None = None

    def fields(self) -> dict[str, float | int | None]:
        """Return all fields as a dict."""
        return {
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": self.seed,
        }


#: How judgments are sampled unless something else is asked for: the likeliest ones.
JUDGE_SAMPLING: Final = Sampling()
#: How replies to people are sampled unless something else is asked for.
REPLY_SAMPLING: Final = Sampling(temperature=0.7)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One call.

    Attributes:
        messages: the conversation so far.
        sampling: how to sample.
        response_format: what the server is sent to bind the reply to a schema, or None.
        schema: the JSON schema itself, for clients that constrain decoding themselves.
        logprobs: how many alternatives per token to return; 0 for none.
        code: what a judge's answer is to carry, for clients that score it; it stands in the
            messages too.
    """

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    response_format: dict[str, Any] | None = None
    schema: dict[str, Any] | None = None
    logprobs: int = 0
    code: str | None = None


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """One token of a reply and its likeliest alternatives (natural logarithms)."""

    token: str
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """One reply.

    Attributes:
        text: the reply without the model's thinking.
        thinking: the model's thinking, ``""`` when there was none.
        finish_reason: as the server says: ``stop``, ``length``, ``content_filter`` …
        prompt_tokens: tokens of the prompt; None when not reported.
        completion_tokens: tokens of the reply, thinking included; None when not reported.
        model: the model the server says has answered.
        latency: seconds from sending to the last byte, of the attempt that succeeded.
        refusal: the server flagged the reply as a refusal.
        logprobs: per token, when asked for and returned.
        distributions: attribute -> probabilities of the points 1 to 5, from scoring clients.
    """

    text: str
    thinking: str = ""
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model: str = ""
    latency: float = 0.0
    refusal: bool = False
    logprobs: tuple[TokenLogprobs, ...] | None = None
    distributions: dict[str, tuple[float, ...]] | None = None


def request_key(identity: dict[str, Any], request: ChatRequest, replicate: int = 0) -> str:
    """Return the key under which the reply is journalled: 64 hexadecimal digits.

    It holds what changes the reply (who is asked, the messages, the sampling, the reply format,
    which repetition) and nothing else: retries, timeouts, concurrency and the access token are out.
    """
    content = {
        "identity": identity,
        "messages": [[m.role, m.content] for m in request.messages],
        "sampling": {k: v for k, v in request.sampling.fields().items() if v is not None},
        "response_format": request.response_format,
        "schema": request.schema,
        "logprobs": request.logprobs,
        "replicate": replicate,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
