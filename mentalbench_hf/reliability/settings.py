"""How reliability is computed: settings, and the named protocols that choose them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentalbench_hf.choices import (
    LEVELS,
    PROTOCOLS,
    RESAMPLES,
    IntervalMethod,
    Level,
    Protocol,
    Resample,
    Rule,
    check_choice,
)
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling
from mentalbench_hf.reliability.core.intervals import check_interval_method

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

PUBLISHED_RESAMPLES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How reliability is computed.

    Attributes:
        level: whether targets are the systems' mean ratings or single responses.
        resample: what the bootstrap draws.
        n_resamples: number of replicates; 0 gives point estimates only.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        rule: verdict rule; "bound" judges ICC(C,1) at system level and ICC(A,1) at response level.
        keep_own: keep a judge's own counterpart among its targets.
        within_unit: discard replicates outside [0, 1], as the published protocol does (they
            count as degenerate); an honest interval keeps them.
        mse_of_responses: at system level give the MSE of single responses, as published.
        ci: "percentile" or "bca" intervals from replicates, or "analytic": the F intervals of
            the ICCs (pingouin), without any resampling; other statistics then have none.
    """

    level: Level = "system"
    resample: Resample = "conversations"
    n_resamples: int = 10_000
    seed: int = 0
    confidence_level: float = 0.95
    rule: Rule = "bound"
    keep_own: bool = False
    within_unit: bool = False
    mse_of_responses: bool = False
    ci: IntervalMethod = "percentile"


def settings_of(
    protocol: Protocol,
    *,
    resample: Resample | None = None,
    n_resamples: int | None = None,
    seed: int = 0,
    confidence_level: float = 0.95,
    ci: IntervalMethod = "percentile",
) -> Settings:
    """Return the settings of a named protocol; None takes the protocol's own choice.

    Raises:
        StatisticsError: unknown protocol or interval method, unusable numbers, or "published"
            with intervals other than percentile.
    """
    check_choice(protocol, PROTOCOLS, "protocol")
    published = protocol == "published"
    n = (PUBLISHED_RESAMPLES if published else 10_000) if n_resamples is None else n_resamples
    check_resampling(n, confidence_level, seed)
    check_interval_method(ci, within_unit=published)
    return Settings(
        level="response" if protocol == "response" else "system",
        resample=resample or ("systems" if published else "conversations"),
        n_resamples=n,
        seed=seed,
        confidence_level=confidence_level,
        rule="published" if published else "bound",
        within_unit=published,
        mse_of_responses=published,
        ci=ci,
    )


def level_of(targets: RatedTargets, level: Level | None) -> Level:
    """Return the level asked for; by default that of systems where they are told apart.

    Ratings that do not say who made what have single responses for targets.
    """
    return level or ("system" if len(targets.system_names) > 1 else "response")


def check_systems(targets: RatedTargets, level: Level) -> None:
    """Raise StatisticsError for the level of systems with fewer than two of them."""
    if level == "system" and len(targets.system_names) < 2:
        raise StatisticsError(
            "the system level needs at least two systems; "
            f"received {len(targets.system_names)}. Use the response level."
        )


def check_settings(settings: Settings) -> None:
    """Raise StatisticsError unless the settings are usable."""
    check_choice(settings.level, LEVELS, "level")
    check_choice(settings.resample, RESAMPLES, "resampling")
    check_resampling(settings.n_resamples, settings.confidence_level, settings.seed)
    check_interval_method(settings.ci, within_unit=settings.within_unit)
