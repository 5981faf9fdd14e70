"""Interim totals that are larger than the released ones for missing replies allow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from mentalbench_hf.data.audit.finding import Finding
from mentalbench_hf.data.audit.interim import nearest_run
from mentalbench_hf.data.mentalalign import MentalAlign
from mentalbench_hf.schema import SCALE_MAX

_PERMUTATIONS: Final = 9_999


def ones_written_later(data: MentalAlign) -> Iterable[Finding]:
    """Yield a finding for each expert whose interim totals contradict the released ones.

    The run of rows is found with the systems that have no missing reply, where no ones come in.
    """
    r = data.roster.raters.index(data.roster.reference)
    published = np.nan_to_num(data.values[r].astype(np.float64))
    whole = ~data.missing_responses.any(axis=0)
    if whole.all() or not whole.any():
        return
    ones = data.missing_responses & (published == 1).all(axis=2)
    for expert, totals in data.interim_totals.items():
        run = nearest_run(published[:, whole], totals[whole], SCALE_MAX)
        if run is None:
            continue
        rows = slice(run.first, run.last + 1)
        n_ones = ones[rows].sum(axis=0)
        gap = totals - published[rows].sum(axis=0)
        # Were the ones there already, the other replies could not make up more than this.
        most = (run.last - run.first + 1 - n_ones) * SCALE_MAX + n_ones
        above = totals - most[:, None]
        beyond = above > 0
        with_ones = n_ones > 0
        if not beyond[with_ones].any():
            continue
        value = float(gap[with_ones].mean())
        null = _permuted(gap.ravel(), int(with_ones.sum()) * gap.shape[1])
        p_value = (1 + int((null >= value).sum())) / (1 + _PERMUTATIONS)
        ids = data.conversation_ids
        first, last = int(ids[run.first]), int(ids[run.last])
        yield Finding(
            "ones_written_later",
            data.roster.reference_sheet,
            data.roster.reference,
            "",
            int(n_ones.sum()),
            "responses",
            [
                {"conversation_id": int(ids[c]), "system": data.roster.system_ids[s]}
                for c, s in np.argwhere(ones)
                if run.first <= c <= run.last
            ],
            f"Expert {expert}, nearest run ConvID {first}\u2013{last}: {int(beyond.sum())} of "
            f"{int(with_ones.sum()) * gap.shape[1]} totals of the systems with ones are larger "
            f"than possible with the ones in place, by up to {above.max():.0f} points; of the "
            f"{int((~with_ones).sum()) * gap.shape[1]} totals of the other systems "
            f"{int(beyond[~with_ones].sum())} are. On average the totals exceed the released sums "
            f"by {value:.0f} where there are ones and by {gap[~with_ones].mean():.1f} elsewhere "
            f"(p = {p_value:.4f} by permuting totals).",
            {
                "expert": expert,
                "first": first,
                "last": last,
                "ones": {s: int(n) for s, n in zip(data.roster.system_ids, n_ones, strict=True)},
                "statistic": {
                    "name": "interim total minus released sum, mean where there are ones",
                    "value": round(value, 2),
                    "totals_beyond_the_possible": int(beyond[with_ones].sum()),
                },
                "null": {
                    "name": "totals permuted over systems and attributes",
                    "n_permutations": _PERMUTATIONS,
                    "null_95": round(float(np.quantile(null, 0.95)), 2),
                    "null_max": round(float(null.max()), 2),
                },
                "p_value": round(p_value, 4),
                "control": {
                    "name": "systems without missing replies",
                    "mean": round(float(gap[~with_ones].mean()), 2),
                    "lowest": float(gap[~with_ones].min()),
                    "highest": float(gap[~with_ones].max()),
                    "totals_beyond_the_possible": int(beyond[~with_ones].sum()),
                },
            },
        )


def _permuted(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], n: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return means of `n` values drawn at random, without putting back."""
    rng = np.random.default_rng(0)
    shuffled = rng.permuted(np.tile(values, (_PERMUTATIONS, 1)), axis=1)
    return np.asarray(shuffled[:, :n].mean(axis=1))
