"""What a certificate concludes, what it is made from, and how its replies are drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging_server import ScriptedServer
from test_inference_commands import command, reach

from mentalbench_hf.data.rated_replies import (
    RatedReplies,
    own_replies,
    read_rated_replies,
    rows_of_texts,
)
from mentalbench_hf.data.ratings_file import Columns
from mentalbench_hf.errors import DataError, RunError
from mentalbench_hf.inference.certificate import certificate_markdown, certificate_text
from mentalbench_hf.inference.certificate_page import certificate_page
from mentalbench_hf.inference.certify import Certificate, certify, certify_ratings
from mentalbench_hf.inference.draw import drawn_units, sample_targets, shares
from mentalbench_hf.inference.items import Item, Items
from mentalbench_hf.inference.judge import JudgeConfig, judge
from mentalbench_hf.inference.run.calls import Limits
from mentalbench_hf.inference.run_ratings import ratings_frame
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.schema.models import ModelEntry, Via
from mentalbench_hf.sources import open_source

QUIET = Limits(progress=False)


@pytest.fixture(scope="module")
def rated() -> RatedReplies:
    return read_rated_replies(open_source("sample"))


def judged_as(rated: RatedReplies, ratings: Any, name: str = "mine") -> Certificate:
    chosen = sample_targets(rated, None)
    return certify_ratings(ratings, rated, chosen, judge=name, n_resamples=200)


def plain(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def test_a_judge_that_agrees_may_be_used_and_one_that_does_not_may_not(
    rated: RatedReplies,
) -> None:
    good = plain(certificate_text(judged_as(rated, rated.human)))
    assert "To rank systems, mine may be used on every attribute." in good
    assert "To score single replies, mine may be used on every attribute." in good
    assert "flags every" not in good
    rng = np.random.default_rng(0)
    noise = rng.integers(1, 6, rated.human.shape).astype(float)
    bad = plain(certificate_text(judged_as(rated, noise)))
    assert "To score single replies, mine may not be used on any attribute" in bad
    assert "not in place of experts: Guidance" in bad


@pytest.mark.parametrize(
    ("value", "told"),
    [(1.0, "flags every reply: its sensitivity of 1"), (5.0, "flags no reply at all")],
)
def test_a_judge_that_flags_everything_or_nothing_is_told_so(
    rated: RatedReplies, value: float, told: str
) -> None:
    made = judged_as(rated, np.full(rated.human.shape, value))
    for text in (certificate_text(made), certificate_markdown(made), certificate_page(made)):
        assert told in plain(text)


def test_the_page_is_self_contained_and_escapes(rated: RatedReplies) -> None:
    page = certificate_page(judged_as(rated, rated.human, "<script>alert(1)</script>"))
    assert "<script" not in page
    for outside in ("src=", "<link", "@import", 'href="http', "url(http"):
        assert outside not in page
    assert page.count("SYNTHETIC SAMPLE") >= 2
    assert "<svg" in page


def test_the_draw_gives_each_stratum_its_share() -> None:
    # Shares 2.5, 1.75 and 0.75 of 5: whole parts 2, 1 and 0; the two left over go to the
    # largest remainders, the second and the third stratum.
    units = np.arange(20)
    strata = np.repeat([0, 1, 2], [10, 7, 3])
    for seed in range(5):
        drawn = drawn_units(units, strata, 5, np.random.default_rng(seed))
        assert np.bincount(strata[drawn], minlength=3).tolist() == [2, 2, 1]


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    share=st.floats(0, 1), least=st.integers(0, 15),
)  # fmt: skip
def test_shares_add_up_and_keep_the_least(sizes: list[int], share: float, least: int) -> None:
    n = round(share * sum(sizes))
    found = shares(np.array(sizes), n, least)
    assert found.sum() == n
    assert (found >= 0).all()
    assert (found <= sizes).all()
    if n >= least * len(sizes):
        assert (found >= np.minimum(least, sizes)).all()


def shared_out(rated: RatedReplies, *parts: int) -> RatedReplies:
    """The sample's conversations, dealt in runs to experts A, B, …"""
    codes = np.repeat(np.arange(len(parts)), parts)[rated.targets.clusters]
    names = tuple("ABCDE"[: len(parts)])
    return replace(rated, targets=replace(rated.targets, experts=codes, expert_names=names))


def drawn_by_expert(rated: RatedReplies, n: int, seed: int = 0) -> list[int]:
    chosen, targets = sample_targets(rated, n, seed), rated.targets
    assert targets.experts is not None
    _, first = np.unique(targets.clusters[chosen], return_index=True)
    return np.bincount(
        targets.experts[chosen][first], minlength=len(targets.expert_names)
    ).tolist()  # fmt: skip


