"""Every question can be asked of the bundled sample and of a user's own ratings."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.data.fault_variants import FAULT_VARIANTS, fault_variants
from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.bias_surface import bias_surface
from mentalbench_hf.reliability.trust.calibration import calibrate
from mentalbench_hf.reliability.trust.human_units import human_mean
from mentalbench_hf.reliability.trust.judge_pairs import compare_judges, threshold_tests
from mentalbench_hf.reliability.trust.jury import with_jury
from mentalbench_hf.reliability.trust.planner import plan
from mentalbench_hf.reliability.trust.self_preference import self_preference
from mentalbench_hf.reliability.trust.sensitivity import sensitivity
from mentalbench_hf.reliability.trust.sentences import trust, trust_all
from mentalbench_hf.reliability.trust.severity import severity
from mentalbench_hf.reliability.trust.unsafe import unsafe_cards
from mentalbench_hf.reliability.trust.variance_components import variance_components
from mentalbench_hf.sources import open_source


def plain(rows) -> list[dict[str, object]]:
    """Return the rows as JSON gives them back; NaN is not JSON."""
    return json.loads(json.dumps([r.record() for r in rows], allow_nan=False))


@pytest.fixture(scope="module")
def sample():
    return read_mentalalign(open_source("sample"))


def test_the_bundled_sample(sample) -> None:
    targets = sample.targets()
    roster = sample.roster
    n = 20
    cells = len(targets.judges) * len(targets.attributes)
    assert len(plain(unsafe_cards(targets, n_resamples=n))) == 2 * cells
    assert plain(bias_surface(targets, n_resamples=n))
    assert len(plain(severity(targets, names=targets.attributes, n_resamples=n))) == cells
    preference = self_preference(
        targets,
        judge_families={j.id: j.family for j in roster.judges},
        system_families={s.id: s.family for s in roster.systems},
        n_resamples=n,
    )
    assert len(plain(preference)) == cells
    levels = [reliability(targets, settings_of(p, n_resamples=n)) for p in ("system", "response")]
    assert len(plain(trust_all(*levels))) == len(levels[0])
    variants = fault_variants(sample)
    assert list(variants) == list(FAULT_VARIANTS)
    found = sensitivity(variants, n_resamples=n)
    assert len(found.moved) == 2 * len(levels[0])
    assert len(plain(compare_judges(with_jury(targets), n_resamples=n))) == 10 * 7
    judge = targets.judges[0]
    report = calibrate(targets, judge, "Safety", n_resamples=n, n_folds=3)
    assert plain([report])[0]["judge"] == judge


def test_a_scale_and_names_of_ones_own() -> None:
    targets = study(2, scale=(0, 10), attributes=("Tone", "Accuracy"), missing=0.02)
    n = 30
    assert plain(unsafe_cards(targets, thresholds=[3], n_resamples=n))
    levels = {c.human_level for c in bias_surface(targets, n_resamples=n)}
    assert levels == {None, *map(float, range(11))}
    assert plain(severity(targets, level="system", n_resamples=n))
    assert plain(threshold_tests(targets, n_resamples=n))
    components = variance_components(targets, "judge-a", "Both", n_resamples=n)
    assert plain([components])
    assert plain(plan(components))
    known = targets.select(targets.systems != 5)
    ratings = targets.scores("judge-a", "Tone")[targets.systems == 5]
    assert plain([human_mean(known, "judge-a", "Tone", ratings, n_resamples=n)])


def test_ratings_that_are_not_whole() -> None:
    targets = study(2, whole=False)
    assert plain(unsafe_cards(targets, n_resamples=20))
    assert sum(
        c.n for c in bias_surface(targets, n_resamples=5)
        if c.system == "" and c.human_level is not None
    ) == targets.ratings[:, 1:].size  # fmt: skip
    report = calibrate(targets, "judge-c", "Warmth", kind="monotone", n_resamples=20)
    assert report.skill > 0


def test_a_table_without_systems() -> None:
    rng = np.random.default_rng(1)
    expert = rng.integers(1, 6, 200).astype(float)
    near, far = (np.clip(expert + rng.integers(-k, k + 1, 200), 1, 5) for k in (1, 3))
    targets = by_hand({"expert": expert, "near": near, "far": far})
    n = 50
    assert plain(unsafe_cards(targets, n_resamples=n))
    assert plain(bias_surface(targets, n_resamples=n))
    assert plain(severity(targets, n_resamples=n))
    rows = reliability(targets, settings_of("response", n_resamples=n))
    assert "do not say which system" in trust(None, rows[0]).ranking
    (row,) = compare_judges(targets, level="response", n_resamples=n)
    assert row.low > 0
    assert plain([calibrate(targets, "near", "Safety", n_resamples=n)])
    (refused,) = plain([human_mean(targets, "near", "Safety", [3, 4], n_resamples=n)])
    assert refused["refused"]
    assert refused["useful_width"] is None
    with pytest.raises(StatisticsError, match="two systems"):
        compare_judges(targets, level="system")
    with pytest.raises(StatisticsError, match="two systems"):
        variance_components(targets, "near", "Safety")


def test_an_attribute_without_any_rating_is_empty_and_does_not_stop_the_rest() -> None:
    targets = study(2)
    x = targets.ratings.copy()
    x[:, 1, 0] = np.nan
    targets = replace(targets, ratings=x)
    n = 20
    cards = unsafe_cards(targets, n_resamples=n)
    empty = [c for c in cards if (c.judge, c.attribute) == ("judge-a", "Clarity")]
    assert {c.n_targets for c in empty} == {0}
    assert plain(cards)
    assert plain(bias_surface(targets, n_resamples=n))
    for level in ("system", "response"):
        assert plain(severity(targets, level=level, n_resamples=n))
        rows = compare_judges(targets, level=level, n_resamples=n)
        none = [r for r in rows if r.attribute == "Clarity" and "judge-a" in (r.judge, r.other)]
        assert all(np.isnan(r.p_holm) for r in none)
        assert plain(rows)
    with pytest.raises(StatisticsError, match="n_folds"):
        calibrate(targets, "judge-a", "Clarity")
    with pytest.raises(StatisticsError, match="at least two systems"):
        variance_components(targets, "judge-a", "Clarity")
