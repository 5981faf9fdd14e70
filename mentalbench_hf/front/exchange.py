"""What goes to other tools and comes from them: preference pairs, and logs of inspect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mentalbench_hf.ecosystem.logs import JudgeLog
    from mentalbench_hf.ecosystem.preference_files import Export
    from mentalbench_hf.inference.certify import Certificate


def preferences(
    out: str | Path,
    source: str | Path = "upstream",
    *,
    name: str = "CSS",
    margin: float = 1.0,
    splits: Mapping[str, float] | None = None,
    seed: int = 0,
    systems: Sequence[str] = (),
) -> Export:
    """Write pairs of replies that human experts rated apart, in TRL's preference format.

    Whole conversations go to one split. Ties and pairs without a rating or a text are left out and
    counted. The folder appears whole or not at all.

    Args:
        out: the folder; one that this function made before is replaced.
        source: ``upstream``, ``sample`` or a folder of the released files with the texts.
        name: attribute or axis whose score decides.
        margin: smallest difference of the scores, 0 to 4 rating points.
        splits: split -> share of the conversations; by default train 0.8 and test 0.2.
        seed: of the split.
        systems: only replies of these; by default of all.

    Raises:
        DataError: `out` holds something else, a split gets no pair, or unusable arguments.
        RunError: the source does not hold the texts.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.preferences("preferences", "sample", name="Safety").pairs["train"] > 0
        True
    """
    from mentalbench_hf.data.rated_replies import read_rated_replies
    from mentalbench_hf.ecosystem.preference_files import write_preferences
    from mentalbench_hf.ecosystem.preferences import Preferences
    from mentalbench_hf.sources import open_source

    files = open_source(str(source))
    chosen = Preferences(
        read_rated_replies(files),
        name=name,
        margin=margin,
        splits=dict(splits or {"train": 0.8, "test": 0.2}),
        seed=seed,
        systems=systems,
    )
    return write_preferences(chosen, Path(out), label=files.label)


def certify_log(
    log: str | Path | JudgeLog,
    source: str | Path = "upstream",
    *,
    out: str | Path | None = None,
    counterpart: str | None = None,
    n_resamples: int = 10_000,
    seed: int | None = None,
) -> Certificate:
    """Certify a judge from a finished log of the inspect task ``mentalbench_hf/mentalalign``.

    The same certificate as :func:`certify` gives for the same ratings: the judge's words are read
    from the log again, and its replies are checked against the source.

    Args:
        log: the log (.eval or .json), or what
            :func:`~mentalbench_hf.ecosystem.logs.read_judge_log` read from it.
        source: the one that the log was made with.
        out: folder that gets the certificate; None writes nothing.
        counterpart: the system that is the judge's own model and is left out for it; "" for none.
            By default found where inspect's name of the judge is a known model's.
        n_resamples: bootstrap replicates.
        seed: of the bootstrap; by default that of the log.

    Raises:
        RunError: an unfinished or another log, or replies that are not the source's.
        MissingExtraError: inspect is not there.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.certify_log("finished.eval", "sample")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        mentalbench_hf.errors...
    """
    from mentalbench_hf.data.rated_replies import read_rated_replies
    from mentalbench_hf.ecosystem.logs import certificate_of_log, read_judge_log
    from mentalbench_hf.inference.certificate_files import write_certificate
    from mentalbench_hf.sources import open_source

    made = certificate_of_log(
        read_judge_log(Path(log)) if isinstance(log, (str, Path)) else log,
        read_rated_replies(open_source(str(source))),
        counterpart=counterpart,
        n_resamples=n_resamples,
        seed=seed,
    )
    if out is not None:
        write_certificate(made, Path(out))
    return made
