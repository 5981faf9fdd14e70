"""What went wrong with a call, whether another attempt can help, and how long to wait for it.

The clients make one attempt; whoever asks repeats it by this policy: the runner its many calls,
``complete`` a single one.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import InferenceError
from mentalbench_hf.sources.retry import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.messages import ChatRequest, Completion


class FailureKind(StrEnum):
    """``transient``: try again; ``item``: this request can never work; ``run``: none can."""

    TRANSIENT = "transient"
    ITEM = "item"
    RUN = "run"


class CallFailure(InferenceError):  # noqa: N818 - one attempt, not always the end
    """One attempt failed.

    Attributes:
        kind: what it means for the request and the run.
        status: the HTTP status, if there was one.
        retry_after: seconds the server asked to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        kind: FailureKind,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Describe the failure; `message` must hold no secret."""
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after


_TRANSIENT: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_RUN: Final = frozenset({401, 402, 403, 404, 405})
_NO_SUCH_MODEL = re.compile(
    r"model[^.]{0,80}(not found|does not exist|not exist|unknown|invalid|not supported|pinned)"
    r"|(unknown|invalid|no such|pinned)[^.]{0,40}model|api.?key|insufficient_quota",
    re.IGNORECASE | re.DOTALL,
)
_QUOTA = re.compile(r"insufficient_quota|exceeded your current quota|billing", re.IGNORECASE)
_HINT: Final = {
    401: "The key was not accepted: check the variable that holds it (see token_env=).",
    402: "The account has no credit left.",
    403: "The key may not use this model.",
    404: "No such model or address: check model= and base_url=.",
    405: "The address does not take chat requests: check base_url=.",
}


def no_reply(where: str, what: str) -> CallFailure:
    """Return the failure of a call to an address from which nothing came back."""
    return CallFailure(
        f"No reply from {where} ({what}). Is the server running there, and is the address right "
        "(base_url=)?",
        FailureKind.TRANSIENT,
    )


def from_status(status: int, body: str, retry_after: str | None) -> CallFailure:
    """Return the failure for an HTTP status that is not 2xx."""
    detail = _clip(body)
    kind = FailureKind.ITEM
    if status in _TRANSIENT or status >= 500:
        kind = FailureKind.TRANSIENT
        if status == 429 and _QUOTA.search(body):
            kind = FailureKind.RUN  # no waiting refills an account
    elif status in _RUN or (status == 400 and _NO_SUCH_MODEL.search(body)):
        kind = FailureKind.RUN
    hint = f" {_HINT[status]}" if status in _HINT else ""
    return CallFailure(
        f"The server answered {status}: {detail}.{hint}",
        kind,
        status=status,
        retry_after=parse_retry_after(retry_after),
    )


def is_transient(error: BaseException) -> bool:
    """Say whether another attempt can help: 408, 429, 5xx, timeouts, lost connections."""
    return isinstance(error, CallFailure) and error.kind is FailureKind.TRANSIENT


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long.

    Attributes:
        attempts: attempts in all, at least 1.
        base: seconds before the second attempt; doubles from there.
        cap: the longest wait of our own choosing, in seconds.
        patience: the longest ``Retry-After`` that is waited for, in seconds.
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 30.0
    patience: float = 600.0

    def delay(self, attempt: int, failure: CallFailure, jitter: Callable[[], float]) -> float:
        """Return the seconds to wait after a failed `attempt` (counted from 1).

        The server's ``Retry-After`` is honoured in full (a little is added so that waiting calls
        do not return all at once); without one the wait is between half and all of
        ``base * 2 ** (attempt - 1)``, at most `cap`. `jitter` gives numbers in [0, 1).
        """
        if failure.retry_after is not None:
            return failure.retry_after + 0.1 * jitter()
        return min(self.cap, self.base * 2.0 ** (attempt - 1)) * (0.5 + 0.5 * jitter())

    def gives_up(self, attempt: int, failure: CallFailure) -> bool:
        """Say whether the failed `attempt` was the last."""
        too_long = failure.retry_after is not None and failure.retry_after > self.patience
        return attempt >= self.attempts or too_long or not is_transient(failure)


async def complete(
    client: ChatClient, request: ChatRequest, policy: RetryPolicy | None = None
) -> Completion:
    """Make one call outside a run, repeating what may pass.

    Raises:
        CallFailure: the last attempt's failure.
    """
    policy = policy or RetryPolicy()
    attempt = 0
    while True:
        attempt += 1
        try:
            return await client.complete(request)
        except CallFailure as failure:
            if policy.gives_up(attempt, failure):
                raise
            await asyncio.sleep(policy.delay(attempt, failure, random.random))


class Gate:
    """Holds every call back while the server has asked for a pause.

    One 429 with ``Retry-After`` speaks for the whole account: sending the other calls meanwhile
    would only be refused too.
    """

    def __init__(self) -> None:
        """Open."""
        self._opens = 0.0

    def close_for(self, seconds: float) -> None:
        """Let nothing pass for that long."""
        self._opens = max(self._opens, time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds until calls may pass; 0 or less when they may.

        A little is added at random: everybody at once would meet the same limit again.
        """
        seconds = self._opens - time.monotonic()
        return seconds + 0.05 * random.random() if seconds > 0 else 0.0


def _clip(body: str, limit: int = 300) -> str:
    text = " ".join(body.split())
    return (text[:limit] + " …") if len(text) > limit else text or "(empty body)"
