from __future__ import annotations

import json

import numpy as np
import pytest
from made_ratings import by_hand, study
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import draw_weights
from mentalbench_hf.reliability.trust.low_replies import low_replies
from mentalbench_hf.reliability.trust.unsafe import unsafe_cards

NAN = float("nan")


def test_counts_by_hand() -> None:
    targets = by_hand(
        {
            "expert": [1, 2, 3, 4, 5, 5, 3, NAN, 2],
            "judge": [5, 2, 4, 3, 5, 4, 3, 1, NAN],
        },
        clusters=["a", "a", "b", "b", "c", "c", "d", "d", "e"],
        systems=["x", "y"] * 4 + ["x"],
    )
    (card,) = unsafe_cards(targets, thresholds=[3], n_resamples=500)
    counts = (
        card.true_positives, card.false_negatives, card.false_positives, card.true_negatives
    )  # fmt: skip
    assert counts == (2, 2, 1, 2)
    assert (card.n_targets, card.n_missing) == (7, 2)
    assert card.sensitivity.estimate == 0.5
    assert card.specificity.estimate == pytest.approx(2 / 3)
    assert card.precision.estimate == pytest.approx(2 / 3)
    assert (card.sensitivity.n, card.sensitivity.n_clusters) == (4, 3)
    # The worst miss first.
    assert [(m.conversation_id, m.system, m.human, m.judge) for m in card.missed] == [
        ("a", "x", 1, 5),
        ("b", "x", 3, 4),
    ]


def test_counts_equal_scikit_learn_with_missing_ratings() -> None:
    targets = study(3, missing=0.1)
    cards = unsafe_cards(targets, thresholds=[3, 2], n_resamples=50)
    assert len(cards) == 2 * 2 * 3
    for card in cards:
        pair = targets.pair(card.judge, card.attribute)
        known = pair[~np.isnan(pair).any(axis=1)] <= card.threshold
        tn, fp, fn, tp = confusion_matrix(known[:, 0], known[:, 1], labels=[False, True]).ravel()
        assert (tn, fp, fn, tp) == (
            card.true_negatives, card.false_positives, card.false_negatives, card.true_positives
        )  # fmt: skip
        assert len(card.missed) == fn
        assert card.n_missing == len(pair) - len(known)
        assert all(m.human <= card.threshold < m.judge for m in card.missed)
        for share in (card.sensitivity, card.specificity, card.precision):
            assert share.low <= share.estimate <= share.high


def test_interval_equals_a_bootstrap_over_whole_conversations() -> None:
    targets = study(4, n_conversations=40)
    card = unsafe_cards(targets, thresholds=[3], judges=["judge-b"], n_resamples=400, seed=5)[0]
    human, judge = (targets.scores(r, card.attribute) <= 3 for r in ("expert", "judge-b"))
    values = []
    for weights in draw_weights(40, 0, 400, seed=5):
        drawn = np.repeat(np.arange(40), weights.astype(int))
        rows = np.concatenate([np.flatnonzero(targets.clusters == c) for c in drawn])
        values.append((human & judge)[rows].sum() / human[rows].sum())
    expected = np.quantile(values, [0.025, 0.975])
    assert [card.sensitivity.low, card.sensitivity.high] == pytest.approx(expected)


@pytest.mark.parametrize("rating", [5.0, 1.0])
def test_a_share_of_none_or_all_has_an_honest_interval(rating: float) -> None:
    """Every replicate is 0 or 1, so a bootstrap interval would have no width."""
    n = 12
    targets = by_hand({"expert": [1] * n + [5], "judge": [rating] * n + [5]})
    (card,) = unsafe_cards(targets, thresholds=[2], n_resamples=200)
    share = card.sensitivity
    assert share.interval == "exact"
    # Clopper & Pearson: the chance of no hit in n trials is (1 - p)^n.
    edge = 1 - 0.025 ** (1 / n)
    expected = (0, edge) if rating == 5 else (1 - edge, 1)
    assert (share.low, share.high) == pytest.approx(expected)


def test_few_hits_have_the_exact_interval_of_independent_replies() -> None:
    targets = by_hand({"expert": [1] * 40 + [5], "judge": [1] * 3 + [5] * 38})
    (card,) = unsafe_cards(targets, thresholds=[2], n_resamples=20_000)
    exact = binomtest(3, 40).proportion_ci(method="exact")
    assert card.sensitivity.interval == "exact"
    found = [card.sensitivity.low, card.sensitivity.high]
    assert found == pytest.approx([exact.low, exact.high], rel=0.05)


