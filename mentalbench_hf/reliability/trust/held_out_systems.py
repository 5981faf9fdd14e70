"""How far can a mean in human units be believed? Each known system treated as a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mentalbench_hf.choices import KINDS, Kind, check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.prediction_powered import prediction_powered_mean
from mentalbench_hf.reliability.core.records import plain
from mentalbench_hf.reliability.experts import reference_units
from mentalbench_hf.reliability.trust.calibration import fit
from mentalbench_hf.reliability.trust.human_units import MIN_SYSTEMS
from mentalbench_hf.reliability.trust.new_system import (
    KnownSystems,
    NewSystem,
    from_other_systems,
)

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class HeldOutSystem:
    """One known system treated as new: what would have been said, and the truth.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        system: the system that was held out.
        truth: its mean human rating.
        judge_mean: mean of the judge's own ratings.
        mean: estimate from the other systems.
        low: lower bound that allows for a new system.
        high: upper bound.
        alike_low: lower bound if its replies were drawn like those of the known systems
            (prediction-powered inference alone).
        alike_high: upper bound, likewise.
        units: whose units truth, mean and bounds are in: those of the experts of the reference;
            what another expert adds is not in these intervals.
    """

    judge: str
    attribute: str
    system: str
    truth: float
    judge_mean: float
    mean: float
    low: float
    high: float
    alike_low: float
    alike_high: float
    units: str

    @property
    def covered(self) -> bool:
        """Whether the interval holds the truth."""
        return self.low <= self.truth <= self.high

    @property
    def covered_if_alike(self) -> bool:
        """Whether the interval of prediction-powered inference alone holds the truth."""
        return self.alike_low <= self.truth <= self.alike_high

    def record(self) -> dict[str, Any]:
        """Return a dict for JSON; NaN becomes None."""
        both = {"covered": self.covered, "covered_if_alike": self.covered_if_alike}
        return {**plain(self), **both}


def leave_one_out(
    targets: RatedTargets,
    judge: str,
    name: str,
    *,
    kind: Kind = "linear",
    confidence_level: float = 0.95,
) -> list[HeldOutSystem]:
    """Treat each known system as new and compare what would be said with the truth.

    Refusals are not applied: the point is to see how far the intervals can be believed.

    Raises:
        StatisticsError: fewer than five systems, or unusable numbers.
    """
    check_choice(kind, KINDS, "calibration")
    whole = KnownSystems.of(targets, judge, name)
    if whole.n_systems <= MIN_SYSTEMS:
        raise StatisticsError(
            f"leaving one system out needs at least {MIN_SYSTEMS + 1} systems rated by "
            f"{judge!r}; received {whole.n_systems}"
        )
    out = []
    for s in np.unique(whole.systems):
        mine = whole.systems == s
        known = whole.only(~mine)
        new = NewSystem.of(whole.pair[mine, 1], None, whole.conversations[mine])
        found, _ = from_other_systems(known, new, kind, targets.scale, confidence_level)
        curve = fit(known.pair[:, 1], known.pair[:, 0], kind=kind, scale=targets.scale)
        alike = prediction_powered_mean(
            known.pair[:, 0],
            curve(known.pair[:, 1]),
            curve(new.judge),
            clusters=known.conversations,
            new_clusters=new.conversations,
            confidence_level=confidence_level,
        )
        out.append(
            HeldOutSystem(
                judge=judge,
                attribute=name,
                system=targets.system_names[s],
                truth=float(whole.pair[mine, 0].mean()),
                judge_mean=float(new.judge.mean()),
                mean=found.mean,
                low=found.low,
                high=found.high,
                alike_low=alike.low,
                alike_high=alike.high,
                units=reference_units(targets),
            )
        )
    return out
