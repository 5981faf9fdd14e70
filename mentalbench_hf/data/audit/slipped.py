"""Runs of misaligned rows whose ratings moved with the text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.audit.finding import Finding
from mentalbench_hf.data.mentalalign import MentalAlign

#: Fewer rows tell nothing.
MIN_ROWS: Final = 5
LEVEL: Final = 0.01
_PERMUTATIONS: Final = 999


def slipped_ratings(data: MentalAlign) -> Iterable[Finding]:
    """Yield a finding for each run of rows whose ratings go by the text and not by the row.

    Compared are residuals from the mean of the style, system and attribute: that systems differ
    in the same way in every conversation makes any two rows agree. The null pairs the run's rows
    with other rows of the same block.
    """
    r = data.roster.raters.index(data.roster.reference)
    values = data.ratings("released")
    values[(values < 1) | (values > 5)] = np.nan
    values[:, data.missing_responses] = np.nan
    codes, _ = data.experts
    human = _residual(values[r], codes)
    judges = _residual(np.delete(values, r, axis=0).mean(axis=0), codes)
    place = {text: c for c, text in enumerate(data.normal_contexts[data.roster.judge_ids[-1]])}
    texts = data.normal_contexts[data.roster.reference]
    moved = np.array([place.get(t, -1) for t in texts])
    misaligned = np.flatnonzero(data.misaligned[r] & (moved >= 0))
    runs = [run for run in _runs(misaligned, moved) if len(run) >= MIN_ROWS]
    in_runs = np.concatenate(runs) if runs else np.array([], dtype=np.int64)
    rest = np.setdiff1d(misaligned, in_runs)
    ids = data.conversation_ids
    for run in runs:
        by_text, by_row = _r(human[run], judges[moved[run]]), _r(human[run], judges[run])
        same = np.flatnonzero(data.blocks.block == data.blocks.block[run[0]])
        aligned = same[~data.misaligned[r, same]]
        if len(aligned) < 2 * len(run):
            continue
        rng = np.random.default_rng(0)
        null = np.array(
            [
                _r(human[run], judges[rng.choice(aligned, len(run), replace=False)])
                for _ in range(_PERMUTATIONS)
            ]
        )
        p_text, p_row = (
            (1 + int((null >= value).sum())) / (1 + _PERMUTATIONS) for value in (by_text, by_row)
        )
        if p_text > LEVEL or p_row <= LEVEL:
            continue
        first, last = int(ids[run[0]]), int(ids[run[-1]])
        others = {
            "by_text": _rounded(_r(human[rest], judges[moved[rest]])),
            "by_row": _rounded(_r(human[rest], judges[rest])),
            "rows": len(rest),
        }
        next_rows = aligned[aligned + 1 < len(human)]
        neighbours = {
            "by_row": _rounded(_r(human[aligned], judges[aligned])),
            "next_row": _rounded(_r(human[next_rows], judges[next_rows + 1])),
            "rows": len(aligned),
        }
        yield Finding(
            "slipped_ratings",
            data.roster.reference_sheet,
            data.roster.reference,
            "",
            len(run),
            "rows",
            [{"conversation_id": int(ids[c]), "text_of": int(ids[moved[c]])} for c in run],
            f"ConvID {first}\u2013{last} hold the texts of {int(ids[moved[run[0]]])}\u2013"
            f"{int(ids[moved[run[-1]]])}. Net of style and system the ratings correlate with the "
            f"judges' at r = {by_text:.2f} by text and {by_row:.2f} by row; paired with other rows "
            f"of the block at most {null.max():.2f} (p = {p_text:.3f} and {p_row:.3f}). So these "
            f"ratings moved with the text. The other {len(rest)} misaligned rows: r = "
            f"{others['by_text']} by text, {others['by_row']} by row. Aligned rows of the block: r "
            f"= {neighbours['by_row']}, beside the next row {neighbours['next_row']}.",
            {
                "first": first,
                "last": last,
                "statistic": {
                    "name": "correlation of residuals with the judges' mean",
                    "by_text": _rounded(by_text),
                    "by_row": _rounded(by_row),
                },
                "null": {
                    "name": "rows of the run beside other rows of the block",
                    "n_permutations": _PERMUTATIONS,
                    "null_95": _rounded(float(np.quantile(null, 0.95))),
                    "null_max": _rounded(float(null.max())),
                },
                "p_value": round(p_text, 4),
                "p_value_by_row": round(p_row, 4),
                "control": {"other_misaligned_rows": others, "aligned_rows": neighbours},
            },
        )


def _runs(rows: NDArray[np.int64], moved: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return runs of neighbouring rows whose texts are displaced by the same number of rows."""
    if not len(rows):
        return []
    shift = moved[rows] - rows
    new = np.flatnonzero((np.diff(rows) != 1) | (np.diff(shift) != 0)) + 1
    return np.split(rows, new)


def _residual(values: NDArray[np.float64], style: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return values minus the mean of style, system and attribute, NaN where missing."""
    residual = values.copy()
    for s in np.unique(style):
        own = values[style == s]
        n = (~np.isnan(own)).sum(axis=0)
        residual[style == s] -= np.nansum(own, axis=0) / np.maximum(n, 1)
    return residual


def _r(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return Pearson's r over the ratings that both have, NaN where they do not vary."""
    both = ~(np.isnan(x) | np.isnan(y))
    a, b = x[both], y[both]
    if len(a) < 3 or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 3)
