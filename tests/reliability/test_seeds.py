from __future__ import annotations

import json

import pytest
from made_ratings import study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.seed_stability import seed_stability


def test_every_moving_label_is_named_and_counted() -> None:
    targets = study(8, n_conversations=25, n_systems=4)
    seeds = tuple(range(6))
    found = seed_stability(targets, "response", seeds=seeds, n_resamples=8)
    runs = [
        [r.verdict_here for r in reliability(
            targets, settings_of("response", n_resamples=8, seed=s), names=targets.attributes)]
        for s in seeds
    ]  # fmt: skip
    cells = list(zip(*runs, strict=True))
    assert found.n_labels == len(cells) == 6
    # So few replicates must show that labels can move, or the test shows nothing.
    assert found.moving
    assert not found.stable
    assert len(found.moving) == sum(len(set(c)) > 1 for c in cells)
    for moving in found.moving:
        assert sum(moving.labels.values()) == len(seeds)
    pairs = [sum(a != b for a, b in zip(x, y, strict=True)) for x in runs for y in runs]
    assert found.largest_pair == max(pairs)
    assert json.loads(json.dumps(found.record()))["stable"] is False


def test_many_replicates_do_not_move() -> None:
    found = seed_stability(study(8), "response", seeds=range(4), n_resamples=2_000)
    assert found.stable
    assert found.per_seed == (0, 0, 0, 0)
    assert found.largest_pair == 0


def test_one_seed_is_no_comparison() -> None:
    with pytest.raises(StatisticsError, match="two different seeds"):
        seed_stability(study(1), seeds=[3, 3])


@pytest.mark.upstream
def test_published_labels_move_and_ours_do_not(mentalalign, audited) -> None:
    seeds = range(4)
    published = seed_stability(mentalalign.published_targets(), "published", seeds=seeds)
    assert published.n_labels == 28
    assert published.n_resamples == 1_000
    assert not published.stable
    ours = seed_stability(audited, "response", seeds=seeds, n_resamples=4_000)
    assert ours.stable
