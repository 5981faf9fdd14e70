"""What each style wrote down for replies that were not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.audit.finding import Finding
from mentalbench_hf.data.mentalalign import MentalAlign

HABITS: Final = ("all_ones", "ordinary", "empty", "all_zeros")
_PERMUTATIONS: Final = 999


def missing_reply_habit(data: MentalAlign) -> Iterable[Finding]:
    """Yield the table of habits by style, where replies were missing and there are two styles."""
    codes, letters = data.experts
    rows, systems = np.nonzero(data.missing_responses)
    if not len(rows) or len(letters) < 2:
        return
    style = codes[rows]
    r = data.roster.raters.index(data.roster.reference)
    habit = _habit(data.values[r][rows, systems])
    value, null, p_value = _association(style, habit)
    table = {
        letter: {name: int(((style == k) & (habit == h)).sum()) for h, name in enumerate(HABITS)}
        for k, letter in enumerate(letters)
    }
    control = {}
    for judge in data.roster.judge_ids:
        own = _habit(data.values[data.roster.raters.index(judge)][rows, systems])
        own_value, own_null, own_p = _association(style, own)
        control[judge] = {
            "value": round(own_value, 1),
            "null_95": round(float(np.quantile(own_null, 0.95)), 1),
            "p_value": round(own_p, 4),
        }
    counts = "; ".join(
        f"{letter}: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in row.items() if n)
        for letter, row in table.items()
        if any(row.values())
    )
    yield Finding(
        "missing_reply_habit",
        data.roster.reference_sheet,
        data.roster.reference,
        "",
        len(rows),
        "responses",
        [
            {
                "conversation_id": int(data.conversation_ids[c]),
                "system": data.roster.system_ids[s],
                "expert": letters[k],
                "habit": HABITS[h],
            }
            for c, s, k, h in zip(rows, systems, style, habit, strict=True)
        ],
        f"{counts}. Chi-square of style by habit {value:,.0f}; with habits permuted over the "
        f"missing replies at most {null.max():,.0f} (p = {p_value:.3f}). The judges' habits by "
        "the same styles: p = " + ", ".join(f"{c['p_value']:.3f}" for c in control.values()) + ".",
        {
            "table": table,
            "statistic": {"name": "chi-square of style by habit", "value": round(value, 1)},
            "null": {
                "name": "habits permuted over the missing replies",
                "n_permutations": _PERMUTATIONS,
                "null_95": round(float(np.quantile(null, 0.95)), 1),
                "null_max": round(float(null.max()), 1),
            },
            "p_value": round(p_value, 4),
            "control": control,
        },
    )


def _habit(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return codes of HABITS of replies, from what was published, shape (n, n_attributes)."""
    return np.select(
        [(values == 1).all(axis=1), (values == 0).all(axis=1), np.isnan(values).all(axis=1)],
        [HABITS.index("all_ones"), HABITS.index("all_zeros"), HABITS.index("empty")],
        HABITS.index("ordinary"),
    )


def _association(
    style: NDArray[np.int64], habit: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64], float]:
    """Return Pearson's chi-square, its permutation null and p."""
    rng = np.random.default_rng(0)
    value = _chi_square(style, habit)
    null = np.array([_chi_square(style, rng.permutation(habit)) for _ in range(_PERMUTATIONS)])
    # A rounding error must not make an equal value the smaller one.
    as_large = int((null >= value - 1e-9).sum())
    return value, null, (1 + as_large) / (1 + _PERMUTATIONS)


def _chi_square(style: NDArray[np.int64], habit: NDArray[np.int64]) -> float:
    counts = np.zeros((style.max() + 1, len(HABITS)))
    np.add.at(counts, (style, habit), 1)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    there = expected > 0
    return float(((counts - expected)[there] ** 2 / expected[there]).sum())
