"""What the data say about rows whose text and ratings do not belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.mentalalign import CODE_OF
from mentalbench_hf.schema import Status

if TYPE_CHECKING:
    from mentalbench_hf.data.mentalalign import MentalAlign


def misalignment(data: MentalAlign) -> dict[str, float | int | None]:
    """Correlate misaligned human ratings with the judges' mean, by ConvID and by text.

    If only texts had slipped, the correlation by ConvID would be the usual one and that by text
    near none; if ratings had slipped along, the other way round.
    """
    human = data.roster.raters.index(data.roster.reference)
    slipped = np.flatnonzero(data.misaligned[human])
    values = data.ratings("released")
    values[data.read == CODE_OF[Status.OUT_OF_RANGE]] = np.nan
    values[:, data.missing_responses] = np.nan
    judges = np.delete(values, human, axis=0).mean(axis=0)
    by_text = {text: c for c, text in enumerate(data.normal_contexts[data.roster.raters[-1]])}
    texts = data.normal_contexts[data.roster.reference]
    moved = [(c, by_text[texts[c]]) for c in slipped if texts[c] in by_text]
    same_rows = np.array([c for c, _ in moved], dtype=int)
    other_rows = np.array([o for _, o in moved], dtype=int)
    own = values[human]
    aligned = ~data.misaligned[human]
    r_aligned, _ = _pearson(own[aligned], judges[aligned])
    r_id, n_id = _pearson(own[same_rows], judges[same_rows])
    r_text, n_text = _pearson(own[same_rows], judges[other_rows])
    return {
        "rows": len(slipped),
        "rows_found_by_text": len(moved),
        "pearson_of_aligned_rows": r_aligned,
        "pearson_by_id": r_id,
        "pairs_by_id": n_id,
        "pearson_by_text": r_text,
        "pairs_by_text": n_text,
    }


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float | None, int]:
    both = ~(np.isnan(x) | np.isnan(y))
    n = int(both.sum())
    if n < 3 or x[both].std() == 0 or y[both].std() == 0:
        return None, n
    return round(float(np.corrcoef(x[both], y[both])[0, 1]), 4), n
