"""Reliability by expert: each expert's own figures, and what they say of another expert."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.agreement import bias, mse
from mentalbench_hf.reliability.core.bootstrap import percentile_interval
from mentalbench_hf.reliability.core.icc import icc_of
from mentalbench_hf.reliability.core.moments import Floats, Moments
from mentalbench_hf.reliability.core.random_effects import RandomEffects
from mentalbench_hf.reliability.core.replicates import point, replicate
from mentalbench_hf.reliability.expert_severity import SeverityOfExperts, expert_severity
from mentalbench_hf.reliability.experts import (
    ALL,
    COMBINED,
    ByExpert,
    combined,
    estimates_by_expert,
    expert_seed,
    named_experts,
)
from mentalbench_hf.reliability.heterogeneity import N_SHUFFLES, heterogeneity
from mentalbench_hf.reliability.protocol import Reliability, reliability
from mentalbench_hf.reliability.settings import Settings
from mentalbench_hf.reliability.verdict import FITTING_COLUMN, verdict

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

_NAN: Final = float("nan")
_STATISTICS: Final[dict[str, Callable[[Moments], Floats]]] = {
    "icc_c1": partial(icc_of, variant="ICC(C,1)"),
    "icc_a1": partial(icc_of, variant="ICC(A,1)"),
    "bias": bias,
    "mse": mse,
}
#: What a statistic may be at most, and at least, where an interval is cut off.
_RANGE: Final = {"icc_c1": (-1.0, 1.0), "icc_a1": (-1.0, 1.0)}


@dataclass(frozen=True, slots=True)
class ExpertReliability(Reliability):
    """Reliability of one judge on one attribute, for one expert or over the experts.

    In a row of one expert the intervals are over that expert's conversations. In the combined row
    they are random-effects intervals (see
    :func:`~mentalbench_hf.reliability.core.random_effects.random_effects`), cut off at −1 and 1
    for an ICC. The verdict is that of the row's own interval; the row of all is the one of
    :func:`~mentalbench_hf.reliability.protocol.reliability`.

    Attributes:
        expert: "all" (the ratings as one column), an expert's name, or "combined".
        n_clusters: conversations that some target of the row comes from.
        n_experts: experts that the combined row rests on; 1 in an expert's row, 0 in that of all.
        tau: standard deviation of ICC(C,1) between experts; as all that follows NaN but in the
            combined row.
        prediction_low: lower bound for the ICC(C,1) of one more expert.
        prediction_high: upper bound, likewise.
        icc_a1_tau: as tau for ICC(A,1), with its prediction interval.
        bias_tau: as tau for the bias, likewise.
        icc_centred: ICC(C,1) with each expert's mean taken out, 2 Σ S_hj / Σ (S_hh + S_jj) with
            the sums within experts, and its bounds.
        severity: in an expert's row how much stricter than the mean expert they are, net of content
            (see :mod:`~mentalbench_hf.reliability.expert_severity`); else NaN.
        bias_net: bias of single replies less severity: the part that is the judge's, with bounds.
        heterogeneity_q: Cochran's Q of ICC(C,1), about n_experts − 1 where experts are alike.
        spread: standard deviation of ICC(C,1) over the experts, weighed by conversations.
        heterogeneity_p: of a spread so large when conversations are dealt anew among the experts.
        control_spread: the spread of this judge against the other judges, on the same
            conversations: what comes from them and not from the experts.
        control_p: its p.
    """

    expert: str = ALL
    n_clusters: int = 0
    n_experts: int = 0
    tau: float = _NAN
    prediction_low: float = _NAN
    prediction_high: float = _NAN
    icc_a1_tau: float = _NAN
    icc_a1_prediction_low: float = _NAN
    icc_a1_prediction_high: float = _NAN
    bias_tau: float = _NAN
    bias_prediction_low: float = _NAN
    bias_prediction_high: float = _NAN
    icc_centred: float = _NAN
    icc_centred_low: float = _NAN
    icc_centred_high: float = _NAN
    severity: float = _NAN
    bias_net: float = _NAN
    bias_net_low: float = _NAN
    bias_net_high: float = _NAN
    heterogeneity_q: float = _NAN
    spread: float = _NAN
    heterogeneity_p: float = _NAN
    control_spread: float = _NAN
    control_p: float = _NAN


def reliability_by_expert(
    targets: RatedTargets,
    settings: Settings | None = None,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    n_shuffles: int = N_SHUFFLES,
) -> list[ExpertReliability]:
    """Return for every judge and attribute a row of all, one per expert, and the combined row.

    Args:
        targets: the ratings, with the experts of the reference column. Targets of unknown experts
            count in the row of all only.
        settings: as for :func:`~mentalbench_hf.reliability.protocol.reliability`; the experts'
            own intervals always resample conversations, by percentile or BCa.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        n_shuffles: shuffles behind the p-values of heterogeneity.

    Raises:
        StatisticsError: no expert is known, analytic intervals, or as for `reliability`.
    """
    return with_experts(
        targets, settings or Settings(), judges=judges, names=names, n_shuffles=n_shuffles
    )[1]


def with_experts(
    targets: RatedTargets,
    settings: Settings,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    n_shuffles: int = N_SHUFFLES,
    net: SeverityOfExperts | None = None,
    beside: bool = True,
) -> tuple[list[Reliability], list[ExpertReliability]]:
    """Return the rows of `reliability` and of `reliability_by_expert`, computed together.

    Both rest on the same replicates of each expert's conversations, which are drawn once.

    Args:
        targets: as for :func:`reliability_by_expert`, as is what is not named here.
        settings: likewise.
        judges: likewise.
        names: likewise.
        n_shuffles: likewise.
        net: the experts' severity where it is known already, with all judges and attributes.
        beside: compute heterogeneity and the centred ICC; else they are NaN.

    Raises:
        StatisticsError: as for :func:`reliability_by_expert`.
    """
    s = settings
    named_experts(targets)
    if s.ci == "analytic":
        raise StatisticsError(
            "experts are compared on resampled conversations; choose percentile or bca intervals, "
            "not analytic ones"
        )
    cells = [(j, a) for j in judges or targets.judges for a in names or targets.names]
    experts = estimates_by_expert(targets, cells, _STATISTICS, s)
    whole = reliability(targets, s, judges=judges, names=names, experts=experts)
    together = {name: combined(experts, name, s.confidence_level) for name in _STATISTICS}
    more = _beside(targets, cells, experts, s, n_shuffles) if beside else [{}] * len(cells)
    found_net = _net_biases(targets, [name for _, name in cells], s, net)
    out = []
    for i, row in enumerate(whole):
        n_clusters = sum(e.n_clusters[i] for e in experts)
        out.append(ExpertReliability(**asdict(row), n_clusters=_all_clusters(targets, row, s)))
        out += [
            replace(_expert_row(row, e, i, s), **found_net.get((*cells[i], e.name), {}))
            for e in experts
        ]
        found = {name: values[i] for name, values in together.items()}
        out.append(
            replace(
                _combined_row(row, experts, i, found, s),
                n_clusters=n_clusters,
                **more[i],
            )
        )
    return whole, out


def _beside(
    targets: RatedTargets,
    cells: Sequence[tuple[str, str]],
    experts: Sequence[ByExpert],
    s: Settings,
    n_shuffles: int,
) -> list[dict[str, Any]]:
    """Return for each cell the centred ICC, and how far the experts lie apart."""
    apart = heterogeneity(
        targets,
        cells,
        _STATISTICS["icc_c1"],
        s.level,
        n_shuffles=n_shuffles,
        seed=s.seed,
        keep_own=s.keep_own,
    )
    return [
        {
            **centred,
            "spread": h.spread,
            "heterogeneity_p": h.p,
            "control_spread": h.control_spread,
            "control_p": h.control_p,
        }
        for centred, h in zip(_centred(experts, s), apart, strict=True)
    ]


def _all_clusters(targets: RatedTargets, row: Reliability, s: Settings) -> int:
    pair = targets.pair(row.judge, row.attribute, keep_own=s.keep_own)
    return len(np.unique(targets.clusters[~np.isnan(pair).any(axis=1)]))


def _expert_row(row: Reliability, e: ByExpert, i: int, s: Settings) -> ExpertReliability:
    figures: dict[str, Any] = {}
    for name, values in e.found.items():
        figures[name] = values[i].estimate
        if name != "mse":
            figures |= {
                f"{name}_low": values[i].interval.low,
                f"{name}_high": values[i].interval.high,
            }
    return _own_row(
        row,
        s,
        expert=e.name,
        n_targets=e.n_targets[i],
        n_missing=e.grids[i].n_missing,
        n_clusters=e.n_clusters[i],
        n_experts=1,
        n_degenerate=max(e.found[k][i].interval.n_degenerate for k in ("icc_c1", "icc_a1")),
        reason=e.reasons[i],
        **figures,
    )


def _net_biases(
    targets: RatedTargets, names: Sequence[str], s: Settings, known: SeverityOfExperts | None
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return severity and net bias by judge, attribute and expert; nothing where not defined."""
    try:
        found = known or expert_severity(
            targets,
            names=list(dict.fromkeys(names)),
            confidence_level=s.confidence_level,
            keep_own=s.keep_own,
        )
    except StatisticsError:
        return {}
    return {
        (b.judge, b.attribute, b.expert): {
            "severity": b.severity,
            "bias_net": b.net,
            "bias_net_low": b.low,
            "bias_net_high": b.high,
        }
        for b in found.judges
    }


