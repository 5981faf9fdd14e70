"""The OpenAI-compatible wire form: a request to JSON, JSON to a completion."""

from __future__ import annotations

import re
from typing import Any

from mentalbench_hf.inference.messages import ChatRequest, Completion, TokenLogprobs
from mentalbench_hf.inference.run.retry import CallFailure, FailureKind
from mentalbench_hf.parsing.unwrap import split_thinking


def sampling_fields(request: ChatRequest, max_tokens_field: str, fixed: bool) -> dict[str, Any]:
    """Return the fields of a request beside model and messages; absent ones are not sent.

    Args:
        request: the request.
        max_tokens_field: what the server calls the bound on the reply.
        fixed: the model refuses temperature and top_p.
    """
    sampling = request.sampling
    fields: dict[str, Any] = {
        max_tokens_field: sampling.max_tokens,
        "temperature": None if fixed else sampling.temperature,
        "top_p": None if fixed else sampling.top_p,
        "seed": sampling.seed,
        "response_format": request.response_format,
    }
    if request.logprobs:
        fields |= {"logprobs": True, "top_logprobs": request.logprobs}
    return {name: value for name, value in fields.items() if value is not None}


def wire_messages(request: ChatRequest) -> list[dict[str, str]]:
    """Return the messages as JSON objects."""
    return [{"role": m.role, "content": m.content} for m in request.messages]


def read_completion(reply: Any, latency: float) -> Completion:
    """Return the completion in a parsed reply.

    Raises:
        CallFailure: transient, when the reply is not a chat completion (a proxy's page, an
            empty list of choices, an error object under status 200).
    """
    try:
        choice = reply["choices"][0]
        message = choice["message"]
        content = message.get("content")
        refusal = message.get("refusal")
        text = content if isinstance(content, str) else ""
        if isinstance(content, list):  # some servers return parts
            text = "".join(part.get("text", "") for part in content)
        reasoning = message.get("reasoning_content") or message.get("reasoning")
        finish = str(choice.get("finish_reason") or "")
        usage = reply.get("usage") or {}
        body, thinking = split_thinking(text, reasoning if isinstance(reasoning, str) else None)
        return Completion(
            text=body or (refusal if isinstance(refusal, str) else ""),
            thinking=thinking,
            finish_reason=finish,
            prompt_tokens=_count(usage.get("prompt_tokens")),
            completion_tokens=_count(usage.get("completion_tokens")),
            model=str(reply.get("model") or ""),
            latency=latency,
            refusal=bool(refusal) or finish == "content_filter",
            logprobs=_logprobs(choice.get("logprobs")),
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise CallFailure(
            f"The server's reply is not a chat completion ({type(error).__name__}: {error}).",
            FailureKind.TRANSIENT,
        ) from error


def redact(text: str, token: str | None) -> str:
    """Return the text without the token (servers like to echo it) and without bearer headers."""
    if token:
        text = text.replace(token, "[token]")
    return re.sub(r"(?i)bearer\s+[^\s\"',}]+", "Bearer [token]", text)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _logprobs(value: Any) -> tuple[TokenLogprobs, ...] | None:
    content = value.get("content") if isinstance(value, dict) else None
    if not content:
        return None
    return tuple(
        TokenLogprobs(
            str(entry["token"]),
            tuple((str(t["token"]), float(t["logprob"])) for t in entry.get("top_logprobs") or ()),
        )
        for entry in content
    )
