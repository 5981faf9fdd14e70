"""Is a judge at least as close to the other experts as each expert is?

The alternative annotator test of Calderon, Reichart & Dror (2025), "The Alternative Annotator Test
for LLM-as-a-Judge", ACL 2025. One expert at a time is left out; on each item that this expert
rated, judge and expert are compared by how close they come to the experts that remain. A one-sided
t test asks whether the judge falls behind by less than ε, and Benjamini & Yekutieli (2001) correct
for the number of experts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.choices import check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.multiplicity import adjust

Closeness = Literal["rmse", "accuracy"]
CLOSENESS: Final[tuple[Closeness, ...]] = get_args(Closeness)
EPSILON: Final = 0.2
MIN_ITEMS: Final = 30
MIN_EXPERTS: Final = 2
FALSE_DISCOVERY_RATE: Final = 0.05
#: A judge passes where it wins against at least this share of the experts.
PASSES: Final = 0.5


@dataclass(frozen=True, slots=True)
class AgainstExpert:
    """The comparison with one expert.

    Attributes:
        n_items: items rated by judge and expert, and by enough experts.
        n_clusters: clusters they come from; items are their own clusters where none are given.
        judge_ahead: share of items on which the judge is at least as close to the remaining
            experts as this expert is, 0 to 1.
        expert_ahead: share on which the expert is at least as close as the judge.
        p: one-sided p of "expert_ahead − judge_ahead is at least ε"; NaN with too few items.
    """

    n_items: int
    n_clusters: int
    judge_ahead: float
    expert_ahead: float
    p: float


@dataclass(frozen=True, slots=True)
class AlternativeAnnotator:
    """The outcome of the test.

    Attributes:
        epsilon: how far the judge may fall behind, as a difference of shares.
        winning_rate: ω, share of the tested experts against whom the judge wins, 0 to 1; NaN
            where no expert could be tested.
        advantage_probability: ρ, mean of `judge_ahead` over the tested experts, 0 to 1.
        n_experts: experts tested.
        n_items: items used with any of them.
        experts: the comparison with each expert, tested or not, in the order given.
    """

    epsilon: float
    winning_rate: float
    advantage_probability: float
    n_experts: int
    n_items: int
    experts: tuple[AgainstExpert, ...]

    @property
    def passed(self) -> bool:
        """Whether the judge wins against at least half of the tested experts."""
        return self.n_experts > 0 and self.winning_rate >= PASSES


def alternative_annotator(
    judge: object,
    experts: object,
    *,
    closeness: Closeness = "rmse",
    epsilon: float = EPSILON,
    clusters: NDArray[np.int64] | None = None,
    min_items: int = MIN_ITEMS,
    min_experts: int = MIN_EXPERTS,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> AlternativeAnnotator:
    """Test whether a judge may stand in for any one of several experts.

    Args:
        judge: shape (n_items,), NaN where missing.
        experts: shape (n_items, n_experts), NaN where an expert did not rate an item.
        closeness: "rmse": minus the root mean squared difference to the remaining experts, for
            ordered ratings; "accuracy": the share of them that gave the same, for categories.
        epsilon: how far the judge may fall behind, 0 to 1.
        clusters: code of each item's cluster; the t test then takes cluster means of the
            differences as the independent observations (sandwich variance, G − 1 degrees of
            freedom). By default items are independent.
        min_items: an expert with fewer usable items is not tested.
        min_experts: an item that fewer experts rated is not used.
        false_discovery_rate: of Benjamini & Yekutieli.

    Returns:
        The outcome; with no expert tested ω and ρ are NaN.

    Raises:
        StatisticsError: shapes that do not fit, fewer than two experts, an unknown `closeness`,
            or numbers outside their range.

    Example:
        >>> import numpy as np
        >>> truth = np.tile([1.0, 2, 3, 4, 5], 12)
        >>> experts = np.column_stack([truth, np.roll(truth, 1), truth])
        >>> alternative_annotator(truth, experts).winning_rate
        1.0
    """
    f, h = _checked(judge, experts, closeness, epsilon, min_items, min_experts)
    trials = _trials(h, min_experts)
    return _outcomes(f, trials, closeness, (epsilon,), clusters, min_items, false_discovery_rate)[0]


def at_each_epsilon(
    judge: object,
    experts: object,
    epsilons: Sequence[float],
    *,
    closeness: Closeness = "rmse",
    clusters: NDArray[np.int64] | None = None,
    min_items: int = MIN_ITEMS,
    min_experts: int = MIN_EXPERTS,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> list[AlternativeAnnotator]:
    """Return :func:`alternative_annotator` for several ε; the comparisons are made once."""
    for epsilon in epsilons:
        f, h = _checked(judge, experts, closeness, epsilon, min_items, min_experts)
    return _outcomes(
        f, _trials(h, min_experts), closeness, epsilons, clusters, min_items, false_discovery_rate
    )


def single_expert(
    judge: object,
    expert: object,
    others: object,
    *,
    closeness: Closeness = "rmse",
    epsilon: float = EPSILON,
    clusters: NDArray[np.int64] | None = None,
    min_items: int = MIN_ITEMS,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> AlternativeAnnotator:
    """Test whether a judge comes as close to one trusted expert as cheaper raters do.

    The variant of the same paper for a single expert: each of the cheaper raters is in the place
    of the expert left out, and the trusted expert is all that remains.

    Args:
        judge: shape (n_items,).
        expert: the trusted expert's ratings, shape (n_items,).
        others: the cheaper raters', shape (n_items, n_others).
        closeness: see :func:`alternative_annotator`, as for the arguments that follow.
        epsilon: how far the judge may fall behind.
        clusters: code of each item's cluster.
        min_items: a rater with fewer usable items is not tested.
        false_discovery_rate: of Benjamini & Yekutieli.

    Returns:
        The outcome; ``experts`` are the cheaper raters.

    Raises:
        StatisticsError: as for :func:`alternative_annotator`; here one cheaper rater is enough.
    """
    f, raters = _checked(judge, others, closeness, epsilon, min_items, 1)
    gold = np.asarray(expert, dtype=np.float64)
    if gold.shape != f.shape:
        raise StatisticsError(f"expert must have shape {f.shape}; received {gold.shape}")
    trials = [(column, gold[:, None]) for column in raters.T]
    return _outcomes(f, trials, closeness, (epsilon,), clusters, min_items, false_discovery_rate)[0]


def _trials(experts: Floats, min_experts: int) -> list[tuple[Floats, Floats]]:
    """Return each expert's ratings, of items that enough experts rated, and the others'."""
    if experts.shape[1] < 2:
        raise StatisticsError("the alternative annotator test needs two experts; received one")
    enough = (~np.isnan(experts)).sum(axis=1) >= min_experts
    return [
        (np.where(enough, column, np.nan), np.delete(experts, j, axis=1))
        for j, column in enumerate(experts.T)
    ]


def _outcomes(
    judge: Floats,
    trials: list[tuple[Floats, Floats]],
    closeness: Closeness,
    epsilons: Sequence[float],
    clusters: NDArray[np.int64] | None,
    min_items: int,
    rate: float,
) -> list[AlternativeAnnotator]:
    """Compare the judge with each candidate of (candidate's ratings, those that remain)."""
    groups = np.arange(len(judge)) if clusters is None else np.asarray(clusters)
    compared: list[tuple[int, int, float, float, float, float, bool]] = []
    used = np.zeros(len(judge), dtype=bool)
    for candidate, remaining in trials:
        items = ~np.isnan(candidate) & ~np.isnan(judge) & ~np.isnan(remaining).all(axis=1)
        at_judge = _score(judge[items], remaining[items], closeness)
        at_candidate = _score(candidate[items], remaining[items], closeness)
        judge_ahead, expert_ahead = at_judge >= at_candidate, at_candidate >= at_judge
        n = int(items.sum())
        behind = expert_ahead.astype(float) - judge_ahead
        mean, error, n_clusters = _clustered_mean(behind, groups[items])
        tested = n >= min_items and n_clusters > 1
        shares = [float(x.mean()) if n else float("nan") for x in (judge_ahead, expert_ahead)]
        compared.append((n, n_clusters, shares[0], shares[1], mean, error, tested))
        if tested:
            used |= items
    outcomes = []
    for epsilon in epsilons:
        found = tuple(
            AgainstExpert(
                n, n_clusters, judge_ahead, expert_ahead,
                _p_below(mean, error, n_clusters, epsilon) if tested else float("nan"),
            )
            for n, n_clusters, judge_ahead, expert_ahead, mean, error, tested in compared
        )  # fmt: skip
        tested_ones = np.array([not np.isnan(against.p) for against in found])
        won = adjust([against.p for against in found], "by") <= rate
        ahead_of = np.array([against.judge_ahead for against in found])
        n_tested = int(tested_ones.sum())
        outcomes.append(
            AlternativeAnnotator(
                epsilon=epsilon,
                winning_rate=float(won[tested_ones].mean()) if n_tested else float("nan"),
                advantage_probability=float(ahead_of[tested_ones].mean())
                if n_tested
                else float("nan"),
                n_experts=n_tested,
                n_items=int(used.sum()),
                experts=found,
            )
        )
    return outcomes


def _score(ratings: Floats, remaining: Floats, closeness: Closeness) -> Floats:
    """How close ratings come to the remaining experts' of the same items; larger is closer."""
    if closeness == "accuracy":
        same = np.where(np.isnan(remaining), np.nan, ratings[:, None] == remaining)
        return np.asarray(np.nanmean(same, axis=1))
    # The root keeps the order of the mean squares; it is left out so that ties stay ties.
    return np.asarray(-np.nanmean((ratings[:, None] - remaining) ** 2, axis=1))


def _clustered_mean(differences: Floats, clusters: NDArray[np.int64]) -> tuple[float, float, int]:
    """Return the mean, its (clustered) standard error, and the number of clusters."""
    _, codes = np.unique(clusters, return_inverse=True)
    n, n_clusters = len(differences), int(codes.max(initial=-1)) + 1
    if n_clusters < 2:
        return float("nan"), float("nan"), n_clusters
    mean = float(differences.mean())
    sums = np.bincount(codes, weights=differences - mean, minlength=n_clusters)
    variance = float((sums**2).sum()) / n**2 * n_clusters / (n_clusters - 1)
    return mean, float(np.sqrt(variance)), n_clusters


def _p_below(mean: float, error: float, n_clusters: int, epsilon: float) -> float:
    """Return the one-sided p of "the mean is at least `epsilon`", by a t test."""
    from scipy.stats import t as student

    if error == 0:
        return 0.0 if mean < epsilon else 1.0
    return float(student.cdf((mean - epsilon) / error, n_clusters - 1))


def _checked(
    judge: object,
    experts: object,
    closeness: str,
    epsilon: float,
    min_items: int,
    min_experts: int,
) -> tuple[Floats, Floats]:
    f, h = np.asarray(judge, dtype=np.float64), np.asarray(experts, dtype=np.float64)
    if f.ndim != 1 or h.ndim != 2 or len(f) != len(h) or not h.shape[1]:
        raise StatisticsError(
            "judge must have shape (n_items,) and experts (n_items, n_experts); received "
            f"{f.shape} and {h.shape}"
        )
    check_choice(closeness, CLOSENESS, "closeness")
    if not 0 <= epsilon <= 1:
        raise StatisticsError(f"epsilon must lie between 0 and 1; received {epsilon:g}")
    if min_items < 2 or min_experts < 1:
        raise StatisticsError(
            f"at least 2 items and 1 expert are needed; received {min_items} and {min_experts}"
        )
    return f, h
