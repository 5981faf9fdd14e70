from __future__ import annotations

from dataclasses import replace

import pytest
from made_ratings import study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.protocol import Reliability, reliability, settings_of
from mentalbench_hf.reliability.trust.sentences import trust, trust_all
from mentalbench_hf.reliability.verdict import Verdict, verdict

NAN = float("nan")


def row(
    level: str,
    *,
    c1: tuple[float, float, float] = (0.9, 0.85, 0.93),
    a1: tuple[float, float, float] = (0.9, 0.85, 0.93),
    bias: tuple[float, float, float] = (0.0, -0.1, 0.1),
    n_missing: int = 0,
) -> Reliability:
    fits = a1 if level == "response" else c1
    return Reliability(
        "a-judge", "Warmth", "", level, "given", 9 if level == "system" else 900, n_missing,
        *c1, *a1, *bias, 0.1, 0, str(verdict(fits[1], fits[2])),
    )  # fmt: skip


GOOD, FAIR, POOR = (0.9, 0.85, 0.93), (0.7, 0.6, 0.8), (0.3, 0.2, 0.4)
OPEN, NONE = (0.6, 0.3, 0.8), (NAN, NAN, NAN)


@pytest.mark.parametrize(
    ("values", "verdict_", "says"),
    [
        (GOOD, "GR", "may be used to rank systems on Warmth: it orders and spaces them much as"),
        (FAIR, "MV", "only together with a check against human ratings of your own"),
        (POOR, "LR", "must not be used to rank systems on Warmth: it orders and spaces them diff"),
        (OPEN, "LR", "must not be used to rank systems on Warmth: the data do not show"),
        (NONE, "n/a", "cannot be told"),
    ],
)
def test_ranking_sentence(values: tuple[float, float, float], verdict_: str, says: str) -> None:
    found = trust(row("system", c1=values), row("response", a1=POOR, c1=POOR))
    assert found.may_rank == verdict_
    assert says in found.ranking
    # The other verdict does not move.
    assert found.may_score == "LR"
    assert "must not score a single reply" in found.scoring


@pytest.mark.parametrize(
    ("values", "verdict_", "says"),
    [
        (GOOD, "GR", "may score a single reply on Warmth in place of the human experts"),
        (FAIR, "MV", "only together with a check"),
        (POOR, "LR", "says too little about the one"),
        (NONE, "n/a", "cannot be told"),
    ],
)
def test_scoring_sentence(values: tuple[float, float, float], verdict_: str, says: str) -> None:
    found = trust(row("system"), row("response", a1=values, c1=values))
    assert (found.may_rank, found.may_score) == ("GR", verdict_)
    assert says in found.scoring


def test_a_shift_that_fails_the_judge_is_named() -> None:
    shifted = row("response", c1=FAIR, a1=POOR, bias=(-0.8, -0.9, -0.7))
    found = trust(row("system", bias=(0.5, 0.4, 0.6)), shifted)
    assert "0.80 points below" in found.scoring
    assert "calibrate it first" in found.scoring
    assert "0.50 points above theirs" in found.ranking
    unsure = trust(row("system", bias=(0.5, -0.1, 1.1)), row("response"))
    assert "points" not in unsure.ranking


def test_it_says_what_the_data_cannot_tell() -> None:
    found = trust(row("system"), row("response", n_missing=7))
    assert "other than these 9" in found.unknown
    assert "agree on the same reply" in found.unknown
    assert "the 7 replies" in found.unknown
    assert "7 replies" not in trust(row("system"), row("response")).unknown
    assert "than 9 can show" in trust(row("system"), row("response"), resample="systems").unknown
    assert found.text == f"{found.ranking} {found.scoring} {found.unknown}"


def test_the_published_rule_does_not_speak_of_use() -> None:
    found = trust(row("system"), row("response"), rule="published")
    assert "does not say whether" in found.ranking


def test_without_systems_there_is_no_ranking_verdict() -> None:
    found = trust(None, row("response"))
    assert found.may_rank == "n/a"
    assert "do not say which system" in found.ranking
    assert "agree on the same reply" in found.unknown


def test_rows_that_do_not_belong_together() -> None:
    with pytest.raises(StatisticsError, match="in this order"):
        trust(row("response"), row("system"))
    with pytest.raises(StatisticsError, match="one judge, attribute and data"):
        trust(row("system"), replace(row("response"), attribute="Clarity"))


def test_every_row_of_a_study_gets_its_sentences() -> None:
    targets = study(1)
    levels = [
        reliability(targets, settings_of(level, n_resamples=100))
        for level in ("system", "response")
    ]
    found = trust_all(*levels)
    assert [(t.judge, t.attribute) for t in found] == [(r.judge, r.attribute) for r in levels[1]]
    for said, system, response in zip(found, *levels, strict=True):
        assert (said.may_rank, said.may_score) == (system.verdict, response.verdict)
        negative = "must not" in said.scoring
        assert negative == (Verdict(response.verdict) is Verdict.LIMITED)
        # One sentence each.
        for sentence in (said.ranking, said.scoring, said.unknown):
            assert sentence.endswith(".")
            assert ". " not in sentence
        assert said.record()["ranking"] == said.ranking
