"""Several judges as one: a jury, rated like any other judge.

Errors that the judges do not share average out; those they share stay. The jury is one more rater
of the same targets, so every statistic of this package applies to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from mentalbench_hf.choices import VOTES, Vote, check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

_VOTE: Final[dict[Vote, Callable[..., Floats]]] = {
    "mean": np.nanmean,
    "median": np.nanmedian,
    "lowest": np.nanmin,
}
Absent = Literal["available", "omit"]
ABSENTS: Final[tuple[Absent, ...]] = get_args(Absent)


def with_jury(
    targets: RatedTargets,
    jurors: Sequence[str] | None = None,
    *,
    vote: Vote = "mean",
    name: str | None = None,
    missing: Absent = "available",
    min_jurors: int = 2,
) -> RatedTargets:
    """Return the ratings with a jury as one more rater.

    No juror votes on its own counterpart (`targets.left_out`), so the jury itself has none and
    counts on every system. There the others vote alone: the jury's make-up differs by system, and
    so may its shift.

    Args:
        targets: the ratings.
        jurors: at least two judges, by default all.
        vote: "mean"; "median", which one odd juror moves less; or "lowest", the strictest juror's
            rating, for a jury that is to raise an alarm when any of its members would.
        name: what to call the jury, by default "jury (mean)" and so on.
        missing: when a juror's rating is missing, "available" takes the vote of those present,
            as long as there are `min_jurors`; "omit" leaves the rating out. A juror that abstains
            on its own counterpart is not missing.
        min_jurors: fewest votes that make a rating.

    Raises:
        StatisticsError: fewer than two jurors, an unknown or repeated one, or an unknown choice.
    """
    chosen = tuple(jurors or targets.judges)
    unknown = [j for j in chosen if j not in targets.judges]
    if unknown:
        raise StatisticsError(
            f"{unknown[0]!r} is not a judge of these ratings; judges: {', '.join(targets.judges)}"
        )
    if len(chosen) < 2 or len(set(chosen)) < len(chosen):
        raise StatisticsError(f"a jury needs at least two different judges; received {chosen!r}")
    check_choice(vote, VOTES, "vote")
    if missing not in ABSENTS:
        raise StatisticsError(f"missing must be one of {', '.join(ABSENTS)}; received {missing!r}")
    if not 1 <= min_jurors <= len(chosen):
        raise StatisticsError(
            f"min_jurors must lie between 1 and the number of jurors, {len(chosen)}; "
            f"received {min_jurors!r}"
        )
    called = name or f"jury ({vote})"
    return targets.with_rater(called, _verdicts(targets, chosen, vote, missing, min_jurors))


def _verdicts(
    targets: RatedTargets, jurors: Sequence[str], vote: Vote, missing: Absent, min_jurors: int
) -> Floats:
    votes = targets.ratings[:, [targets.raters.index(j) for j in jurors], :].copy()
    entitled = np.stack([targets.included(j) for j in jurors], axis=1)
    votes[~entitled] = np.nan
    present = ~np.isnan(votes)
    enough = present.sum(axis=1) >= min_jurors
    if missing == "omit":
        enough &= (present | ~entitled[:, :, None]).all(axis=1)
    out = np.full(enough.shape, np.nan)
    # Columns of the votes that count, so that no all-NaN slice is averaged.
    counted = np.moveaxis(votes, 1, -1)[enough]
    out[enough] = _VOTE[vote](counted, axis=-1)
    return out
