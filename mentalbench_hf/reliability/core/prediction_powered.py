"""The mean human rating of replies that only a judge has rated, with an honest interval.

Angelopoulos, Bates, Fannjiang, Jordan & Zrnic (2023), "Prediction-powered inference", Science 382.
Written here rather than taken from their library: it is a few lines, theirs has no conversations
(replies to one are not independent), and it brings numba, statsmodels and a download tool along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_confidence_level


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with a normal interval.

    Attributes:
        mean: the estimate.
        low: lower bound.
        high: upper bound.
        standard_error: its standard error.
        n_clusters: conversations that it rests on.
    """

    mean: float
    low: float
    high: float
    standard_error: float
    n_clusters: int


def prediction_powered_mean(
    human: object,
    predicted: object,
    new_predicted: object,
    *,
    clusters: object | None = None,
    new_clusters: object | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Return the prediction-powered mean of the human ratings of unrated replies.

    The mean prediction of the unrated replies plus the mean of human − predicted of the rated
    ones. The variance is that of the sum of each conversation's contributions, so replies to one
    conversation may depend on each other, and rated and unrated replies may share conversations.
    With every reply a conversation of its own it is the formula of Angelopoulos et al. (2023).

    Args:
        human: human ratings of the rated replies, shape (n,), none missing.
        predicted: predictions for the same replies, shape (n,).
        new_predicted: predictions for the unrated replies, shape (N,).
        clusters: conversation of each rated reply, any values; by default each is its own.
        new_clusters: conversation of each unrated reply, likewise. Equal values in both are the
            same conversation.
        confidence_level: of the interval, between 0 and 1.

    Raises:
        StatisticsError: empty or missing ratings, different lengths, or one conversation only.
    """
    check_confidence_level(confidence_level)
    y, f, g = (np.asarray(v, dtype=np.float64).ravel() for v in (human, predicted, new_predicted))
    if len(y) != len(f) or not len(y) or not len(g):
        raise StatisticsError(
            "a prediction-powered mean needs rated replies with predictions, and unrated ones; "
            f"received {len(y)} ratings, {len(f)} predictions of them and {len(g)} new predictions"
        )
    if np.isnan(y).any() or np.isnan(f).any() or np.isnan(g).any():
        raise StatisticsError("leave missing ratings out first; received NaN")
    if (clusters is None) != (new_clusters is None):
        raise StatisticsError("give both clusters and new_clusters, or neither")
    # Without conversations every reply is one, and no rated one is an unrated one.
    labels = (
        np.arange(len(y) + len(g))
        if clusters is None
        else np.concatenate([np.asarray(clusters).ravel(), np.asarray(new_clusters).ravel()])
    )
    if len(labels) != len(y) + len(g):
        raise StatisticsError(
            f"{len(y) + len(g)} replies but {len(labels)} conversations; give one for each"
        )
    rectifier = y - f
    where = np.unique(labels, return_inverse=True)[1]
    contributions = np.concatenate(
        [(rectifier - rectifier.mean()) / len(y), (g - g.mean()) / len(g)]
    )
    by_cluster = np.bincount(where, weights=contributions)
    n_clusters = len(by_cluster)
    if n_clusters < 2:
        raise StatisticsError("one conversation gives no interval; at least two are needed")
    variance = float((by_cluster**2).sum()) * n_clusters / (n_clusters - 1)
    mean, error = float(g.mean() + rectifier.mean()), float(np.sqrt(variance))
    half = _quantile(confidence_level) * error
    return Estimate(mean, mean - half, mean + half, error, n_clusters)


def _quantile(confidence_level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + confidence_level) / 2))
