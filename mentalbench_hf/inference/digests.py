"""A set of digests that costs a few bytes per entry, so that long runs stay small."""

from __future__ import annotations

import hashlib
from array import array


class DigestSet:
    """A set of texts, kept as 128-bit digests in two flat arrays (open addressing).

    A Python set of digests takes about five times as much; at a hundred thousand calls that
    would be the largest thing in the process.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._size = 0
        self._high = array("Q", bytes(8 * 1024))
        self._low = array("Q", bytes(8 * 1024))

    def __len__(self) -> int:
        """Return the number of texts."""
        return self._size

    def __contains__(self, text: str) -> bool:
        """Say whether the text was added."""
        high, low = _digest(text)
        return self._high[self._slot(high, low)] != 0

    def add(self, text: str) -> None:
        """Add a text."""
        if 2 * self._size >= len(self._high):
            self._grow()
        high, low = _digest(text)
        slot = self._slot(high, low)
        if not self._high[slot]:
            self._high[slot], self._low[slot] = high, low
            self._size += 1

    def _slot(self, high: int, low: int) -> int:
        mask = len(self._high) - 1
        slot = low & mask
        while self._high[slot] and (self._high[slot] != high or self._low[slot] != low):
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        old = [(h, low) for h, low in zip(self._high, self._low, strict=True) if h]
        self._high = array("Q", bytes(16 * len(self._high)))
        self._low = array("Q", bytes(16 * len(self._low)))
        for high, low in old:
            slot = self._slot(high, low)
            self._high[slot], self._low[slot] = high, low


def _digest(text: str) -> tuple[int, int]:
    raw = hashlib.blake2b(text.encode(), digest_size=16).digest()
    # Zero marks an empty slot.
    return int.from_bytes(raw[:8], "little") or 1, int.from_bytes(raw[8:], "little")