def _combined_row(
    row: Reliability,
    experts: Sequence[ByExpert],
    i: int,
    found: dict[str, RandomEffects],
    s: Settings,
) -> ExpertReliability:
    figures: dict[str, Any] = {}
    for name, r in found.items():
        figures[name] = r.mean
        if name == "mse":
            continue
        low, high = _RANGE.get(name, (-np.inf, np.inf))
        prefix = "" if name == "icc_c1" else f"{name}_"
        figures |= {
            f"{prefix}tau": r.tau,
            # NaN stays NaN.
            f"{name}_low": float(np.maximum(r.low, low)),
            f"{name}_high": float(np.minimum(r.high, high)),
            f"{prefix}prediction_low": float(np.maximum(r.prediction_low, low)),
            f"{prefix}prediction_high": float(np.minimum(r.prediction_high, high)),
        }
    c1 = found["icc_c1"]
    return _own_row(
        row,
        s,
        expert=COMBINED,
        n_targets=sum(e.n_targets[i] for e in experts) if s.level == "response" else row.n_targets,
        n_missing=sum(e.grids[i].n_missing for e in experts),
        n_experts=c1.n,
        n_degenerate=max(
            e.found[k][i].interval.n_degenerate for e in experts for k in ("icc_c1", "icc_a1")
        ),
        heterogeneity_q=c1.q,
        reason=c1.reason,
        **figures,
    )


