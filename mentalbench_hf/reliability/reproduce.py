"""The published tables beside ours, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.protocol import Reliability, reliability, settings_of
from mentalbench_hf.reliability.published import PUBLISHED, PUBLISHED_MEANS
from mentalbench_hf.schema import ATTRIBUTES

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

ICC_TOLERANCE: Final = 0.005
BIAS_TOLERANCE: Final = 0.003
#: Published means carry two decimals.
MEAN_TOLERANCE: Final = 0.01

#: What the released files cannot reproduce, and why.
NOT_REPRODUCIBLE: Final[tuple[str, ...]] = (
    "The published verdicts follow from the widths of bootstrap intervals over nine systems with "
    "1,000 replicates. Neither the seed nor the handling of degenerate replicates is published "
    "beyond the rule that values outside [0, 1] are discarded, so widths near a cut-off, and with "
    "them some labels, move from seed to seed.",
    "The published human mean of qwen3-4b on Guidance, 3.07, contradicts the average published in "
    "the same row; the released sheet gives another value, shown beside it.",
    "The published MSE values are compared but not held to a tolerance: the released description "
    "does not say which rows enter them.",
)


@dataclass(frozen=True, slots=True)
class Comparison(Record):
    """One published number beside ours.

    Attributes:
        judge: the judge, or the system for a human mean.
        attribute: the attribute, or "average".
        quantity: icc_c1, icc_a1, bias, mse or human_mean.
        published: the published value.
        ours: the value computed here.
        difference: ours − published.
        tolerance: the largest difference that counts as reproduced, None where none is held.
    """

    judge: str
    attribute: str
    quantity: str
    published: float
    ours: float
    difference: float
    tolerance: float | None

    @property
    def reproduced(self) -> bool:
        """Whether the difference lies within the tolerance (True where none is held)."""
        return self.tolerance is None or abs(self.difference) <= self.tolerance


@dataclass(frozen=True, slots=True)
class Reproduction:
    """All comparisons, with the rows they come from.

    Attributes:
        cells: the reliability comparisons, four per judge and attribute.
        means: the human means by system and attribute.
        verdicts: (judge, attribute, published verdict, ours), not held to agreement.
        rows: our rows under the published protocol.
    """

    cells: list[Comparison]
    means: list[Comparison]
    verdicts: list[tuple[str, str, str, str]]
    rows: list[Reliability]

    @property
    def ok(self) -> bool:
        """Whether every point ICC and every bias is inside its tolerance."""
        return all(c.reproduced for c in self.cells)

    def count(self, quantity: str) -> tuple[int, int]:
        """Return how many comparisons of a quantity are inside its tolerance, and of how many."""
        found = [c for c in (*self.cells, *self.means) if c.quantity == quantity]
        return sum(c.reproduced for c in found), len(found)


def reproduce(targets: RatedTargets, *, seed: int = 0) -> Reproduction:
    """Compare the published protocol on the released ratings with the published tables.

    Args:
        targets: the released ratings read as published
            (:meth:`mentalbench_hf.data.mentalalign.MentalAlign.published_targets`).
        seed: seed of the interval bootstrap; it moves verdicts only.
    """
    rows = reliability(targets, settings_of("published", seed=seed), names=ATTRIBUTES)
    tolerances = {"icc_c1": ICC_TOLERANCE, "icc_a1": ICC_TOLERANCE, "bias": BIAS_TOLERANCE}
    cells = [
        _compare(row.judge, row.attribute, quantity, published, ours, tolerances.get(quantity))
        for row in rows
        for quantity, published, ours in _quantities(row)
    ]
    verdicts = [
        (r.judge, r.attribute, PUBLISHED[r.judge, r.attribute].verdict, r.verdict) for r in rows
    ]
    return Reproduction(cells, _means(targets), verdicts, rows)


def _quantities(row: Reliability) -> Sequence[tuple[str, float, float]]:
    cell = PUBLISHED[row.judge, row.attribute]
    names = ("icc_c1", "icc_a1", "bias", "mse")
    return [(name, getattr(cell, name), getattr(row, name)) for name in names]


def _means(targets: RatedTargets) -> list[Comparison]:
    scores = np.column_stack([targets.scores(targets.reference, a) for a in ATTRIBUTES])
    compared = []
    for system, published in PUBLISHED_MEANS.items():
        own = targets.systems == targets.system_names.index(system)
        ours = np.nanmean(scores[own], axis=0)
        for name, theirs, value in zip(
            (*ATTRIBUTES, "average"), published, (*ours, ours.mean()), strict=True
        ):
            compared.append(
                _compare(system, name, "human_mean", theirs, float(value), MEAN_TOLERANCE)
            )
    return compared


def _compare(
    who: str, attribute: str, quantity: str, published: float, ours: float, tol: float | None
) -> Comparison:
    return Comparison(who, attribute, quantity, published, ours, ours - published, tol)
