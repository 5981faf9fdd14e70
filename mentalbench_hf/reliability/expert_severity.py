"""Is the judge lenient, or this expert strict? The experts linked through the judges.

Experts rated different conversations, so their means differ by content as well as by severity. The
judges rated all of them alike. With human score ~ system + judges' scores + expert, what is left
to the expert is severity, net of what systems and judges account for; a judge's bias against an
expert, less that severity, is its bias against the mean expert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_confidence_level
from mentalbench_hf.reliability.core.cluster_regression import (
    Fit,
    by_cluster,
    cluster_regression,
)
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.random_effects import RandomEffects, random_effects
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.experts import known_experts

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

ASSUMPTION: Final = (
    "Assumed: what neither the systems nor the judges' ratings show of a reply is on average alike "
    "in the experts' conversations."
)


@dataclass(frozen=True, slots=True)
class ExpertSeverity:
    """How strict one expert is on one attribute, against the mean of the experts.

    Attributes:
        attribute: the attribute or axis.
        expert: the expert.
        n_targets: replies of this expert that all judges rated.
        n_clusters: conversations they come from.
        mean: the expert's mean rating of them.
        below_mean: how far it lies below the mean of the experts' means, in rating points: content
            and severity together.
        severity: the same net of systems and judges' ratings; positive is stricter than the mean
            expert. With its bounds low and high.
        standard_error: of the severity.
    """

    attribute: str
    expert: str
    n_targets: int
    n_clusters: int
    mean: float
    below_mean: float
    severity: float
    low: float
    high: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class NetBias:
    """A judge's bias against one expert, and against the mean expert.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        expert: the expert.
        bias: mean of judge − expert on this expert's conversations, in rating points.
        severity: the expert's severity: the part of the bias that is the expert's.
        net: bias − severity, with its bounds low and high: the part that is the judge's.
    """

    judge: str
    attribute: str
    expert: str
    bias: float
    severity: float
    net: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SeverityOfExperts(Record):
    """The experts' severity, and the judges' bias net of it.

    Attributes:
        experts: by attribute and expert.
        judges: by judge, attribute and expert.
        assumption: on which all of it rests; to be printed beside.
    """

    experts: tuple[ExpertSeverity, ...]
    judges: tuple[NetBias, ...]
    assumption: str = ASSUMPTION


def expert_severity(
    targets: RatedTargets,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    confidence_level: float = 0.95,
    keep_own: bool = False,
) -> SeverityOfExperts:
    """Return each expert's severity net of content, and each judge's bias net of severity.

    Args:
        targets: the ratings, with their experts.
        judges: through which the experts are linked, by default all; a reply counts when all of
            them rated it.
        names: attributes and axes, by default all.
        confidence_level: of the intervals (t, conversations less one), between 0 and 1.
        keep_own: keep a judge's own counterpart in its bias.

    Raises:
        StatisticsError: fewer than two experts or no judge, or too few replies.
    """
    check_confidence_level(confidence_level)
    linked = _Linked(targets, list(judges or targets.judges))
    experts: list[ExpertSeverity] = []
    biases: list[NetBias] = []
    for name in names or targets.names:
        mine, net = linked.rows(name, confidence_level, keep_own)
        experts += mine
        biases += net
    order = {judge: i for i, judge in enumerate(linked.judges)}
    return SeverityOfExperts(tuple(experts), tuple(sorted(biases, key=lambda b: order[b.judge])))


def severity_between(rows: Sequence[ExpertSeverity]) -> RandomEffects:
    """Return the spread of severity over experts (tau) from one attribute's rows."""
    return random_effects([r.severity for r in rows], [r.standard_error for r in rows])


class _Linked:
    """The replies of known experts, and the parts of the design that all attributes share."""

    def __init__(self, targets: RatedTargets, judges: list[str]) -> None:
        known = known_experts(targets)
        if len(known) < 2 or not judges:
            raise StatisticsError(
                "severity compares at least two experts through at least one judge; these ratings "
                f"name {len(known)} experts and {len(judges)} judges"
            )
        self.targets, self.judges, self.known = targets, judges, known

    def rows(
        self, name: str, level: float, keep_own: bool
    ) -> tuple[list[ExpertSeverity], list[NetBias]]:
        from scipy.stats import t

        targets, k = self.targets, len(self.known)
        human = targets.scores(targets.reference, name)
        judged = np.column_stack([targets.scores(j, name) for j in self.judges])
        anyone = np.logical_or.reduce([mask for _, mask in self.known])
        used = anyone & ~np.isnan(human) & ~np.isnan(judged).any(axis=1)
        systems = targets.systems[used]
        present = np.unique(systems)
        # Deviation coding: the experts' effects add up to zero, the last is minus the others' sum.
        masks = np.column_stack([mask[used] for _, mask in self.known]).astype(np.float64)
        effects = masks[:, :-1] - masks[:, -1:]
        varying = np.ptp(judged[used], axis=0) > 0 if used.any() else np.zeros(0, dtype=bool)
        design = np.column_stack(
            [systems[:, None] == present, judged[used][:, varying], effects]
        ).astype(np.float64)
        clusters = targets.clusters[used]
        fit = cluster_regression(design, human[used], clusters)
        reach = float(t.ppf((1 + level) / 2, len(fit.contributions) - 1))

        means = [float(human[used & mask].mean()) for _, mask in self.known]
        experts, biases = [], []
        for code, (expert, mask) in enumerate(self.known):
            contrast = np.zeros(design.shape[1])
            # Severity is the effect with its sign turned: strict experts rate lower.
            if code < k - 1:
                contrast[design.shape[1] - (k - 1) + code] = -1.0
            else:
                contrast[design.shape[1] - (k - 1) :] = 1.0
            severity = float(contrast @ fit.coefficients)
            error = fit.standard_error(contrast)
            experts.append(
                ExpertSeverity(
                    attribute=name,
                    expert=expert,
                    n_targets=int((used & mask).sum()),
                    n_clusters=len(np.unique(targets.clusters[used & mask])),
                    mean=means[code],
                    below_mean=float(np.mean(means)) - means[code],
                    severity=severity,
                    low=severity - reach * error,
                    high=severity + reach * error,
                    standard_error=error,
                )
            )
            for j, judge in enumerate(self.judges):
                counted = (used & mask & targets.included(judge, keep_own=keep_own))[used]
                difference = judged[used, j] - human[used]
                bias = float(difference[counted].mean()) if counted.any() else float("nan")
                own = _error_of_net(fit, contrast, difference - bias, counted, clusters)
                biases.append(
                    NetBias(
                        judge=judge,
                        attribute=name,
                        expert=expert,
                        bias=bias,
                        severity=severity,
                        net=bias - severity,
                        low=bias - severity - reach * own,
                        high=bias - severity + reach * own,
                    )
                )
        return experts, biases


def _error_of_net(
    fit: Fit, contrast: Floats, centred: Floats, counted: Any, clusters: Any
) -> float:
    """Return the standard error of a mean difference less a contrast, on the same replies."""
    n = int(counted.sum())
    if not n:
        return float("nan")
    mean = by_cluster(np.where(counted, centred, 0.0)[:, None] / n, clusters)[:, 0]
    return float(np.sqrt(fit.correction * ((mean - fit.contributions @ contrast) ** 2).sum()))
