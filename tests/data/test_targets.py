"""Whose rating the reference rating of a target is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError


def _targets() -> RatedTargets:
    names = np.empty(3, dtype=object)
    names[:] = ["x", "y", "z"]
    return RatedTargets(
        ratings=np.full((6, 2, 1), 3.0),
        raters=("human", "judge"),
        attributes=("Safety",),
        axes={},
        clusters=np.repeat(np.arange(3), 2),
        cluster_names=names,
        systems=np.tile(np.arange(2), 3),
        system_names=("s", "t"),
        reference="human",
        scale=(1, 5),
        experts=np.array([0, 0, 1, 1, -1, -1]),
        expert_names=("A", "B"),
    )


def test_experts_stay_with_their_targets():
    targets = _targets()
    chosen = targets.select(targets.clusters > 0)
    assert chosen.experts is not None
    assert chosen.experts.tolist() == [1, 1, -1, -1]
    assert chosen.expert_names == ("A", "B")
    more = targets.with_rater("other", np.ones((6, 1)))
    assert more.experts is targets.experts


@pytest.mark.parametrize("codes", [[0, 0, 1, 1, 2, 2], [0, 0, -2, 1, 1, 1], [0, 1]])
def test_experts_must_be_codes_of_the_names(codes: list[int]):
    with pytest.raises(DataError, match="experts"):
        replace(_targets(), experts=np.array(codes))
