"""Which blocks of rows are of one style: two blocks may be the same rater's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Two blocks are of one style when they are less than so many times as far apart as the halves of
#: either of them.
SAME_STYLE: Final = 2.0


@dataclass(frozen=True, eq=False)
class Styles:
    """Blocks grouped into styles.

    Attributes:
        of_block: shape (n_blocks,), the style of each block: codes in the order of the first block.
        distances: shape (n_blocks, n_blocks), between the blocks' means, in standard deviations of
            a row.
        halves: shape (n_blocks,), between the means of a block's first and second half.
    """

    of_block: NDArray[np.int64]
    distances: NDArray[np.float64]
    halves: NDArray[np.float64]


def styles(rows: NDArray[np.float64], breaks: tuple[int, ...]) -> Styles:
    """Group blocks by the distance of their means.

    How far apart two blocks may be and still be one rater's is taken from the data: a rater drifts,
    and the halves of one block show how far. What is grouped is a way of using the scale; that two
    blocks are one person's does not follow, and neither does the opposite.

    Args:
        rows: shape (n_rows, n_features), standardised.
        breaks: first row of each new block.
    """
    if len(rows) < 2:
        return Styles(np.zeros(1, dtype=np.int64), np.zeros((1, 1)), np.zeros(1))
    edges = [0, *breaks, len(rows)]
    blocks = [rows[a:b] for a, b in pairwise(edges)]
    means = np.array([b.mean(axis=0) for b in blocks])
    distances = np.linalg.norm(means[:, None] - means[None], axis=2)
    halves = np.array(
        [
            np.linalg.norm(b[: len(b) // 2].mean(axis=0) - b[len(b) // 2 :].mean(axis=0))
            for b in blocks
        ]
    )
    near = distances < SAME_STYLE * np.maximum(halves[:, None], halves[None])
    of_block = np.arange(len(blocks))
    for i, j in np.argwhere(np.triu(near, 1)):
        of_block[of_block == of_block[j]] = of_block[i]
    labels = of_block.tolist()
    first_seen = list(dict.fromkeys(labels))
    return Styles(np.array([first_seen.index(s) for s in labels]), distances, halves)


def letters(
    style: NDArray[np.int64], anchors: Mapping[str, int] | None = None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Name the styles of rows by letters.

    Args:
        style: shape (n_rows,), the style of each row.
        anchors: letter -> a row of that style; the other styles get the letters that are left, in
            the order of their first row. Anchors in one and the same style name nothing.

    Returns:
        The code of each row, shape (n_rows,), and the letters by code, in alphabetical order.

    >>> letters(np.array([0, 0, 1, 2]), {"A": 2})
    (array([1, 1, 0, 2]), ('A', 'B', 'C'))
    """
    in_order = list(dict.fromkeys(style.tolist()))
    anchored = {int(style[row]): letter for letter, row in (anchors or {}).items()}
    if anchors and len(anchored) < len(anchors):
        anchored = {}
    free = iter([x for x in _names(len(in_order)) if x not in anchored.values()])
    name_of = {s: anchored.get(s) or next(free) for s in in_order}
    names = tuple(sorted(name_of.values(), key=lambda x: (len(x), x)))
    return np.array([names.index(name_of[s]) for s in style.tolist()], dtype=np.int64), names


def _names(n: int) -> list[str]:
    """Return A … Z, then A2 … Z2 and so on."""
    return [ascii_uppercase[i % 26] + (str(i // 26 + 1) if i >= 26 else "") for i in range(n)]