def _own_row(row: Reliability, s: Settings, **values: Any) -> ExpertReliability:
    """Return a row with the verdict of its own interval."""
    given = {k: v for k, v in asdict(row).items() if not k.startswith("verdict")} | values
    icc = FITTING_COLUMN[s.level] if s.rule == "bound" else "icc_c1"
    found = verdict(given[f"{icc}_low"], given[f"{icc}_high"], s.rule)
    return ExpertReliability(**given, verdict=found.value)


def _cross(m: Moments) -> Floats:
    return 2 * m.covariance()[..., 0, 1] * m.n


def _squares(m: Moments) -> Floats:
    squares: Floats = np.trace(m.covariance(), axis1=-2, axis2=-1) * m.n
    return squares


def _centred(experts: Sequence[ByExpert], s: Settings) -> list[dict[str, Any]]:
    """Return ICC(C,1) with the sums within experts, and its bounds, for every cell."""
    parts: dict[str, Callable[[Moments], Floats]] = {"cross": _cross, "squares": _squares}
    n_cells = len(experts[0].grids)
    points = {name: np.zeros(n_cells) for name in parts}
    draws = {name: np.zeros((n_cells, s.n_resamples)) for name in parts}
    for number, e in enumerate(experts):
        values = replicate(
            e.grids,
            parts,
            level=s.level,
            n_resamples=s.n_resamples,
            seed=expert_seed(s.seed, number),
        )
        for name, f in parts.items():
            # An expert without targets in a cell has no sums there.
            points[name] += np.nan_to_num([float(f(point(g, s.level))) for g in e.grids])
            draws[name] += np.nan_to_num(values[name])
    with np.errstate(invalid="ignore", divide="ignore"):
        icc = points["cross"] / points["squares"]
        replicates = draws["cross"] / draws["squares"]
    out: list[dict[str, Any]] = []
    for value, row in zip(icc, replicates, strict=True):
        found = percentile_interval(row, s.confidence_level)
        out.append(
            {
                "icc_centred": float(value),
                "icc_centred_low": found.low,
                "icc_centred_high": found.high,
            }
        )
    return out
