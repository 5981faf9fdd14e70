"""Too little to say: no verdict, no interval, and the reason in its place."""

from __future__ import annotations

import math

import pytest
from made_ratings import by_hand, study

from mentalbench_hf.reliability import Reliability, evaluate, reliability
from mentalbench_hf.reliability.metric import pair_reliability
from mentalbench_hf.reliability.settings import Settings
from mentalbench_hf.reliability.trust.calibration import calibrate
from mentalbench_hf.reliability.trust.judge_pairs import compare_judges, threshold_tests
from mentalbench_hf.reliability.trust.planner import plan
from mentalbench_hf.reliability.trust.sensitivity import sensitivity
from mentalbench_hf.reliability.trust.sentences import trust
from mentalbench_hf.reliability.trust.variance_components import variance_components
from mentalbench_hf.reliability.verdict import FITTING, fitting, in_brief, no_interval
from mentalbench_hf.report.reliability import reliability_table

RESPONSE = Settings(level="response", n_resamples=200)


def rows_of(n: int, settings: Settings = RESPONSE) -> list[Reliability]:
    return reliability(study(3, n_conversations=n), settings, names=["Clarity"])


def test_two_pairs_of_ratings_give_no_verdict() -> None:
    result = pair_reliability([1, 2, None], [1, 2, 3])  # type: ignore[list-item]
    assert result["verdict"] == "n/a"
    assert result["verdict_reason"] == "2 conversations; at least 10 are needed"
    assert result["icc_a1"] == 1.0
    assert math.isnan(float(result["icc_a1_low"]))
    assert math.isnan(float(result["bias_high"]))


@pytest.mark.parametrize("n", [2, 9, 10])
@pytest.mark.parametrize("level", ["response", "system"])
def test_ten_conversations_are_the_least(n: int, level: str) -> None:
    for row in rows_of(n, Settings(level=level, n_resamples=200)):  # type: ignore[arg-type]
        record = row.record()
        if n < 10:
            assert (row.verdict, in_brief(row.reason)) == ("n/a", f"n/a ({n} conversations)")
            assert record["icc_c1_low"] is None
            assert record["icc_c1"] is not None
        else:
            assert row.verdict in ("GR", "MV", "LR")
            assert record["verdict_reason"] == ""
            assert record["icc_c1_low"] is not None
        assert Reliability.of_record(record).record() == record


@pytest.mark.parametrize("n_systems", [2, 4, 5])
def test_five_systems_are_the_least_to_rank_but_not_to_score(n_systems: int) -> None:
    targets = study(3, n_systems=n_systems)
    for row in reliability(targets, Settings(n_resamples=100), names=["Clarity"]):
        assert (in_brief(row.reason) == f"n/a ({n_systems} systems)") is (n_systems < 5)
    assert all(r.reason == "" for r in reliability(targets, RESPONSE))
    crossed = Settings(level="response", resample="crossed", n_resamples=100)
    assert all(bool(r.reason) is (n_systems < 5) for r in reliability(targets, crossed))


def test_undefined_replicates_give_no_verdict_although_there_are_clusters_enough() -> None:
    # One reply that differs in twelve: a third of the replicates never draw it.
    rare = by_hand({"expert": [5.0] * 11 + [1.0], "judge": [5.0] * 11 + [1.0]})
    (row,) = reliability(rare, RESPONSE)
    assert row.verdict == "n/a"
    assert "of 200 replicates undefined; at most 5% may be" in row.reason
    assert math.isnan(row.icc_a1_low)
    assert not math.isnan(row.bias_low)  # the bias is defined in every replicate


def test_the_published_rule_stays_as_it_was() -> None:
    rows = rows_of(3, Settings(level="response", n_resamples=200, rule="published"))
    assert all(r.reason == "" and r.verdict != "n/a" for r in rows)


def test_every_statistic_and_comparison_keeps_its_interval_back() -> None:
    targets = study(3, n_conversations=4)
    for found in evaluate(targets, RESPONSE):
        assert math.isnan(found.low)
        assert found.reason.startswith("4 conversations")
    for pair in compare_judges(targets, level="response", n_resamples=200):
        assert pair.reason.startswith("4 conversations")
        assert pair.record()["low"] is pair.record()["p_holm"] is None
        assert not math.isnan(pair.difference)
    for test in threshold_tests(targets, level="response", n_resamples=200):
        assert (math.isnan(test.p), test.reason != "") == (True, True)
    fitted = calibrate(study(3, n_conversations=8), "judge-a", "Clarity", n_resamples=200)
    assert (fitted.record()["skill_low"], fitted.reason[:15]) == (None, "8 conversations")
    moved = sensitivity({"a": targets, "b": targets}, n_resamples=200)
    assert {r.verdict for r in moved.rows} == {"n/a"}
    assert {r.record()["low"] for r in moved.rows} == {None}
    assert all("reason" not in r.record() for r in moved.rows)


def test_a_plan_for_three_conversations_promises_nothing() -> None:
    components = variance_components(study(3), "judge-a", "Clarity")
    small, large = plan(
        components, n_conversations=[3, 50], ratings_per_reply=[1], levels=["response"]
    )
    assert small.record()["verdict_reason"] == "3 conversations; at least 10 are needed"
    assert small.record()["low"] is None
    assert large.record()["verdict_reason"] == ""


def test_sentences_and_table_give_the_reason_instead_of_an_interval() -> None:
    (row, *_) = rows_of(2)
    (system, *_) = rows_of(2, Settings(n_resamples=200))
    said = trust(system, row)
    assert "2 conversations; at least 10 are needed" in said.ranking
    assert "2 conversations; at least 10 are needed" in said.scoring
    assert "nan" not in said.text
    shown = reliability_table([row], RESPONSE, synthetic=False).text("md")
    assert "n/a (2 conversations)" in shown
    assert f"{row.icc_a1:.3f} |" in shown


def test_the_reasons_are_in_words() -> None:
    assert no_interval(level="response", n_clusters=1, n_systems=1).startswith("1 conversation;")
    assert no_interval(level="response", n_clusters=10, n_systems=1) == ""
    found = no_interval(
        level="response", n_clusters=10, n_systems=1, n_resamples=10_000, n_degenerate=4_998
    )
    assert in_brief(found) == "n/a (4,998 of 10,000 replicates undefined)"
    assert (fitting("response"), fitting("response", "published")) == ("ICC(A,1)", "ICC(C,1)")
    assert set(FITTING) == {"system", "response"}
