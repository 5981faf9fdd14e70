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

    The words of missed replies are shown with the replies themselves where these are on this
    machine; nothing is downloaded for that.

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
    from mentalbench_hf.data.fault_variants import fault_variants, left_out_variants
    from mentalbench_hf.data.incomplete_replies import incomplete_replies
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.data.mentalbench import read_mentalbench
    from mentalbench_hf.data.reply_words import ReplyWords

    released = read_mentalalign(files)
    # The texts of the replies are a large download; a report does not need them.
    conversations = read_mentalbench(files) if files.conversations_here() else None
    found = audit(released)
    return compute(
        released.targets(data),
        variants=fault_variants(released),
        left_out=left_out_variants(released, found),
        published=released.published_targets(),
        audit=found,
        incomplete=incomplete_replies(released).ravel(),
        words=ReplyWords(released, conversations),
        judge_families={j.id: j.family for j in released.roster.judges},
        system_families={s.id: s.family for s in released.roster.systems},
        n_resamples=n_resamples,
        seed=seed,
        progress=progress,
    )
