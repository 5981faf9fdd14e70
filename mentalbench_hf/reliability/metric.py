"""The arithmetic of the `mentalalign_icc` metric, free of `evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mentalbench_hf.choices import IntervalMethod, Rule
from mentalbench_hf.data.targets import RatedTargets, codes_of
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.protocol import reliability
from mentalbench_hf.reliability.settings import Settings

DESCRIPTION: Final = """\
How reliable is a judge against human experts? Intraclass correlations ICC(C,1) and ICC(A,1)
(McGraw & Wong 1996) of the judge's and the experts' ratings of the same responses, the bias
(judge - human) and mean squared error, with bootstrap intervals that resample whole
conversations, and a verdict from the lower bound of ICC(A,1).
"""
KWARGS_DESCRIPTION: Final = """
Args:
    predictions: the judge's ratings, one per target; NaN where missing.
    references: the human experts' ratings of the same targets; NaN where missing.
    clusters: the conversation of each target, any labels. Targets of one conversation are
        resampled together. None takes every target as its own conversation.
    n_resamples: bootstrap replicates (default 10,000; 0 for none).
    confidence_level: of the intervals (default 0.95).
    ci: "percentile" (the default) or "bca" bootstrap intervals, or "analytic" F intervals of the
        ICCs (needs pingouin; no interval of the bias, and clusters are not used).
    seed: seed of the bootstrap (default 0).
    rule: "bound" (default) or "published", see the card.
Returns:
    icc_c1, icc_c1_low, icc_c1_high, icc_a1, icc_a1_low, icc_a1_high, bias, bias_low, bias_high,
    mse: floats, NaN where not defined; n_targets: pairs used; n_missing: pairs left out because
    a rating is missing; n_degenerate: replicates without a defined ICC; verdict: GR, MV, LR, or
    n/a with the verdict_reason: fewer than 10 conversations, or more than 5% of the replicates
    undefined. An interval that would mean nothing is NaN then.
Examples:
    >>> import evaluate
    >>> icc = evaluate.load("mentalalign_icc")
    >>> result = icc.compute(predictions=[5, 4, 2, 1, 3, 4], references=[4, 4, 2, 1, 2, 5])
    >>> round(result["icc_c1"], 3), result["n_targets"]
    (0.876, 6)
"""
_KEYS: Final = (
    "icc_c1", "icc_c1_low", "icc_c1_high", "icc_a1", "icc_a1_low", "icc_a1_high",
    "bias", "bias_low", "bias_high", "mse", "n_targets", "n_missing", "n_degenerate", "verdict",
    "verdict_reason",
)  # fmt: skip


def pair_reliability(
    predictions: Sequence[float],
    references: Sequence[float],
    *,
    clusters: Sequence[object] | None = None,
    n_resamples: int = 10_000,
    confidence_level: float = 0.95,
    ci: IntervalMethod = "percentile",
    seed: int = 0,
    rule: Rule = "bound",
) -> dict[str, float | int | str]:
    """Return the reliability of one judge on single targets; see KWARGS_DESCRIPTION.

    Raises:
        StatisticsError: lengths differ, a rating is infinite or not a number, or an unusable
            option.
    """
    judge, human = _ratings(predictions, "predictions"), _ratings(references, "references")
    if len(judge) != len(human):
        raise StatisticsError(
            f"predictions and references must be as long; received {len(judge)} and {len(human)}"
        )
    if clusters is not None and len(clusters) != len(judge):
        raise StatisticsError(
            f"clusters must name the conversation of each of the {len(judge)} targets; "
            f"received {len(clusters)}"
        )
    codes, names = codes_of(range(len(judge)) if clusters is None else clusters)
    targets = RatedTargets(
        ratings=np.stack([human, judge], axis=1)[:, :, None],
        raters=("human", "judge"),
        attributes=("rating",),
        axes={},
        clusters=codes,
        cluster_names=names,
        systems=np.zeros(len(judge), dtype=np.int64),
        system_names=("all",),
        reference="human",
        scale=(float("-inf"), float("inf")),
    )
    settings = Settings(
        level="response",
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        seed=seed,
        rule=rule,
        ci=ci,
    )
    row = reliability(targets, settings)[0]
    return {key: row.reason if key == "verdict_reason" else getattr(row, key) for key in _KEYS}


def _ratings(values: Sequence[float], name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    try:
        array = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name} must be numbers, NaN where missing: {error}") from None
    if array.ndim != 1:
        raise StatisticsError(f"{name} must have one dimension; received shape {array.shape}")
    if np.isinf(array).any():
        raise StatisticsError(f"{name} must be finite or NaN; received an infinite value")
    return array
