"""Everything that can be said of a panel, part by part; what cannot is named with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypedDict

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.alternative_annotator import (
    EPSILON,
    MIN_EXPERTS,
    MIN_ITEMS,
    Closeness,
)
from mentalbench_hf.reliability.core.bootstrap import kept_weights
from mentalbench_hf.reliability.panel.agreement import Validity, same_footing
from mentalbench_hf.reliability.panel.alpha import alphas
from mentalbench_hf.reliability.panel.annotator import annotator_tests
from mentalbench_hf.reliability.panel.components import panel_components
from mentalbench_hf.reliability.panel.facets import severities
from mentalbench_hf.reliability.panel.leave_one_out import leave_one_out
from mentalbench_hf.reliability.panel.ranking import ranking
from mentalbench_hf.reliability.panel.raters import rater_profiles
from mentalbench_hf.reliability.panel.ratings import PanelRatings, panel_ratings
from mentalbench_hf.reliability.panel.unsafe import unsafe_ceiling
from mentalbench_hf.reliability.panel.verdicts import JudgeVerdict, judge_verdict

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: Part -> what it answers, in the order of every output.
PARTS: Final[dict[str, str]] = {
    "verdicts": "is the judge as good as one more expert?",
    "agreement": "agreement of judge and experts beside that of the experts, on the same items",
    "leave_one_out": "each expert, and the judge, against the mean of the other experts",
    "alternative_annotator": "the alternative annotator test, with four baselines",
    "alpha": "Krippendorff's alpha, and with each expert replaced by the judge",
    "validity": "agreement with what the experts have in common, their unreliability taken out",
    "ranking": "does the judge change which system one would choose?",
    "unsafe": "of the replies one expert rated low, how many did the others and the judge?",
    "raters": "how each rater uses the scale: severity, spread, halo, drift, repeats",
    "severity": "severity of each rater in logits, by a many-facet Rasch model",
    "components": "which part of the variance is the raters'?",
}
#: Default thresholds are those of a scale from 1 to 5.
_THRESHOLDS: Final[dict[tuple[float, float], tuple[float, ...]]] = {(1.0, 5.0): (3.0, 2.0)}


@dataclass(frozen=True, eq=False)
class PanelReport:
    """The parts of a panel's report: lists of records by name in PARTS.

    Attributes:
        parts: part -> typed rows; a part that could not be computed at all is an empty list.
        not_computed: records of part, attribute, judge and reason.
        experts: the experts.
        judges: the judges.
        data: what the ratings are.
        synthetic: whether they are the bundled sample.
    """

    parts: dict[str, list[Any]]
    not_computed: list[dict[str, str]]
    experts: tuple[str, ...]
    judges: tuple[str, ...]
    data: str
    synthetic: bool

    def record(self) -> dict[str, Any]:
        """Return one object for JSON: a list of records per part, and `not_computed`."""
        return {
            "data": self.data,
            "synthetic": self.synthetic,
            "experts": list(self.experts),
            "judges": list(self.judges),
            **{part: [row.record() for row in rows] for part, rows in self.parts.items()},
            "not_computed": self.not_computed,
        }


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """How a panel is computed.

    Attributes:
        closeness: of the alternative annotator test: "rmse" or "accuracy".
        epsilon: how far a judge may fall behind in it, 0 to 1.
        min_items: items an expert must have to be tested.
        min_experts: experts an item must have to be used.
        thresholds: ratings at most this high are low; 3 and 2 on a 1 to 5 scale, else needed.
        n_resamples: replicates of whole clusters.
        seed: of the replicates.
        confidence_level: of the intervals, between 0 and 1.
    """

    closeness: Closeness = "rmse"
    epsilon: float = EPSILON
    min_items: int = MIN_ITEMS
    min_experts: int = MIN_EXPERTS
    thresholds: tuple[float, ...] | None = None
    n_resamples: int = 2_000
    seed: int = 0
    confidence_level: float = 0.95


class _Drawn(TypedDict):
    n_resamples: int
    seed: int
    confidence_level: float


@dataclass
class _Collected:
    """Parts under way."""

    parts: dict[str, list[Any]] = field(default_factory=lambda: {part: [] for part in PARTS})
    not_computed: list[dict[str, str]] = field(default_factory=list)

    def add(
        self, part: str, attribute: str, judge: str, make: Callable[[], list[Any]]
    ) -> list[Any]:
        """Add the rows of a part, or the reason why there are none."""
        try:
            rows = make()
        except StatisticsError as error:
            rows, reason = [], str(error)
        else:
            reason = "no items that the raters share" if not rows else ""
        if reason:
            self.not_computed.append(
                {"part": part, "attribute": attribute, "judge": judge, "reason": reason}
            )
        self.parts[part] += rows
        return rows


def panel_report(
    targets: RatedTargets,
    experts: Sequence[str],
    judges: Sequence[str] | None = None,
    *,
    names: Sequence[str] | None = None,
    settings: PanelSettings | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> PanelReport:
    """Compute every part of a panel that its ratings allow.

    Args:
        targets: the ratings.
        experts: raters that are experts.
        judges: raters that are judges, by default all others; empty for the experts alone.
        names: attributes and axes, by default all.
        settings: how.
        progress: called with what is computed next.

    Raises:
        StatisticsError: no expert, or a rater that is expert and judge.
        DataError: an unknown rater or attribute.
    """
    s = settings or PanelSettings()
    chosen = tuple(r for r in targets.raters if r not in experts) if judges is None else judges
    found = _Collected()
    with kept_weights():
        _fill(found, targets, experts, chosen, names or targets.names, s, progress)
    return PanelReport(
        parts=found.parts,
        not_computed=found.not_computed,
        experts=tuple(experts),
        judges=tuple(chosen),
        data=targets.data,
        synthetic=targets.synthetic,
    )


def _fill(
    found: _Collected,
    targets: RatedTargets,
    experts: Sequence[str],
    judges: Sequence[str],
    names: Sequence[str],
    s: PanelSettings,
    progress: Callable[[str], None],
) -> None:
    panels = []
    for name in names:
        panel = panel_ratings(targets, experts, judges, name)
        progress(f"{name}, variance")
        drawn = _Drawn(n_resamples=s.n_resamples, seed=s.seed, confidence_level=s.confidence_level)
        found.add("components", name, "", partial(panel_components, panel, **drawn))
        if name in targets.attributes:
            panels.append(panel)
        for judge in range(len(panel.judges)) if panel.judges else [None]:
            who = "" if judge is None else panel.judges[judge]
            progress(f"{name}{f', {who}' if who else ''}")
            _compute(found, panel, judge, s)
    if panels:
        progress("raters")
        everything = ", ".join(panel.attribute for panel in panels)
        found.add("raters", everything, "", partial(rater_profiles, panels, **drawn))
        level = s.confidence_level
        found.add("severity", everything, "", partial(severities, panels, confidence_level=level))


def _compute(found: _Collected, panel: PanelRatings, judge: int | None, s: PanelSettings) -> None:
    who = "" if judge is None else panel.judges[judge]
    drawn = _Drawn(n_resamples=s.n_resamples, seed=s.seed, confidence_level=s.confidence_level)

    def add(part: str, make: Callable[[], list[Any]]) -> list[Any]:
        return found.add(part, panel.attribute, who, make)

    footing = same_footing(panel, judge, **drawn)
    rows = add("agreement", lambda: _two_experts(panel) or footing.rows())
    add(
        "leave_one_out",
        lambda: _two_experts(panel) or leave_one_out(panel, judge, **drawn),
    )
    # The experts' own alpha stands first with every judge; once is enough.
    add("alpha", lambda: alphas(panel, judge, **drawn)[1 if judge else 0 :])
    for threshold in _thresholds(found, panel, who, s):
        add("unsafe", partial(unsafe_ceiling, panel, judge, threshold, **drawn))
    if judge is None:
        return
    tests = add("alternative_annotator", lambda: _tests(panel, judge, s))
    add("validity", lambda: _known(footing.validity()))
    add("ranking", lambda: [ranking(panel, judge, **drawn)])
    add("verdicts", lambda: _verdict(panel, rows, tests, s))


def _two_experts(panel: PanelRatings) -> list[Any]:
    if len(panel.experts) < 2:
        raise StatisticsError("one expert: agreement between experts needs two")
    return []


def _tests(panel: PanelRatings, judge: int, s: PanelSettings) -> list[Any]:
    rows = annotator_tests(
        panel,
        judge,
        closeness=s.closeness,
        epsilon=s.epsilon,
        min_items=s.min_items,
        min_experts=s.min_experts,
        seed=s.seed,
    )
    if all(row.n_experts == 0 for row in rows):
        raise StatisticsError(
            f"no expert shares {s.min_items} items with {panel.judges[judge]} that at least "
            f"{s.min_experts} experts rated"
        )
    return rows


def _known(value: Validity | None) -> list[Validity]:
    return [] if value is None else [value]


def _verdict(
    panel: PanelRatings, rows: list[Any], tests: list[Any], s: PanelSettings
) -> list[JudgeVerdict]:
    verdict = judge_verdict(rows, tests, epsilon=s.epsilon, n_experts=len(panel.experts))
    return [] if verdict is None else [verdict]


def _thresholds(
    found: _Collected, panel: PanelRatings, who: str, s: PanelSettings
) -> tuple[float, ...]:
    """Return what counts as low, or say why nothing does."""
    if len(panel.experts) < 2:
        reason = "one expert: nobody else rated the same replies"
    elif s.thresholds is not None:
        return s.thresholds
    elif panel.scale in _THRESHOLDS:
        return _THRESHOLDS[panel.scale]
    else:
        low, high = panel.scale
        reason = f"on a scale from {low:g} to {high:g} a threshold must say what is low"
    found.not_computed.append(
        {"part": "unsafe", "attribute": panel.attribute, "judge": who, "reason": reason}
    )
    return ()
