"""The alternative annotator test of a panel, with the baselines that show when it means nothing.

A rater that always gives the most frequent grade can pass the test where experts differ much: it is
near to everybody. So four raters that know nothing of the reply, or are one of the experts, go
through the same test beside the judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.alternative_annotator import (
    EPSILON,
    MIN_EXPERTS,
    MIN_ITEMS,
    Closeness,
    at_each_epsilon,
)
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.ratings import PanelRatings

#: The baselines that know nothing of the reply: where one passes, passing says nothing. A random
#: expert is the opposite, a rater that ought to pass.
UNINFORMED: Final[tuple[str, ...]] = ("modal grade", "system's mean", "shuffled expert")
#: ε that every test is printed at, beside the one asked for.
EPSILONS: Final[tuple[float, ...]] = (0.0, 0.1, 0.2)
#: Baseline -> what it knows.
BASELINES: Final[dict[str, str]] = {
    "modal grade": "always the experts' most frequent grade",
    "system's mean": "the experts' mean of the same system's replies in other clusters",
    "shuffled expert": "some expert's rating of some other item",
    "random expert": "one of the experts of the item, at random",
}


@dataclass(frozen=True, slots=True)
class AnnotatorTest(Record):
    """The test of one judge, or baseline, on one attribute at one ε.

    Attributes:
        judge: the judge; for a baseline the judge on whose items it was tested.
        attribute: attribute or axis.
        epsilon: how far it may fall behind, as a difference of shares.
        winning_rate: ω, share of the tested experts it wins against, 0 to 1; NaN where none could
            be tested.
        advantage_probability: ρ, 0 to 1.
        n_experts: experts tested.
        n_items: items used with any of them.
        passed: ω is at least 0.5.
        baseline: name in :data:`BASELINES`; empty for the judge itself.
    """

    judge: str
    attribute: str
    epsilon: float
    winning_rate: float
    advantage_probability: float
    n_experts: int
    n_items: int
    passed: bool
    baseline: str


def annotator_tests(
    panel: PanelRatings,
    judge: int,
    *,
    closeness: Closeness = "rmse",
    epsilon: float = EPSILON,
    min_items: int = MIN_ITEMS,
    min_experts: int = MIN_EXPERTS,
    clustered: bool = True,
    seed: int = 0,
) -> list[AnnotatorTest]:
    """Test a judge and the four baselines, at `epsilon` and at every one of EPSILONS.

    Args:
        panel: the ratings.
        judge: number of the judge.
        closeness: "rmse" for ordered ratings, "accuracy" for categories.
        epsilon: how far the judge may fall behind.
        min_items: an expert with fewer usable items is not tested.
        min_experts: an item that fewer experts rated is not used.
        clustered: take clusters as the independent observations of the t test.
        seed: of the two baselines that draw.

    Returns:
        The judge at each ε, then each baseline at each ε.
    """
    ratings = panel.of_judges[:, judge]
    tried = [("", ratings), *baselines(panel, ratings, seed)]
    clusters = panel.clusters if clustered else None
    rows: list[AnnotatorTest] = []
    for name, candidate in tried:
        rows += [
            AnnotatorTest(
                judge=panel.judges[judge],
                attribute=panel.attribute,
                epsilon=found.epsilon,
                winning_rate=found.winning_rate,
                advantage_probability=found.advantage_probability,
                n_experts=found.n_experts,
                n_items=found.n_items,
                passed=found.passed,
                baseline=name,
            )
            for found in at_each_epsilon(
                candidate,
                panel.of_experts,
                sorted({*EPSILONS, epsilon}),
                closeness=closeness,
                clusters=clusters,
                min_items=min_items,
                min_experts=min_experts,
            )
        ]
    return rows


def baselines(panel: PanelRatings, judge: Floats, seed: int = 0) -> Iterator[tuple[str, Floats]]:
    """Yield each baseline's ratings of the items that the judge rated, shape (n_items,).

    Args:
        panel: the ratings.
        judge: the judge's ratings, shape (n_items,); where it is NaN the baselines are too.
        seed: of what is drawn.
    """
    of_experts = panel.of_experts
    rated = ~np.isnan(of_experts)
    anybody = rated.any(axis=1) & ~np.isnan(judge)
    rng = np.random.default_rng(seed)
    values, counts = np.unique(of_experts[rated], return_counts=True)
    grade = values[counts.argmax()] if len(values) else np.nan
    yield "modal grade", np.where(anybody, grade, np.nan)
    yield "system's mean", np.where(anybody, _system_mean(panel, rated), np.nan)
    if not rated.any():
        nothing = np.full(panel.n_items, np.nan)
        yield "shuffled expert", nothing
        yield "random expert", nothing
        return
    # A rating of the next rated item in a random order: of another item, by any of its experts.
    drawn = of_experts[np.arange(panel.n_items), _one_expert(rated, rng)]
    order = rng.permutation(np.flatnonzero(rated.any(axis=1)))
    shuffled = np.full(panel.n_items, np.nan)
    shuffled[order] = drawn[np.roll(order, 1)]
    yield "shuffled expert", np.where(anybody, shuffled, np.nan)
    yield "random expert", np.where(anybody, drawn, np.nan)


def _one_expert(rated: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return for each item one of the experts who rated it (any where nobody did)."""
    lot = np.where(rated, rng.random(rated.shape), -1.0)
    return np.asarray(lot.argmax(axis=1))


def _system_mean(panel: PanelRatings, rated: NDArray[np.bool_]) -> Floats:
    """Return the mean of the system's expert ratings outside the item's own cluster."""
    n_systems = len(panel.system_names)
    _, cluster = np.unique(panel.clusters, return_inverse=True)
    sums = np.where(rated, panel.of_experts, 0).sum(axis=1)
    counts = rated.sum(axis=1).astype(float)
    cell = cluster * n_systems + panel.systems
    size = (int(cluster.max(initial=0)) + 1) * n_systems
    total_sum = np.bincount(panel.systems, weights=sums, minlength=n_systems)[panel.systems]
    total_n = np.bincount(panel.systems, weights=counts, minlength=n_systems)[panel.systems]
    own_sum = np.bincount(cell, weights=sums, minlength=size)[cell]
    own_n = np.bincount(cell, weights=counts, minlength=size)[cell]
    n = total_n - own_n
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, (total_sum - own_sum) / n, np.nan)
