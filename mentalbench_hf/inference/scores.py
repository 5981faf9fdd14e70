"""The score table of a judging run: means with cluster intervals, and the judge's own stability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.inference.repetitions import mean_of_repetitions
from mentalbench_hf.reliability.core.bootstrap import percentile_interval, weight_blocks
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.schema import ATTRIBUTES, AXES

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
#: Replicates behind an interval; its bounds then move by a few thousandths of a rating point.
N_RESAMPLES: Final = 2_000
SEED: Final = 0


def score_table(judged: pa.Table, *, expected: bool = False) -> pa.Table:
    """Return one row per judge, system and attribute or axis.

    Repetitions of a judgment are averaged first. An axis score of a response is the mean of its
    attributes, and missing when any of them is.

    Args:
        judged: judgments with conversation_id, system, judge, replicate and the ratings.
        expected: take the expected ratings.

    Returns:
        judge, system, score (attribute, CSS or ARS), mean (1 to 5; null without any rating), low
        and high (95% percentile bootstrap over conversations; null for fewer than two), n (scored
        responses), n_unscored, n_conversations.
    """
    import pyarrow as pa

    ratings = _ratings(judged, [f"{a}_expected" for a in ATTRIBUTES] if expected else ATTRIBUTES)
    judges, judge_of = _codes(judged["judge"])
    systems, system_of = _codes(judged["system"])
    rows: list[dict[str, Any]] = []
    for j, judge in enumerate(judges):
        for s, system in enumerate(systems):
            chosen = (judge_of == j) & (system_of == s)
            if not chosen.any():
                continue
            responses, clusters = _average(judged, ratings, chosen)
            rows += [
                {"judge": judge, "system": system, **row} for row in _scores(responses, clusters)
            ]
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                ("judge", pa.string()), ("system", pa.string()), ("score", pa.string()),
                ("mean", pa.float64()), ("low", pa.float64()), ("high", pa.float64()),
                ("n", pa.int64()), ("n_unscored", pa.int64()), ("n_conversations", pa.int64()),
            ]
        ),
    )  # fmt: skip


def repeat_table(judged: pa.Table) -> pa.Table:
    """Return the judge's test-retest reliability per judge and attribute.

    Targets are responses, raters the repetitions. A response that lacks a rating in any
    repetition is left out and counted.

    Returns:
        judge, attribute, icc_a1 (McGraw & Wong 1996: does it give the same number again?),
        exact (share of responses rated the same every time), sd (within-response standard
        deviation in rating points), n, n_incomplete.
    """
    import pyarrow as pa

    judges, judge_of = _codes(judged["judge"])
    ratings = _ratings(judged, ATTRIBUTES)
    replicate = np.asarray(judged["replicate"].to_numpy())
    repeats = int(replicate.max()) + 1
    rows: list[dict[str, Any]] = []
    for j, judge in enumerate(judges):
        # Rows come by item and repetition, every planned one is there.
        stacked = ratings[judge_of == j].reshape(-1, repeats, len(ATTRIBUTES))
        for a, attribute in enumerate(ATTRIBUTES):
            matrix = stacked[:, :, a]
            complete = matrix[~np.isnan(matrix).any(axis=1)]
            enough = len(complete) > 1
            rows.append(
                {
                    "judge": judge,
                    "attribute": attribute,
                    "icc_a1": _number(icc(complete, variant="ICC(A,1)")) if enough else None,
                    "exact": _number((np.ptp(complete, axis=1) == 0).mean()) if enough else None,
                    "sd": _number(np.sqrt(complete.var(axis=1, ddof=1).mean())) if enough else None,
                    "n": len(complete),
                    "n_incomplete": len(matrix) - len(complete),
                }
            )
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                ("judge", pa.string()), ("attribute", pa.string()), ("icc_a1", pa.float64()),
                ("exact", pa.float64()), ("sd", pa.float64()), ("n", pa.int64()),
                ("n_incomplete", pa.int64()),
            ]
        ),
    )  # fmt: skip


def cluster_means(
    values: Floats, clusters: NDArray[np.int64], *, n_resamples: int = N_RESAMPLES
) -> list[tuple[float, float, float]]:
    """Return mean, low and high of each column of values, resampling whole clusters.

    Args:
        values: shape (n_responses, n_columns), NaN where missing.
        clusters: shape (n_responses,), codes from 0.
        n_resamples: number of replicates.

    Returns:
        One triple per column; NaN where there is no value, or fewer than two clusters.
    """
    n_clusters = int(clusters.max()) + 1
    known = ~np.isnan(values)
    sums = np.zeros((n_clusters, values.shape[1]))
    counts = np.zeros_like(sums)
    np.add.at(sums, clusters, np.where(known, values, 0.0))
    np.add.at(counts, clusters, known.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums.sum(axis=0) / counts.sum(axis=0)
        replicates = np.concatenate(
            [(w @ sums) / (w @ counts) for w in weight_blocks(n_clusters, n_resamples, SEED)]
        )
    triples = []
    for column, mean in enumerate(means):
        interval = percentile_interval(replicates[:, column])
        several = np.count_nonzero(counts[:, column]) > 1
        triples.append(
            (float(mean), interval.low if several else np.nan, interval.high if several else np.nan)
        )
    return triples


def _scores(responses: Floats, clusters: NDArray[np.int64]) -> list[dict[str, Any]]:
    names = [*ATTRIBUTES, *AXES]
    members = [responses[:, [ATTRIBUTES.index(a) for a in AXES[axis]]] for axis in AXES]
    values = np.column_stack([responses, *(m.mean(axis=1) for m in members)])
    rows = []
    for name, column, triple in zip(names, values.T, cluster_means(values, clusters), strict=True):
        scored = ~np.isnan(column)
        mean, low, high = map(_number, triple)
        rows.append(
            {
                "score": name, "mean": mean, "low": low, "high": high,
                "n": int(scored.sum()), "n_unscored": int((~scored).sum()),
                "n_conversations": len(np.unique(clusters[scored])),
            }
        )  # fmt: skip
    return rows


def _average(
    judged: pa.Table, ratings: Floats, chosen: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.int64]]:
    """Return ratings per response (mean of the repetitions that are there) and its cluster."""
    replicate = judged["replicate"].to_numpy()[chosen]
    response = np.cumsum(replicate == 0) - 1  # every response begins with repetition 0
    averaged = mean_of_repetitions(int(response[-1]) + 1, response, ratings[chosen])
    _, conversation = _codes(judged["conversation_id"].filter(chosen).filter(replicate == 0))
    return averaged, conversation


def _ratings(judged: pa.Table, columns: Any) -> Floats:
    import pyarrow as pa

    return np.column_stack(
        [judged[c].cast(pa.float64()).to_numpy().astype(np.float64) for c in columns]
    )


def _codes(column: Any) -> tuple[list[str], NDArray[np.int64]]:
    encoded = column.combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return encoded.dictionary.to_pylist(), codes


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
