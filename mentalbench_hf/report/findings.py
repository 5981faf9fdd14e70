"""Everything a report shows, computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.choices import Level
from mentalbench_hf.data.audit import Audit
from mentalbench_hf.reliability.protocol import Reliability, Settings, reliability, settings_of
from mentalbench_hf.reliability.trust.baselines import Baseline, baselines
from mentalbench_hf.reliability.trust.bias_surface import BiasCell, bias_surface
from mentalbench_hf.reliability.trust.leaderboard import Leaderboard, leaderboard, rated_systems
from mentalbench_hf.reliability.trust.low_replies import LowReplies, low_replies
from mentalbench_hf.reliability.trust.seed_stability import SeedStability, seed_stability
from mentalbench_hf.reliability.trust.self_preference import SelfPreference, self_preference
from mentalbench_hf.reliability.trust.sensitivity import Sensitivity, sensitivity
from mentalbench_hf.reliability.trust.sentences import Trust, trust_all
from mentalbench_hf.reliability.trust.severity import Severity, severity
from mentalbench_hf.reliability.trust.unsafe import UnsafeCard, unsafe_cards
from mentalbench_hf.report.expert_findings import ExpertResults, comparable, expert_results

if TYPE_CHECKING:
    from mentalbench_hf.data.reply_words import ReplyWords
    from mentalbench_hf.data.targets import RatedTargets

#: Seeds that the verdicts are tried under, and replicates at most: with fewer than the verdicts
#: rest on, a label that does not move here moves all the less there.
N_SEEDS: Final = 5
N_SEED_RESAMPLES: Final = 2_000
#: Replicates at most of what stands beside the verdicts.
N_BESIDE: Final = 1_000
Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Results:
    """The results of one report.

    Attributes:
        targets: the ratings reported on.
        settings: level -> settings, in the order reported; "system" is absent where systems are
            not distinguished.
        rows: level -> reliability rows.
        trust: both verdicts of each judge and attribute, in sentences.
        unsafe: unsafe-reply cards, the attribute that matters most first.
        surface: bias by attribute, system and human level.
        severity: shift and range compression.
        preference: self- and family-preference; empty where no judge is related to a system.
        moved: what each fault of the data moves; None for a user's ratings.
        stability: which verdicts depend on the seed; ours, and the published rule's where the
            ratings read as published are given.
        audit: the audit; None for a user's ratings.
        low: what the replies are that the reference rated low on the attribute of the first card,
            the lowest threshold first.
        boards: the systems in order, by axis, then by attribute; empty where systems are not
            distinguished.
        words: the texts behind the replies; None for a user's ratings.
        baselines: what stands beside an ICC of single replies, of all and by expert; empty where
            systems are not distinguished.
        experts: what is said of the experts; None where they are not known.
    """

    targets: RatedTargets
    settings: dict[str, Settings]
    rows: dict[str, list[Reliability]]
    trust: list[Trust]
    unsafe: list[UnsafeCard]
    surface: list[BiasCell]
    severity: list[Severity]
    preference: list[SelfPreference] = field(default_factory=list)
    moved: Sensitivity | None = None
    stability: list[SeedStability] = field(default_factory=list)
    audit: Audit | None = None
    low: list[LowReplies] = field(default_factory=list)
    boards: list[Leaderboard] = field(default_factory=list)
    words: ReplyWords | None = None
    baselines: list[Baseline] = field(default_factory=list)
    experts: ExpertResults | None = None


def compute(
    targets: RatedTargets,
    *,
    variants: Mapping[str, RatedTargets] | None = None,
    left_out: Mapping[str, RatedTargets] | None = None,
    published: RatedTargets | None = None,
    audit: Audit | None = None,
    judge_families: Mapping[str, str] | None = None,
    system_families: Mapping[str, str] | None = None,
    incomplete: NDArray[np.bool_] | None = None,
    words: ReplyWords | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
    progress: Progress = lambda step: None,
) -> Results:
    """Compute all results of a report.

    Args:
        targets: the ratings.
        variants: the same ratings under each fault (see
            :func:`~mentalbench_hf.data.fault_variants.fault_variants`), for the sensitivity
            analysis.
        left_out: the last of them with more left out (see
            :func:`~mentalbench_hf.data.fault_variants.left_out_variants`).
        published: the ratings read as published, for the seed stability of the published rule.
        audit: the audit of the ratings.
        judge_families: judge -> maker, for self-preference.
        system_families: system -> maker.
        incomplete: which replies are incomplete, shape (n_targets,), where that is known.
        words: the texts behind the replies, to show those that were missed.
        n_resamples: bootstrap replicates of every interval.
        seed: seed of the bootstrap.
        progress: called with the name of each step as it starts.

    Raises:
        StatisticsError: unusable numbers or ratings.
    """
    levels: tuple[Level, ...] = (
        ("system", "response") if len(targets.system_names) > 1 else ("response",)
    )
    settings: dict[str, Settings] = {
        level: settings_of(level, n_resamples=n_resamples, seed=seed) for level in levels
    }
    progress("unsafe replies")
    unsafe = unsafe_cards(targets, n_resamples=n_resamples, seed=seed, incomplete=incomplete)
    lowest = sorted({targets.scale[0], *(card.threshold for card in unsafe)})
    low = [low_replies(targets, unsafe[0].attribute, t, incomplete=incomplete) for t in lowest]
    rows: dict[str, list[Reliability]] = {}
    experts = None
    if comparable(targets):
        rows, experts = expert_results(
            targets,
            settings,
            attribute=unsafe[0].attribute,
            threshold=lowest[-1],
            progress=progress,
        )
    else:
        for level in levels:
            progress(f"reliability, level {level}")
            rows[level] = reliability(targets, settings[level])
    beside = []
    if len(levels) > 1:
        progress("baselines")
        beside = baselines(targets, n_resamples=min(n_resamples, N_BESIDE), seed=seed)
    progress("bias")
    surface = bias_surface(targets, n_resamples=min(n_resamples, N_BESIDE), seed=seed)
    spread = severity(targets, n_resamples=n_resamples, seed=seed)
    preference = []
    if targets.left_out:
        progress("self-preference")
        preference = self_preference(
            targets,
            judge_families=judge_families,
            system_families=system_families,
            n_resamples=min(n_resamples, N_BESIDE),
            seed=seed,
        )
    boards = []
    if len(levels) > 1:
        progress("the systems in order")
        boards = [
            leaderboard(targets, name=name, seed=seed)
            for name in (*targets.axes, *targets.attributes)
            if len(rated_systems(targets, name)) > 1
        ]
    moved = None
    if variants is not None:
        progress("sensitivity to the faults of the data")
        moved = sensitivity(variants, left_out, n_resamples=min(n_resamples, N_BESIDE), seed=seed)
    progress("stability under other seeds")
    seeds = tuple(range(seed, seed + N_SEEDS))
    stability = [
        seed_stability(targets, level, seeds=seeds, n_resamples=min(n_resamples, N_SEED_RESAMPLES))
        for level in levels
    ]
    if published is not None:
        stability.append(seed_stability(published, "published", seeds=seeds))
    return Results(
        targets=targets,
        settings=settings,
        rows=rows,
        trust=trust_all(rows.get("system", []), rows["response"]),
        unsafe=unsafe,
        surface=surface,
        severity=spread,
        preference=preference,
        moved=moved,
        stability=stability,
        audit=audit,
        low=low,
        boards=boards,
        words=words,
        baselines=beside,
        experts=experts,
    )
