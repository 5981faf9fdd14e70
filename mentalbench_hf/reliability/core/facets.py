"""How severe each rater is, in logits: the many-facet Rasch model with one rating scale.

Linacre (1989), "Many-Facet Rasch Measurement"; Andrich (1978), "A rating formulation for ordered
response categories", Psychometrika 43. An item of measure θ rated by a rater of severity β gets
category x rather than x − 1 with log odds θ − β − τ(x). What is estimated is conditional on the
total of each item (Andersen 1970), so items carry no parameters: nothing is assumed about them,
nothing is biased by their number, and 100,000 of them cost no more than the patterns in which
raters are missing. Mean squares are conditional too (Müller & Kreiner 2015, "Item fit statistics
in common software for Rasch analysis"): their expectation is 1 whatever the number of raters,
while those with estimated measures lie near 2/3 for three raters who fit perfectly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.conditional_likelihood import patterns_of
from mentalbench_hf.reliability.core.counts import categories_of
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.rater_links import linked_raters, rater_groups

#: Of the mean gradient per item.
_GRADIENT = 1e-6
_STEP = 1e-4
_WLE_STEPS = 40
_TOLERANCE = 1e-7


@dataclass(frozen=True, eq=False)
class Facets:
    """Raters, thresholds and items on one logit scale.

    Attributes:
        categories: the distinct ratings that tell raters apart, ascending, shape (m + 1,).
        severity: shape (k,), higher is stricter; mean 0 over the raters placed. NaN for a rater
            without a place: see `reasons`.
        severity_se: its standard error by the model, items independent.
        severity_robust_se: the same with ratings of one cluster depending on each other.
        infit: shape (k,), conditional mean square weighted by information. 1 is as the model
            expects; above, the rater is erratic, below, more alike the others than chance allows.
        outfit: likewise, unweighted, so that single surprises weigh more.
        fair_average: shape (k,), the rating in points that the rater is expected to give to an
            item of mean measure.
        n_informative: shape (k,), ratings that tell something of the rater: of items with another
            rating, not all lowest or all highest.
        thresholds: shape (m,), Andrich thresholds, sum 0.
        thresholds_se: their standard errors by the model.
        measures: shape (n_items,), weighted likelihood estimates (Warm 1989), finite for all
            lowest and all highest too; NaN without a rating by a rater placed.
        n_extreme: items with at least two ratings, all lowest or all highest.
        reasons: why a rater has no place, empty for the others, one per rater.
    """

    categories: Floats
    severity: Floats
    severity_se: Floats
    severity_robust_se: Floats
    infit: Floats
    outfit: Floats
    fair_average: Floats
    n_informative: NDArray[np.int64]
    thresholds: Floats
    thresholds_se: Floats
    measures: Floats
    n_extreme: int
    reasons: tuple[str, ...]


def facets(
    ratings: Floats,
    clusters: NDArray[np.int64] | None = None,
    *,
    raters: tuple[str, ...] | None = None,
) -> Facets:
    """Estimate the severity of raters by conditional maximum likelihood.

    Args:
        ratings: shape (n_items, k ≥ 2), NaN where missing; at most some dozens of distinct values,
            which are taken as ordered categories.
        clusters: code of each item's cluster; by default every item is its own.
        raters: their names, for messages.

    Raises:
        StatisticsError: too many distinct values; raters in groups that no item links, with the
            groups; fewer than two raters or categories that tell anything; no finite maximum.
    """
    from scipy.optimize import minimize

    k = ratings.shape[1]
    names = raters or tuple(f"rater {r + 1}" for r in range(k))
    _check_linked(ratings, names)
    placed, items, reasons = linked_raters(ratings, names)
    used = np.where(items[:, None], ratings[:, placed], np.nan)
    categories = categories_of(used)
    if len(placed) < 2 or len(categories) < 2:
        raise StatisticsError(
            "severity needs two raters who differ on items that both rated, not all at one end of "
            f"the scale; received {int(items.sum())} such items, {len(categories)} categories"
        )
    patterns = patterns_of(used[items], categories)
    basis = _contrasts(len(placed), len(categories))
    n_free = basis.shape[1]

    def objective(free: Floats) -> tuple[float, Floats]:
        value, gradient = patterns.loss(basis @ free)
        # The mean over items: one tolerance serves few and many.
        return value / patterns.n_items, basis.T @ gradient / patterns.n_items

    found = minimize(objective, np.zeros(n_free), jac=True, method="BFGS",
                     options={"gtol": _GRADIENT})  # fmt: skip
    if not np.isfinite(found.x).all() or np.abs(objective(found.x)[1]).max() > 1e-4:
        raise StatisticsError(
            "the severities have no finite estimate: some category or rater is never seen "
            "beside the others; collect more ratings of the same items"
        )
    hessian = _hessian(lambda free: objective(free)[1], found.x)
    try:
        covariance = np.linalg.inv(hessian) / patterns.n_items
    except np.linalg.LinAlgError:
        raise StatisticsError("the ratings do not determine severities and thresholds") from None
    # One step of Newton's takes what the optimiser left.
    at = basis @ (found.x - np.linalg.solve(hessian, objective(found.x)[1]))
    beta, psi = at[: len(placed)], at[len(placed) :]
    residuals = patterns.residuals(at)
    codes = None if clusters is None else clusters[items]
    scores = residuals.scores(codes) @ basis
    bread = basis @ covariance
    n_c = len(scores)
    robust = bread @ (scores.T @ scores * (n_c / max(n_c - 1, 1))) @ bread.T
    model = bread @ basis.T
    steps = np.diff(np.eye(len(psi)), axis=0)
    of_psi = model[len(placed) :, len(placed) :]
    measures = _measures(ratings[:, placed], categories, beta, psi)
    fair = _expected(np.nanmean(measures) - beta, psi, categories)

    def whole(values: Floats) -> Floats:
        out = np.full(k, np.nan)
        out[placed] = values
        return out

    counts = np.zeros(k, dtype=np.int64)
    counts[placed] = residuals.n
    several = (~np.isnan(ratings[:, placed])).sum(axis=1) >= 2
    return Facets(
        categories=categories,
        severity=whole(beta),
        severity_se=whole(np.sqrt(np.diag(model)[: len(placed)])),
        severity_robust_se=whole(np.sqrt(np.diag(robust)[: len(placed)])),
        infit=whole(residuals.infit),
        outfit=whole(residuals.outfit),
        fair_average=whole(fair),
        n_informative=counts,
        thresholds=np.diff(psi),
        thresholds_se=np.sqrt(np.maximum(np.diag(steps @ of_psi @ steps.T), 0)),
        measures=measures,
        n_extreme=int((several & ~items).sum()),
        reasons=reasons,
    )


def _check_linked(ratings: Floats, names: tuple[str, ...]) -> None:
    groups = rater_groups(ratings)
    if len(groups) > 1:
        said = "; ".join("{" + ", ".join(names[r] for r in g) + "}" for g in groups)
        raise StatisticsError(
            "severities cannot be compared: no item links these groups of raters, directly or "
            f"through others: {said}. Let some items be rated across them, or ask for each group "
            "by itself."
        )


def _contrasts(n_raters: int, n_categories: int) -> Floats:
    """Return the matrix from free parameters to severities (sum 0) and Ψ (first and last 0)."""
    from scipy.linalg import helmert

    inner = n_categories - 2
    basis = np.zeros((n_raters + n_categories, n_raters - 1 + inner))
    basis[:n_raters, : n_raters - 1] = helmert(n_raters).T
    basis[n_raters + 1 : n_raters + 1 + inner, n_raters - 1 :] = np.eye(inner)
    return basis


def _hessian(gradient: Callable[[Floats], Floats], at: Floats) -> Floats:
    """Return the derivative of a gradient, by central differences."""
    steps = np.eye(len(at)) * _STEP
    h = np.array([(gradient(at + e) - gradient(at - e)) / (2 * _STEP) for e in steps])
    return np.asarray((h + h.T) / 2)


def _probabilities(location: Floats, psi: Floats) -> Floats:
    """Return the probability of each category at θ − β, shape (..., m + 1)."""
    logit = location[..., None] * np.arange(len(psi)) - psi
    weight = np.exp(logit - logit.max(axis=-1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def _expected(location: Floats, psi: Floats, categories: Floats) -> Floats:
    return np.asarray(_probabilities(location, psi) @ categories)


def _measures(ratings: Floats, categories: Floats, beta: Floats, psi: Floats) -> Floats:
    """Return the weighted likelihood estimate of each item's measure (Warm 1989)."""
    # Categories at an end that tell nothing of raters stand for the nearest one that does.
    x = np.searchsorted((categories[1:] + categories[:-1]) / 2, ratings)
    known = ~np.isnan(ratings)
    total = np.where(known, x, 0).sum(axis=1)
    key = np.column_stack([np.packbits(known, axis=1), total])
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    rated, total = known[first], total[first]
    most = rated.sum(axis=1) * (len(psi) - 1)
    theta = np.log((total + 0.5) / (most - total + 0.5))
    powers = np.arange(len(psi))[:, None] ** np.arange(1, 4)
    left = np.arange(len(theta))
    for _ in range(_WLE_STEPS):
        mine = rated[left]
        mean, second, third = np.moveaxis(
            _probabilities(theta[left, None] - beta, psi) @ powers, -1, 0
        )
        variance = second - mean**2
        skew = third - 3 * mean * second + 2 * mean**3
        information = (variance * mine).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            score = total[left] - (mean * mine).sum(axis=1)
            score += (skew * mine).sum(axis=1) / (2 * information)
            step = np.clip(score / information, -1, 1)
        theta[left] += step
        left = left[np.abs(step) > _TOLERANCE]
        if not len(left):
            break
    return np.asarray(theta[inverse.reshape(-1)])
