"""The known systems, a new one, and the two ways from a judge's ratings to its human mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.choices import Kind
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.prediction_powered import Estimate, prediction_powered_mean
from mentalbench_hf.reliability.trust.calibration import fit

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, eq=False)
class KnownSystems:
    """The replies of the known systems that both human and judge rated.

    Attributes:
        judge: the judge.
        name: attribute or axis.
        pair: human and judge rating, shape (n, 2), none missing.
        systems: code of each reply's system.
        conversations: id of each reply's conversation, as text.
    """

    judge: str
    name: str
    pair: Floats
    systems: NDArray[np.int64]
    conversations: NDArray[np.object_]

    @property
    def n_systems(self) -> int:
        """Number of systems."""
        return len(np.unique(self.systems))

    @classmethod
    def of(cls, targets: RatedTargets, judge: str, name: str) -> KnownSystems:
        """Return the complete pairs of one judge on one attribute, its counterpart left out.

        Raises:
            StatisticsError: there is none.
        """
        both = targets.pair(judge, name)
        complete = ~np.isnan(both).any(axis=1)
        if not complete.any():
            raise StatisticsError(f"no reply is rated on {name!r} by both {judge!r} and a human")
        names = np.array([str(c) for c in targets.cluster_names], dtype=object)
        return cls(
            judge, name, both[complete], targets.systems[complete],
            names[targets.clusters[complete]],
        )  # fmt: skip

    def only(self, mask: NDArray[np.bool_]) -> KnownSystems:
        """Return those replies where `mask` holds."""
        return KnownSystems(
            self.judge, self.name, self.pair[mask], self.systems[mask], self.conversations[mask]
        )

    def means(self, values: Floats) -> Floats:
        """Return the mean of a value by system, shape (n_systems,)."""
        where = np.unique(self.systems, return_inverse=True)[1]
        return np.bincount(where, weights=values) / np.bincount(where)

    @property
    def useful_width(self) -> float:
        """Range of the systems' human means; infinite for one system."""
        means = self.means(self.pair[:, 0])
        return float(np.ptp(means)) if len(means) > 1 else float("inf")


@dataclass(frozen=True, eq=False)
class NewSystem:
    """The new system's replies that the judge rated.

    Attributes:
        judge: the judge's ratings, shape (n,), none missing.
        human: human ratings, NaN where there is none.
        conversations: id of each reply's conversation, as text.
    """

    judge: Floats
    human: Floats
    conversations: NDArray[np.object_]

    @classmethod
    def of(cls, ratings: object, human: object | None, conversations: object | None) -> NewSystem:
        """Check the ratings of a new system; replies without a judge rating are left out.

        Raises:
            StatisticsError: different lengths, or no rating by the judge.
        """
        x = np.asarray(ratings, dtype=np.float64).ravel()
        y = np.full(len(x), np.nan) if human is None else np.asarray(human, dtype=float).ravel()
        # Ids compare as text, so that 7 in a table is 7 in another; unnamed replies match none.
        ids = (
            [("reply", i) for i in range(len(x))]
            if conversations is None
            else [str(c) for c in np.asarray(conversations, dtype=object).ravel()]
        )
        if not len(x) == len(y) == len(ids):
            raise StatisticsError(
                f"{len(x)} ratings of the new system, {len(y)} human ratings and {len(ids)} "
                "conversations; give one for each reply"
            )
        usable = ~np.isnan(x)
        if not usable.any():
            raise StatisticsError("the judge rated no reply of the new system")
        names = np.array([str(i) for i in ids], dtype=object)
        return cls(x[usable], y[usable], names[usable])


def from_own_ratings(
    known: KnownSystems,
    new: NewSystem,
    rated: NDArray[np.bool_],
    kind: Kind,
    scale: tuple[float, float],
    confidence_level: float,
) -> tuple[Estimate, float]:
    """Return the prediction-powered mean of the new system and the correction in it.

    The rated replies are predicted with the rest, so that the estimate passes into their own mean
    as more of the replies are rated.

    Args:
        known: replies that the map is fitted on.
        new: the new system.
        rated: which of its replies have a human rating, at least one.
        kind: kind of map.
        scale: lowest and highest rating.
        confidence_level: of the interval.
    """
    curve = fit(known.pair[:, 1], known.pair[:, 0], kind=kind, scale=scale)
    mapped = curve(new.judge)
    correction = float((new.human[rated] - mapped[rated]).mean())
    estimate = prediction_powered_mean(
        new.human[rated],
        mapped[rated],
        mapped,
        clusters=new.conversations[rated],
        new_clusters=new.conversations,
        confidence_level=confidence_level,
    )
    return estimate, correction


def from_other_systems(
    known: KnownSystems,
    new: NewSystem,
    kind: Kind,
    scale: tuple[float, float],
    confidence_level: float,
) -> tuple[Estimate, float]:
    """Return the mean of the new system as other systems predict it, and the correction in it.

    The interval is infinite with fewer than three known systems.
    """
    from scipy.stats import t

    curve = fit(known.pair[:, 1], known.pair[:, 0], kind=kind, scale=scale)
    mapped = curve(new.judge)
    x, y, at = known.means(curve(known.pair[:, 1])), known.means(known.pair[:, 0]), mapped.mean()
    n, spread = len(x), float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / spread) if spread > 0 else 0.0
    mean = float(y.mean() + slope * (at - x.mean()))
    correction = mean - float(at)
    if n < 3:
        return Estimate(mean, -np.inf, np.inf, np.inf, 0), correction
    residual = y - y.mean() - slope * (x - x.mean())
    variance = float((residual**2).sum()) / (n - 2)
    distance = (at - x.mean()) ** 2 / spread if spread > 0 else 0.0
    by_cluster = np.bincount(
        np.unique(new.conversations, return_inverse=True)[1],
        weights=slope * (mapped - at) / len(mapped),
    )
    c = len(by_cluster)
    sampling = float((by_cluster**2).sum()) * c / max(c - 1, 1)
    error = float(np.sqrt(variance * (1 + 1 / n + distance) + sampling))
    half = float(t.ppf((1 + confidence_level) / 2, n - 2)) * error
    return Estimate(mean, mean - half, mean + half, error, c), correction
