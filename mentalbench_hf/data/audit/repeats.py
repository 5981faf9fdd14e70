"""Rows near each other that hold almost the same ratings of all replies."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.audit.finding import Finding
from mentalbench_hf.data.mentalalign import MentalAlign

#: Two rows repeat each other when at most this share of their ratings differ.
MOST_DIFFERENT: Final = 1 / 14
#: So many rows apart counts as near.
NEAR: Final = 20
#: A block's p is multiplied by the number of blocks and compared with this.
LEVEL: Final = 0.05
_PERMUTATIONS: Final = 999


def repeated_ratings(data: MentalAlign) -> Iterable[Finding]:
    """Yield a finding for each block in which near rows repeat each other beyond chance.

    The null keeps the rows of the block and permutes their order: however much alike a style's
    rows are, they are no more alike near each other.
    """
    ids, (codes, letters) = data.conversation_ids, data.experts
    edges = [0, *data.blocks.found.rows, len(ids)]
    r = data.roster.raters.index(data.roster.reference)
    for first, end in pairwise(edges):
        pairs, value, null, p_value = _near_repeats(data.values[r, first:end])
        if p_value * (len(edges) - 1) > LEVEL:
            continue
        control = {}
        for judge in data.roster.judge_ids:
            j = data.roster.raters.index(judge)
            _, own, own_null, own_p = _near_repeats(data.values[j, first:end])
            control[judge] = {
                "value": own,
                "null_95": float(np.quantile(own_null, 0.95)),
                "p_value": round(own_p, 4),
            }
        rows = [
            {
                "conversation_id": int(ids[first + i]),
                "repeated_in": int(ids[first + j]),
                "different": int(d),
            }
            for i, j, d in pairs
        ]
        same = sum(row["different"] == 0 for row in rows)
        concerned = sorted({int(i) for pair in pairs for i in pair[:2]})
        low, high = int(ids[first + concerned[0]]), int(ids[first + concerned[-1]])
        facts: dict[str, Any] = {
            "expert": letters[codes[first]],
            "first": int(ids[first]),
            "last": int(ids[end - 1]),
            "conversations": len(concerned),
            "identical_pairs": same,
            "statistic": {
                "name": f"pairs of rows at most {NEAR} apart with at most one in fourteen ratings "
                "different",
                "value": value,
            },
            "null": {
                "name": "order of the rows of the block permuted",
                "n_permutations": _PERMUTATIONS,
                "null_95": float(np.quantile(null, 0.95)),
                "null_max": float(null.max()),
            },
            "p_value": round(p_value, 4),
            "control": control,
        }
        yield Finding(
            "repeated_ratings",
            data.roster.reference_sheet,
            data.roster.reference,
            "",
            len(rows),
            "pairs of rows",
            rows,
            f"Style {letters[codes[first]]}, ConvID {int(ids[first])}\u2013{int(ids[end - 1])}: "
            f"{value} pairs of rows at most {NEAR} apart, {same} of them equal in every rating, "
            f"over {len(concerned)} rows from {low} to {high}; in another order of the rows at "
            f"most {null.max():.0f} (p = {p_value:.3f}). Judges, same rows: "
            + ", ".join(f"{c['value']} (p = {c['p_value']:.3f})" for c in control.values())
            + ".",
            facts,
        )


def _near_repeats(
    values: NDArray[np.float32],
) -> tuple[list[tuple[int, int, int]], int, NDArray[np.float64], float]:
    """Return near pairs with how many ratings differ, their number, its null and p."""
    # A rating that neither row has is no difference.
    flat = np.nan_to_num(values, nan=-1).reshape(len(values), -1)
    most = int(flat.shape[1] * MOST_DIFFERENT)
    different = np.array([(flat != row).sum(axis=1) for row in flat])
    i, j = np.nonzero(np.triu(different <= most, 1))
    near = j - i <= NEAR
    pairs = [(int(a), int(b), int(different[a, b])) for a, b in zip(i[near], j[near], strict=True)]
    rng = np.random.default_rng(0)
    null = np.zeros(_PERMUTATIONS)
    for k in range(_PERMUTATIONS if len(i) else 0):
        place = rng.permutation(len(flat))
        null[k] = (np.abs(place[i] - place[j]) <= NEAR).sum()
    p_value = (1 + int((null >= len(pairs)).sum())) / (1 + _PERMUTATIONS)
    return pairs, len(pairs), null, p_value
