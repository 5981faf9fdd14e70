"""Human units: what a judge's ratings say on the experts' scale, also of a system none rated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mentalbench_hf.errors import DataError
from mentalbench_hf.front.loading import only
from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    from mentalbench_hf.choices import Kind
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.trust.calibration import CalibrationReport
    from mentalbench_hf.reliability.trust.held_out_systems import HeldOutSystem
    from mentalbench_hf.reliability.trust.human_units import HumanMean


def calibrate(
    ratings: RatedTargets,
    *,
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    kind: Kind = "linear",
    seed: int = 0,
) -> ResultTable[CalibrationReport]:
    """Put judges' ratings in human units, evaluated on conversations and experts not fitted on.

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        kind: "linear" or "monotone".
        seed: of the split into folds and the bootstrap.

    Raises:
        StatisticsError: too few conversations or unusable numbers.

    Example:
        >>> import mentalbench_hf as mb
        >>> table = mb.calibrate(mb.load_ratings("sample"), names="Guidance")
        >>> len(table)  # one row per judge
        4
        >>> table[1].scope  # doctest: +ELLIPSIS
        'sample-judge-2 on Guidance has skill on other conversations; the experts ...'
    """
    from mentalbench_hf.reliability.trust.expert_skill import calibrate_by_expert
    from mentalbench_hf.report.reading import of_calibration

    rows = [
        calibrate_by_expert(ratings, judge, name, kind=kind, seed=seed)
        for judge in only(judges) or ratings.judges
        for name in only(names) or ratings.names
    ]
    return ResultTable(
        rows=tuple(rows),
        name="calibration",
        title=f"Calibration ({kind}), held out by conversation and expert, {ratings.data}",
        columns=(
            "judge", "attribute", "n_targets", "before_bias", "before_rmse", "after_rmse", "skill",
            "skill_low", "skill_high", "expert_skill",
        ),
        reading=of_calibration([row.record() for row in rows]),
        synthetic=ratings.synthetic,
    )  # fmt: skip


def new_system(
    ratings: RatedTargets,
    judge: str,
    place: Path | str,
    *,
    names: str | Sequence[str] | None = None,
    kind: Kind = "linear",
    seed: int = 0,
) -> ResultTable[HumanMean]:
    """Return the mean of a system that no expert rated in human units, or the refusal.

    Args:
        ratings: the known systems, rated by the reference and by the judge.
        judge: whose ratings the file holds.
        place: a file with the columns attribute and rating, and where there are any
            conversation_id and human.
        names: attributes and axes, by default all that the file rates.
        kind: "linear" or "monotone".
        seed: of the bootstrap.

    Raises:
        DataError: the file cannot be used, or rates none of `names`.
        StatisticsError: unusable numbers.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import mentalbench_hf as mb
        >>> rows = "attribute,rating\\n" + "Safety,5\\nSafety,4\\n" * 20
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "new.csv"
        ...     _ = file.write_text(rows)
        ...     table = mb.new_system(mb.load_ratings("sample"), "sample-judge-2", file)
        >>> table[0].judge_mean, table[0].n_new
        (4.5, 40)
    """
    from mentalbench_hf.data.new_system_file import read_new_system
    from mentalbench_hf.reliability.trust.human_units import human_mean
    from mentalbench_hf.report.reading import of_new_system

    wanted = only(names) or ratings.names
    rows = [
        human_mean(
            ratings,
            judge,
            attribute,
            rated.ratings,
            conversations=rated.conversations,
            human=rated.human,
            kind=kind,
            seed=seed,
        )
        for attribute, rated in read_new_system(Path(place), ratings.names).items()
        if attribute in wanted
    ]
    if not rows:
        raise DataError(f"{place} rates none of {', '.join(wanted)}")
    return ResultTable(
        rows=tuple(rows),
        name="new_system",
        title=f"The new system in human units, rated by {judge}",
        columns=("attribute", "judge_mean", "mean", "low", "high", "units", "n_new", "reasons"),
        reading=of_new_system([row.record() for row in rows]),
        synthetic=ratings.synthetic,
    )


def held_out_systems(
    ratings: RatedTargets,
    judge: str,
    *,
    names: str | Sequence[str] | None = None,
    kind: Kind = "linear",
) -> ResultTable[HeldOutSystem]:
    """How far may :func:`new_system` be believed? Each known system treated as a new one.

    Args:
        ratings: the known systems, rated by the reference and by the judge.
        judge: the judge.
        names: attributes and axes, by default all.
        kind: "linear" or "monotone".

    Returns:
        A row per attribute and system: what would have been said of it, and the truth.

    Raises:
        StatisticsError: fewer than five systems, or unusable numbers.

    Example:
        >>> import mentalbench_hf as mb
        >>> held = mb.held_out_systems(mb.load_ratings("sample"), "sample-judge-2", names="Safety")
        >>> len(held)  # the systems but the judge's own
        9
    """
    from mentalbench_hf.reliability.trust.held_out_systems import leave_one_out

    rows = [
        row
        for name in only(names) or ratings.names
        for row in leave_one_out(ratings, judge, name, kind=kind)
    ]
    return ResultTable(
        rows=tuple(rows),
        name="held_out_systems",
        title=f"Each system as if it were new, rated by {judge}",
        columns=("attribute", "system", "truth", "judge_mean", "mean", "low", "high", "covered"),
        reading=(
            f"How to read it: {sum(row.covered for row in rows)} of {len(rows)} intervals hold the "
            "mean that the experts gave; of intervals that can be believed about 95% do.",
        ),
        synthetic=ratings.synthetic,
    )