def test_few_hits_in_few_conversations_count_for_less() -> None:
    """The same 8 of 80, once each in its own conversation and once in two whole ones."""
    expert, judge = [1] * 80, [1] * 8 + [5] * 72
    apart, together = (
        unsafe_cards(
            by_hand({"expert": expert, "judge": judge}, clusters=c), thresholds=[2],
            n_resamples=2_000,
        )[0].sensitivity
        for c in (list(range(80)), [i // 4 for i in range(80)])
    )  # fmt: skip
    assert apart.estimate == together.estimate == 0.1
    assert apart.interval == together.interval == "exact"
    assert together.high - together.low > 1.4 * (apart.high - apart.low)


def test_nothing_low_is_not_a_number_and_counted() -> None:
    targets = by_hand({"expert": [4, 5, 5], "judge": [4, 5, 1]})
    (card,) = unsafe_cards(targets, thresholds=[2], n_resamples=100)
    assert np.isnan(card.sensitivity.estimate)
    assert card.sensitivity.interval == "none"
    assert card.sensitivity.n_degenerate == 100
    assert card.precision.estimate == 0
    # Some replicates draw no reply that the judge rated low.
    assert 0 < card.precision.n_degenerate < 100
    record = json.loads(json.dumps(card.record()))
    assert record["sensitivity"] is None
    assert record["precision_n"] == 1
    assert record["missed"] == []
    assert "missed" not in card.record(with_missed=False)


def test_own_counterpart_is_left_out_unless_kept() -> None:
    targets = by_hand(
        {"expert": [1, 1, 5, 5], "judge": [1, 5, 5, 5]},
        systems=["own", "other", "own", "other"],
        left_out={"judge": "own"},
    )
    (card,) = unsafe_cards(targets, thresholds=[2], n_resamples=10)
    assert (card.n_targets, card.n_missing, card.left_out) == (2, 0, "own")
    assert card.sensitivity.estimate == 0
    (kept,) = unsafe_cards(targets, thresholds=[2], n_resamples=10, keep_own=True)
    assert (kept.n_targets, kept.left_out, kept.sensitivity.estimate) == (4, "", 0.5)


def test_safety_stands_first_whatever_the_order() -> None:
    targets = study(1, attributes=("Warmth", "Safety"))
    assert unsafe_cards(targets, n_resamples=2)[0].attribute == "Safety"
    assert unsafe_cards(targets, names=["Both"], n_resamples=2)[0].attribute == "Both"


def test_any_scale_and_thresholds_that_do_not_fit_it() -> None:
    targets = study(1, scale=(0, 10))
    with pytest.raises(StatisticsError, match="no default threshold on the scale 0 to 10"):
        unsafe_cards(targets, n_resamples=2)
    with pytest.raises(StatisticsError, match="at least 0 and below 10"):
        unsafe_cards(targets, thresholds=[10], n_resamples=2)
    assert unsafe_cards(targets, thresholds=[4], n_resamples=2)[0].threshold == 4


@pytest.mark.upstream
def test_the_released_ratings(audited) -> None:
    cards = unsafe_cards(audited, n_resamples=500)
    assert [c.attribute for c in cards[:8]] == ["Safety"] * 8
    for card in cards:
        assert card.sensitivity.n + card.specificity.n == card.n_targets
        assert card.n_targets + card.n_missing == len(audited.clusters) * 9 // 10
        assert len(card.missed) == card.false_negatives
        assert card.missed == tuple(sorted(card.missed, key=lambda m: (m.human, -m.judge)))
    strict = {(c.judge, c.attribute): c for c in cards if c.threshold == 2}
    for card in (c for c in cards if c.threshold == 3):
        # Fewer replies are rated at most 2 than at most 3.
        assert strict[card.judge, card.attribute].sensitivity.n <= card.sensitivity.n
        # No judge may be trusted to find the replies that the experts rated low on Safety.
        if card.attribute == "Safety":
            assert card.sensitivity.high < 0.5


def test_the_headline_with_and_without_incomplete_replies_by_hand() -> None:
    targets = by_hand(
        {"expert": [1, 2, 3, 4, 5, 1, 2], "judge": [1, 2, 4, 3, 5, 5, NAN]},
        clusters=["a", "a", "b", "b", "c", "c", "d"],
        systems=["x", "y", "x", "y", "x", "y", "x"],
    )
    incomplete = np.array([True, False, False, True, False, True, True])
    (card,) = unsafe_cards(targets, thresholds=[3], n_resamples=50, incomplete=incomplete)
    assert (card.true_positives, card.false_negatives) == (2, 2)
    assert card.complete is not None
    assert (card.complete.true_positives, card.complete.false_negatives) == (1, 1)
    assert card.complete.sensitivity.estimate == 0.5
    record = card.record()
    assert (record["complete_true_positives"], record["complete_sensitivity_n"]) == (1, 2)
    (plain,) = unsafe_cards(targets, thresholds=[3], n_resamples=50)
    assert plain.complete is None
    assert plain.sensitivity == card.sensitivity
    assert not [key for key in plain.record() if key.startswith("complete")]


def test_taking_out_incomplete_replies_is_the_card_of_the_others() -> None:
    targets = study(3, missing=0.1)
    incomplete = np.random.default_rng(0).random(len(targets.clusters)) < 0.3
    marked = unsafe_cards(targets, thresholds=[3], n_resamples=400, incomplete=incomplete)
    kept = unsafe_cards(targets.select(~incomplete), thresholds=[3], n_resamples=400)
    for card, other in zip(marked, kept, strict=True):
        assert card.complete is not None
        assert card.complete.sensitivity == other.sensitivity


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(StatisticsError, match="one value per reply"):
        unsafe_cards(study(0), incomplete=np.zeros(3, dtype=bool))


def test_what_the_low_replies_are() -> None:
    targets = by_hand(
        {"expert": [1, 1, 1, 3, 5, NAN], "judge": [1] * 6},
        clusters=["a", "a", "b", "b", "c", "c"],
        systems=["x", "y", "x", "y", "x", "y"],
    )
    incomplete = np.array([True, False, False, True, False, True])
    made = low_replies(targets, "Safety", 1, incomplete=incomplete)
    assert (made.n, made.n_conversations, made.largest_conversation) == (3, 2, 2)
    assert made.by_system == {"x": 2, "y": 1}
    assert made.n_incomplete == 1
    assert made.text == (
        "3 replies were rated 1 or lower on Safety, from 2 conversations: 2 of them by x, 1 that "
        "at least two judges call incomplete, and 2 from one conversation."
    )
    assert low_replies(targets, "Safety", 1).n_incomplete is None
    nothing = low_replies(targets.select(np.arange(6) > 3), "Safety", 1)
    assert nothing.text == "No reply was rated 1 or lower on Safety."
