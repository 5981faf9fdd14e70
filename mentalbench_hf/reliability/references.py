"""Several experts as the reference: each by themselves, and each beside the mean of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


def against_each(targets: RatedTargets, references: Sequence[str]) -> dict[str, RatedTargets]:
    """Return the ratings once for each reference to compare the judges with.

    Args:
        targets: the ratings, with every reference among the raters.
        references: two raters or more; all other raters are judges.

    Returns:
        Name of the reference -> ratings. First each reference with the judges alone; then, for
        each, the mean of the other references that rated an attribute, as "mean without NAME",
        with NAME among the raters: so that the judges stand beside an expert before the same
        ruler.

    Raises:
        StatisticsError: fewer than two references, one twice, or no judge.
        DataError: a reference that is no rater.
    """
    if len(set(references)) != len(references) or len(references) < 2:
        raise StatisticsError(
            f"two references or more are compared with; received {', '.join(references) or 'none'}"
        )
    judges = [r for r in targets.raters if r not in references]
    if not judges:
        raise StatisticsError("every rater is a reference; leave out the raters to be compared")
    alone = replace(targets, experts=None, expert_names=())
    found = {name: _only(alone, [name, *judges], name) for name in references}
    for name in references:
        label = f"mean without {name}"
        mean = _mean(targets, [r for r in references if r != name])
        found[label] = _only(alone.with_rater(label, mean), [label, name, *judges], label)
    return found


def mean_reference(targets: RatedTargets, references: Sequence[str]) -> RatedTargets:
    """Return the ratings with the mean of several raters as the reference, and the judges.

    Args:
        targets: the ratings.
        references: the raters whose mean is taken, of those who rated.
    """
    label = f"mean of {', '.join(references)}"
    judges = [r for r in targets.raters if r not in references]
    alone = replace(targets, experts=None, expert_names=())
    mean = _mean(targets, references)
    return _only(alone.with_rater(label, mean), [label, *judges], label)


def _mean(targets: RatedTargets, raters: Sequence[str]) -> Floats:
    """Return the mean of those of the raters who rated, shape (n_targets, n_attributes)."""
    ratings = targets.ratings[:, [targets.index_of(r) for r in raters]]
    rated = ~np.isnan(ratings)
    n = rated.sum(axis=1)
    total = np.where(rated, ratings, 0).sum(axis=1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _only(targets: RatedTargets, raters: Sequence[str], reference: str) -> RatedTargets:
    at = [targets.index_of(r) for r in raters]
    return replace(
        targets, raters=tuple(raters), ratings=targets.ratings[:, at], reference=reference
    )
