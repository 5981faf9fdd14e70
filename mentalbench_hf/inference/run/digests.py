"""A set of digests that costs a few bytes per entry, so that long runs stay small."""

from __future__ import annotations

import hashlib
from array import array


class DigestSet:
    """A set of texts, kept as 64-bit digests in one flat array (open addressing).

    A Python set of digests takes about ten times as much; at a hundred thousand calls that would
    be the largest thing in the process. Two of a million texts share a digest with a probability
    of 3 in 100 million.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._size = 0
        self._slots = array("Q", bytes(8 * 1024))

    def __len__(self) -> int:
        """Return the number of texts."""
        return self._size

    def __contains__(self, text: str) -> bool:
        """Say whether the text was added."""
        return self._slots[self._place(_digest(text))] != 0

    def add(self, text: str) -> None:
        """Add a text."""
        if 4 * self._size >= 3 * len(self._slots):
            self._grow()
        digest = _digest(text)
        place = self._place(digest)
        if not self._slots[place]:
            self._slots[place] = digest
            self._size += 1

    def _place(self, digest: int) -> int:
        """Return where the digest stands, or the empty slot where it would."""
        mask = len(self._slots) - 1
        place = digest & mask
        while self._slots[place] and self._slots[place] != digest:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(16 * len(old)))
        for digest in old:
            if digest:
                self._slots[self._place(digest)] = digest


def _digest(text: str) -> int:
    # Zero marks an empty slot.
    raw = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(raw, "little") or 1
