"""The report of MentalAlign-70k: what the released files add to what any ratings give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentalbench_hf.report.findings import Progress, Results, compute

if TYPE_CHECKING:
    from mentalbench_hf.sources import Source


def results_of_benchmark(
    files: Source,
    data: str = "audited",
    *,
    n_resamples: int = 10_000,
    seed: int = 0,
    progress: Progress = lambda step: None,
) -> Results:
    """Compute the report of MentalAlign-70k, with its audit and what each fault moves.

    Args:
        files: the released files, or the bundled sample.
        data: "audited" or "released".
        n_resamples: bootstrap replicates of every interval.
        seed: seed of the bootstrap.
        progress: called with the name of each step as it starts.

    Raises:
        DataError, SourceError: the files cannot be had or are not what was released.
        StatisticsError: unusable numbers.
    """
    from mentalbench_hf.data.audit import audit
    from mentalbench_hf.data.fault_variants import fault_variants
    from mentalbench_hf.data.mentalalign import read_mentalalign

    released = read_mentalalign(files)
    return compute(
        released.targets(data),
        variants=fault_variants(released),
        published=released.published_targets(),
        audit=audit(released),
        judge_families={j.id: j.family for j in released.roster.judges},
        system_families={s.id: s.family for s in released.roster.systems},
        n_resamples=n_resamples,
        seed=seed,
        progress=progress,
    )
