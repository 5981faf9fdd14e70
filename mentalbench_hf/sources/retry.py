"""When a request is worth repeating, and after how long."""

from __future__ import annotations

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

#: Requests for one file, the first included.
MAX_ATTEMPTS: Final = 5
#: Seconds before the second request; each further wait is twice as long.
BACKOFF_START: Final = 1.0
BACKOFF_MAX: Final = 30.0
#: A server may ask for a longer wait; more than this is not waited for.
RETRY_AFTER_MAX: Final = 120.0


def is_transient(status: int) -> bool:
    """Tell whether an HTTP status may pass by itself: 408, 429 and every 5xx."""
    return status in {408, 429} or 500 <= status <= 599


def parse_retry_after(value: str | None, now: float | None = None) -> float | None:
    """Read a Retry-After header: a count of seconds, whole or with decimals, or an HTTP date.

    Args:
        value: the header's text, None when the server sent none.
        now: seconds since 1970, to turn a date into a wait; None takes the clock.

    Returns:
        Seconds to wait, 0 for a moment already past, None when there is nothing readable.
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        # Far more digits than any cap would make float() overflow.
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": the time of the world, not of this machine
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - (time.time() if now is None else now))


def wait_seconds(attempt: int, retry_after: float | None) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1).

    What the server asks for counts, up to ``RETRY_AFTER_MAX``; without it the wait doubles from
    ``BACKOFF_START`` up to ``BACKOFF_MAX``.
    """
    if retry_after is not None:
        return min(retry_after, RETRY_AFTER_MAX)
    return float(min(BACKOFF_START * 2 ** (attempt - 1), BACKOFF_MAX))
