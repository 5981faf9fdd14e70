"""The progress bar of a run, on standard error."""

from __future__ import annotations

import time


class Progress:
    """Calls done, their rate, failures and the time left.

    Calls that the journal already holds move the bar but not the rate, which would otherwise
    promise an end that the remaining calls cannot keep.
    """

    _EVERY = 0.2  # seconds between redraws

    def __init__(self, total: int | None, *, enabled: bool) -> None:
        """Show a bar of `total` calls if `enabled`."""
        self._failed = 0
        self._retries = 0
        self._pending = 0
        self._drawn = 0.0
        self._bar = None
        if enabled:
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit="call", smoothing=0.1, dynamic_ncols=True)

    def step(self, *, skipped: bool = False, failed: bool = False) -> None:
        """Count one finished call."""
        self._failed += failed
        if self._bar is None:
            return
        if skipped:
            self._bar.initial += 1
        self._pending += 1
        now = time.monotonic()
        if now - self._drawn >= self._EVERY:
            self._draw(now)

    def retry(self) -> None:
        """Count one attempt that will be repeated."""
        self._retries += 1

    def close(self) -> None:
        """Draw the last state and leave the bar standing."""
        if self._bar is not None:
            self._draw(time.monotonic())
            self._bar.close()

    def _draw(self, now: float) -> None:
        assert self._bar is not None
        self._drawn = now
        self._bar.set_postfix(failed=self._failed, retries=self._retries, refresh=False)
        self._bar.update(self._pending)
        self._pending = 0
