"""What went wrong with a call, and whether trying again can help."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from mentalbench_hf.errors import InferenceError


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
    401: "The key was not accepted: check the variable that holds it (see --token-env).",
    402: "The account has no credit left.",
    403: "The key may not use this model.",
    404: "No such model or address: check --model and --base-url.",
    405: "The address does not take chat requests: check --base-url.",
}


def from_status(
    status: int, body: str, retry_after: str | None, *, now: datetime | None = None
) -> CallFailure:
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
        retry_after=parse_retry_after(retry_after, now=now),
    )


def parse_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds of a ``Retry-After`` header: a number or an HTTP date; None if neither."""
    if value is None or not value.strip():
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if seconds == seconds and seconds != float("inf") else None


def _clip(body: str, limit: int = 300) -> str:
    text = " ".join(body.split())
    return (text[:limit] + " …") if len(text) > limit else text or "(empty body)"
