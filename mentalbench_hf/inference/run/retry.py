"""Waiting between attempts. The clients do not retry; this is the only place that does."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentalbench_hf.inference.clients.failures import CallFailure, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable


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