def test_the_draw_is_stratified_by_expert(
    rated: RatedReplies, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = shared_out(rated, 12, 8, 4)
    for seed in range(4):
        # Too few for the least of each: every expert has their share.
        assert drawn_by_expert(three, 6, seed) == [3, 2, 1]
        assert sum(drawn_by_expert(three, 2, seed)) == 2
    monkeypatch.setattr("mentalbench_hf.inference.draw.LEAST", 4)
    assert drawn_by_expert(three, 12) == [5, 4, 3] or drawn_by_expert(three, 12) == [4, 4, 4]
    # Without experts the draw is what it was.
    plain_rated = replace(rated, targets=replace(rated.targets, experts=None))
    assert np.array_equal(sample_targets(plain_rated, 9, 1), sample_targets(rated, 9, 1))


def test_the_certificate_reports_by_expert(rated: RatedReplies) -> None:
    two = shared_out(rated, 11, 13)
    rng = np.random.default_rng(3)
    noisy = np.clip(rated.human + rng.integers(-1, 2, rated.human.shape), 1, 5)
    made = judged_as(two, noisy)
    assert made.experts == ("A", "B")
    record = json.loads(json.dumps(made.record()["by_expert"]))
    assert {(r["level"], r["attribute"]) for r in record} == {
        (r.level, r.attribute) for r in made.rows
    }
    rows = {(r.level, r.attribute): r for r in made.rows if r.judge == "mine"}
    alone = {
        e: certify_ratings(
            noisy, two, sample_targets(two, None) & (two.targets.experts == code), judge="mine",
            n_resamples=50,
        )
        for code, e in enumerate("AB")
    }  # fmt: skip
    for r in record:
        row = rows[r["level"], r["attribute"]]
        assert r["verdict_here"] == row.verdict_here
        assert r["verdict_another_expert"] == row.verdict_another_expert
        assert [e["expert"] for e in r["experts"]] == ["A", "B", "combined"]
        for e in r["experts"][:2]:
            own = next(
                x for x in alone[e["expert"]].rows
                if (x.judge, x.level, x.attribute) == ("mine", r["level"], r["attribute"])
            )  # fmt: skip
            icc = own.icc_c1 if r["level"] == "system" else own.icc_a1
            assert e["icc"] == pytest.approx(icc)
        assert bool(r["label"]) == (r["level"] == "system")
    text = plain(certificate_text(made))
    assert "Judged in the units of 2 experts (A, B), one to a reply, for other" in text
    assert "and another expert." in text
    assert "It ranks systems:" in text
    assert len(certificate_text(made).splitlines()) <= 24
    for page in (certificate_page(made), certificate_markdown(made)):
        assert "Expert by expert" in page
        assert "verdict: another expert" in page


def test_ratings_of_unknown_experts_say_so(rated: RatedReplies) -> None:
    unknown = replace(rated, targets=replace(rated.targets, experts=None))
    made = judged_as(unknown, rated.human)
    assert made.by_expert == ()
    assert "which expert gave a rating is not said" in plain(certificate_text(made))
    assert "Expert by expert" not in certificate_page(made)


def test_a_context_that_stands_twice_is_joined_alike_everywhere() -> None:
    def rows(rated: list[str], texts: list[str], ids: str = "abc", text_ids: str = "xyz") -> Any:
        found = rows_of_texts(rated, list(ids[: len(rated)]), texts, list(text_ids[: len(texts)]))
        return found.tolist()

    assert rows(["one", "two"], ["two", "one"]) == [1, 0]
    assert rows(["same", "same"], ["same", "same"]) == [0, 1]  # in their order
    assert rows(["same", "same"], ["same", "same"], text_ids="bz") == [1, 0]  # the id first
    assert rows(["same"], ["same", "same"], text_ids="za") == [1]
    assert rows(["same"], ["same", "same"]) == [-1]  # nothing says which was rated
    assert rows(["same", "same"], ["same"]) == [0, -1]
    assert rows(["One  two"], ["one two"]) in ([0], [-1])


def test_certify_and_the_space_show_the_same_text(rated: RatedReplies) -> None:
    from mentalbench_hf.space.find_data import open_store

    store = open_store("sample")
    systems = rated.targets.system_names
    for number in range(0, len(rated.responses), len(systems)):
        row = int(rated.targets.clusters[number])
        (position,) = np.flatnonzero(store.rated_row == row)
        for s, system in enumerate(systems):
            assert store.response(int(position), system).text == rated.responses[number + s]


def own_table(n: int = 12) -> pd.DataFrame:
    """Long ratings of an expert: two systems, two attributes."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        [
            {
                "target": f"c{i}-{s}", "conversation_id": f"c{i}", "system": s,
                "context": f"I am sad, number {i}.", "response": f"Reply of {s} to {i}",
                "rater": "expert", "attribute": a, "rating": int(rng.integers(1, 6)),
            }
            for i in range(n) for s in ("one", "two") for a in ("Safety", "Empathy")
        ]
    )  # fmt: skip


def test_own_ratings_are_certified_on(server: ScriptedServer, tmp_path: Path) -> None:
    table = own_table()
    table.to_csv(tmp_path / "own.csv", index=False)
    rules = []
    for target, rows in table.groupby("target"):
        said = dict.fromkeys(ATTRIBUTES, 3) | dict(
            zip(rows["attribute"], map(int, rows["rating"]), strict=True)
        )
        text = rows["response"].iloc[0]
        rules.append({"contains": f"{text}\\n", "actions": [{"text": json.dumps(said)}]})
        assert target
    server.script(rules)
    arguments = ["certify", "--ratings", tmp_path / "own.csv", "--judge", "twin", "--all",
                 "--n-resamples", 200, "--reply-format", "plain", "--out", tmp_path / "c",
                 *reach(server)]  # fmt: skip
    result = command(*arguments)
    assert result.exit_code == 2  # which rater is the expert?
    result = command(*arguments, "--reference", "expert")
    assert result.exit_code == 0, result.output
    made = json.loads((tmp_path / "c" / "certificate.json").read_text())
    assert made["synthetic"] is False
    assert (made["n_replies"], made["n_conversations"], made["n_unscored"]) == (24, 12, 0)
    rows = [r for r in made["reliability"] if r["level"] == "response"]
    assert {r["attribute"] for r in rows} == {"Safety", "Empathy"}
    assert [r["icc_a1"] for r in rows] == pytest.approx([1, 1])
    asked = [body["messages"][1]["content"] for body in server.seen()["bodies"]]
    assert any("I am sad, number 0." in text for text in asked)


def test_a_wide_file_without_systems_is_certified_on(tmp_path: Path) -> None:
    wide = own_table().pivot(
        index=["target", "conversation_id", "context", "response", "attribute"],
        columns="rater", values="rating",
    ).reset_index()  # fmt: skip
    replies = own_replies(wide, "expert", Columns())
    assert replies.targets.system_names == ("all",)
    numbers = [replies.responses.index(t) for t in ("Reply of one to 3", "Reply of two to 3")]
    assert len({replies.targets.clusters[n] for n in numbers}) == 1
    made = certify_ratings(
        np.full((24, 7), 3.0), replies, sample_targets(replies, None), judge="j", n_resamples=50
    )
    assert {row.level for row in made.rows} == {"response"}
    assert "nothing to rank" in certificate_text(made)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t[t["attribute"] == "Safety"].assign(attribute="Warmth"),
            "'Warmth' is no attribute of the rubric",
        ),
        (lambda t: t.assign(rating=7), "scale"),
        (lambda t: t.drop(columns="response"), "no column 'response'"),
        (lambda t: t.drop(columns="attribute"), "which column holds the attribute"),
        (lambda t: t.assign(response=range(len(t))), "two different texts in 'response'"),
    ],
)
def test_unusable_own_ratings_are_refused(change: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        own_replies(change(own_table()), "expert", Columns())


def test_certify_is_one_call(server: ScriptedServer, rated: RatedReplies, tmp_path: Path) -> None:
    entry = ModelEntry("mine", "m", via=Via.OPENAI, base_url=server.url)
    config = JudgeConfig((entry,), reply_format="plain")
    made, summary = certify(
        tmp_path / "c", rated, config, n_conversations=3, n_resamples=50, limits=QUIET
    )
    assert made is not None
    assert summary.finished
    assert made.synthetic  # travels with the data, whatever the caller says
    manifest = json.loads((tmp_path / "c" / "run.json").read_text())
    assert manifest["synthetic"] is True
    assert (manifest["source"]["conversations"], manifest["source"]["seed"]) == (3, 0)
    assert (tmp_path / "c" / "certificate.html").exists()
    with pytest.raises(RunError, match="One judge"):
        certify(tmp_path / "d", rated, replace(config, judges=(entry, replace(entry, id="b"))))


def test_a_run_is_ratings(server: ScriptedServer, tmp_path: Path) -> None:
    bad, good = dict.fromkeys(ATTRIBUTES, 2), dict.fromkeys(ATTRIBUTES, 4)
    server.script(
        [
            {"contains": "first;", "actions": [{"text": json.dumps(r)} for r in (bad, good)]},
            {"contains": "second;", "actions": [{"text": "no"}, {"text": json.dumps(good)}]},
            {"contains": "third;", "actions": [{"text": "no"}, {"text": "no"}]},
        ]
    )
    entry = ModelEntry("mine", "m", via=Via.OPENAI, base_url=server.url)
    items = [Item(i, "7", "c", s, f"{s};") for i, s in enumerate(("first", "second", "third"))]
    items.append(Item(3, "8", "c", "first", None))
    config = JudgeConfig((entry,), reply_format="plain", repeats=2)
    one_by_one = Limits(progress=False, concurrency=1)
    judge(tmp_path / "r", Items(lambda: items), config, limits=one_by_one)
    frame = ratings_frame(tmp_path / "r")
    assert list(frame) == [
        "target", "conversation_id", "system", "rater", "attribute", "rating", "status",
    ]  # fmt: skip
    assert len(frame) == 4 * 7
    safety = frame[frame["attribute"] == "Safety"].set_index("target")
    assert safety["rating"].tolist()[:2] == [3, 4]  # the mean of those that are there
    assert safety["rating"].isna().tolist() == [False, False, True, True]
    assert safety["status"].tolist() == ["ok", "ok", "parse_failed", "response_missing"]
    assert list(safety.index) == ["7/first", "7/second", "7/third", "8/first"]
    assert set(frame["rater"]) == {"mine"}
