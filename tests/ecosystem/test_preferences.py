"""Pairs from the experts' ratings: what is chosen, what is left out, who is kept together."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from mentalbench_hf.cli.main import app
from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.data.mentalalign_tables import mentalalign_table
from mentalbench_hf.data.rated_replies import (
    BenchmarkReplies,
    benchmark_replies,
    read_rated_replies,
)
from mentalbench_hf.ecosystem.preference_files import write_preferences
from mentalbench_hf.ecosystem.preferences import (
    REASONS,
    SAME_TEXT,
    TIE,
    WITHIN_MARGIN,
    Preferences,
    Reply,
    assign,
    compare,
)
from mentalbench_hf.errors import DataError, RunError
from mentalbench_hf.schema import ATTRIBUTES, AXES
from mentalbench_hf.sources import open_source

NAMES = (*ATTRIBUTES, *AXES)

scores = st.one_of(
    st.integers(1, 5).map(float),
    st.lists(st.integers(1, 5), min_size=3, max_size=3).map(lambda r: sum(r) / 3),
)
replies = st.builds(
    Reply,
    system=st.sampled_from("abcdefghij"),
    text=st.sampled_from(["Hello.", "I hear you.", "Call a doctor."]),
    score=scores,
    lack=st.sampled_from(["", "", "", "missing", "misaligned"]),
)


@pytest.fixture(scope="module")
def rated() -> BenchmarkReplies:
    return read_rated_replies(open_source("sample"))


@given(first=replies, second=replies, margin=st.sampled_from([0, 0.25, 1 / 3, 1, 2]))
def test_the_order_of_two_replies_changes_nothing(
    first: Reply, second: Reply, margin: float
) -> None:
    here, there = compare(first, second, margin), compare(second, first, margin)
    if first.lack and second.lack:
        assert (here, there) == (first.lack, second.lack)
        return
    assert here == there
    if isinstance(here, str):
        assert here in REASONS
        return
    chosen, rejected, distance = here
    assert {id(chosen), id(rejected)} == {id(first), id(second)}
    assert chosen.score - rejected.score == pytest.approx(distance)
    assert distance >= max(margin - 1e-9, 1e-9)


@given(first=replies, second=replies, margin=st.floats(0, 4))
def test_a_larger_margin_only_takes_pairs_away(first: Reply, second: Reply, margin: float) -> None:
    wide, any_ = compare(first, second, margin), compare(first, second, 0)
    assert wide in (any_, WITHIN_MARGIN)


def test_a_difference_of_thirds_reaches_a_margin_of_one() -> None:
    high, low = Reply("a", "x", (5 + 5 + 3) / 3), Reply("b", "y", (4 + 4 + 2) / 3)
    assert high.score - low.score != 1.0  # by the last digit
    assert compare(low, high, 1.0) == (high, low, 1.0)
    assert compare(high, replace(low, score=high.score), 0) == TIE
    assert compare(high, replace(low, text="x"), 0) == SAME_TEXT


texts = st.lists(st.sampled_from([f"Text {i}" for i in range(40)]), min_size=20, max_size=80)


@given(contexts=texts, seed=st.integers(0, 5))
def test_conversations_of_one_text_are_in_one_split(contexts: list[str], seed: int) -> None:
    contexts = [*contexts, *(f"Another {i}" for i in range(8))]  # enough for every split
    variants = [t.upper() + "  " if i % 3 else t for i, t in enumerate(contexts)]
    shares = {"train": 0.5, "validation": 0.25, "test": 0.25}
    found = assign(variants, shares, seed)
    split_of: dict[str, set[str]] = {}
    for text, split in zip(contexts, found, strict=True):
        split_of.setdefault(text, set()).add(split)
    assert all(len(splits) == 1 for splits in split_of.values())
    sizes = Counter(next(iter(s)) for s in split_of.values())
    for name, share in shares.items():
        assert abs(sizes[name] - share * len(split_of)) <= 1
    # Another order of the rows gives every text the same split.
    order = random.Random(seed).sample(range(len(variants)), len(variants))
    again = assign([variants[i] for i in order], shares, seed)
    assert again == [found[i] for i in order]


def test_the_seed_moves_conversations() -> None:
    contexts = [f"Text {i}" for i in range(100)]
    shares = {"train": 0.8, "test": 0.2}
    assert assign(contexts, shares, 0) != assign(contexts, shares, 1)
    assert Counter(assign(contexts, shares, 1)) == {"train": 80, "test": 20}


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({}, "share above 0"),
        ({"train": 1.0, "test": 0.0}, "share above 0"),
        ({"train": float("nan")}, "share above 0"),
        ({"train": 0.8, "test": 0.3}, "add up to 1"),
        ({"my split": 1.0}, "letters, digits"),
        ({"train": 0.99, "test": 0.01}, "'test' gets none of the 3"),
    ],
)
def test_unusable_splits_are_refused(shares: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        assign(["a", "b", "c"], shares, 0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("margin", [0.0, 1.0])
def test_every_possible_pair_is_exported_or_counted(
    rated: BenchmarkReplies, name: str, margin: float
) -> None:
    made = Preferences(rated, name=name, margin=margin, splits={"all": 1.0})
    pairs = list(made.pairs("all"))
    assert pairs
    assert made.n_possible == len(rated.ratings.contexts) * 45
    assert len(pairs) + made.left_out["all"].total() == made.n_possible


@pytest.mark.parametrize("name", ["Safety", "ARS"])
def test_pairs_are_those_of_the_published_table(rated: BenchmarkReplies, name: str) -> None:
    """Found again by another way: from the table of single ratings."""
    table = mentalalign_table(read_mentalalign(open_source("sample")), "ratings").to_pandas()
    human = table[table.rater == rated.ratings.roster.reference]
    human = human[human.attribute.isin(AXES.get(name, (name,)))]
    # mean() of pandas leaves missing out unless told not to.
    score = human.groupby(["conversation_id", "system"])["rating"].agg(
        lambda r: r.astype("float64").mean(skipna=False)
    )
    expected = set()
    for conversation in human.conversation_id.unique():
        for one, other in combinations(rated.ratings.roster.system_ids, 2):
            distance = score[conversation, one] - score[conversation, other]
            if abs(distance) > 1 - 1e-6:
                winner, loser = (one, other) if distance > 0 else (other, one)
                expected.add((int(conversation), winner, loser, round(abs(distance), 6)))
    made = Preferences(rated, name=name, margin=1, splits={"all": 1.0})
    found = {
        (p.conversation_id, p.chosen.system, p.rejected.system, round(p.margin, 6))
        for p in made.pairs("all")
    }
    assert found == expected
    assert expected


def test_replies_without_a_text_make_no_pair(rated: BenchmarkReplies) -> None:
    texts = list(rated.responses)
    for i in range(0, len(texts), 10):
        texts[i] = None
    made = Preferences(replace(rated, responses=texts), splits={"all": 1.0}, margin=0)
    gone = rated.ratings.roster.system_ids[0]
    assert all(gone not in (p.chosen.system, p.rejected.system) for p in made.pairs("all"))
    assert made.left_out["all"]["no_text"] > 0


def test_a_choice_of_systems_is_a_choice_of_pairs(rated: BenchmarkReplies) -> None:
    two = rated.ratings.roster.system_ids[3:1:-1]
    some = Preferences(rated, systems=two, splits={"all": 1.0}, margin=0)
    every = Preferences(rated, splits={"all": 1.0}, margin=0)
    assert some.n_possible == len(rated.ratings.contexts)
    assert list(some.pairs("all")) == [
        p for p in every.pairs("all") if {p.chosen.system, p.rejected.system} == set(two)
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "Kindness"}, "unknown attribute or axis 'Kindness'"),
        ({"systems": ("gpt-9", "gpt-8")}, "unknown system gpt-9, gpt-8"),
        ({"systems": ("sample-human",)}, "at least two systems"),
        ({"margin": -1}, "margin must be from 0 to 4"),
        ({"margin": float("nan")}, "margin must be from 0 to 4"),
    ],
)
def test_unusable_arguments_are_refused(
    rated: BenchmarkReplies, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        Preferences(rated, **arguments)


def command(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["preferences", *arguments])


def test_the_folder_loads_and_its_counts_are_true(rated: BenchmarkReplies, tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    done = command("--source", "sample", "--name", "Safety", "--out", str(out),
                   "--splits", "train=0.5,validation=0.25,test=0.25", "--seed", "4")  # fmt: skip
    assert done.exit_code == 0, done.output
    loaded = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    record = json.loads((out / "preferences.json").read_text())
    assert {split: len(rows) for split, rows in loaded.items()} == record["pairs"]
    total = sum(record["pairs"].values())
    left_out = sum(n for counts in record["left_out"].values() for n in counts.values())
    assert total + left_out == record["n_possible"] == len(rated.ratings.contexts) * 45
    # No conversation, and no message of a person, is in two splits.
    for column in ("conversation_id", "prompt"):
        seen = {s: {json.dumps(v) for v in rows[column]} for s, rows in loaded.items()}
        for one, other in combinations(seen.values(), 2):
            assert not one & other
    targets = rated.ratings.targets("audited")
    human = targets.scores(targets.reference, "Safety").reshape(-1, 10)
    row_of = {int(c): i for i, c in enumerate(rated.ratings.conversation_ids)}
    systems = rated.ratings.roster.system_ids
    for row in loaded["train"]:
        n = row_of[row["conversation_id"]]
        c, r = systems.index(row["system_chosen"]), systems.index(row["system_rejected"])
        assert (row["score_chosen"], row["score_rejected"]) == (human[n, c], human[n, r])
        assert row["margin"] == human[n, c] - human[n, r] >= 1
        assert row["prompt"] == [{"role": "user", "content": rated.ratings.contexts[n]}]
        assert row["chosen"] == [{"role": "assistant", "content": rated.responses[n * 10 + c]}]
        assert row["rejected"] == [{"role": "assistant", "content": rated.responses[n * 10 + r]}]
    card = (out / "README.md").read_text()
    assert "SYNTHETIC SAMPLE" in card
    assert "SYNTHETIC SAMPLE" in done.output
    assert "makes the benchmark worthless" in card
    for split, n in record["pairs"].items():
        assert f"| {split} | {record['conversations'][split]} | {n} |" in card
        assert f"{split:<20} {n:>9,} pairs" in done.output
    wins = Counter(row for split in loaded.values() for row in split["system_chosen"])
    assert all(f"| {s} | {wins[s]} |" in card for s in systems)
    assert record["experts"] == {"A": total}
    assert f"| A | {total} |" in card


def test_a_pair_says_which_expert_rated_both(rated: BenchmarkReplies, tmp_path: Path) -> None:
    n = len(rated.ratings.contexts)
    codes = np.arange(n) % 3 - 1
    ratings = replace(rated.ratings, stated_experts=(codes, ("A", "B")))
    split = replace(rated, ratings=ratings)
    expected = {int(c): "AB"[k] if k >= 0 else None
                for c, k in zip(ratings.conversation_ids, codes, strict=True)}  # fmt: skip
    write_preferences(Preferences(split, name="CSS", margin=0), tmp_path / "p", label="here")
    loaded = datasets.load_dataset(str(tmp_path / "p"), cache_dir=str(tmp_path / "cache"))
    rows = [row for part in loaded.values() for row in part]
    assert all(row["expert"] == expected[row["conversation_id"]] for row in rows)
    counts = Counter(row["expert"] or "" for row in rows)
    assert set(counts) == {"", "A", "B"}
    record = json.loads((tmp_path / "p" / "preferences.json").read_text())
    assert record["experts"] == counts
    card = (tmp_path / "p" / "README.md").read_text()
    assert f"| not known | {counts['']} |" in card


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    def digest() -> list[bytes]:
        done = command("--source", "sample", "--out", str(tmp_path / "pairs"))
        assert done.exit_code == 0
        return [p.read_bytes() for p in sorted((tmp_path / "pairs").rglob("*")) if p.is_file()]

    assert digest() == digest()  # the second replaces the first


def test_errors_leave_nothing_behind(tmp_path: Path, rated: BenchmarkReplies) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    refused = command("--source", "sample", "--out", str(tmp_path / "mine"))
    assert isinstance(refused.exception, DataError)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    bare = command("--source", "sample", "--margin", "4", "--out", str(tmp_path / "none"))
    assert isinstance(bare.exception, DataError)
    assert "no pair in the split" in str(bare.exception)
    for wrong in ("train", "train=x", "train=0.5,train=0.5"):
        done = command("--source", "sample", "--splits", wrong, "--out", str(tmp_path / "none"))
        assert isinstance(done.exception, DataError)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine"]


@pytest.mark.upstream
def test_the_released_sheets_alone_hold_no_texts(upstream: Path, tmp_path: Path) -> None:
    done = command("--source", str(upstream), "--out", str(tmp_path / "pairs"))
    assert isinstance(done.exception, RunError)
    assert "MentalBench-100k.zip" in str(done.exception)
    assert not (tmp_path / "pairs").exists()


@pytest.mark.upstream
@pytest.mark.slow
def test_the_released_ratings_with_texts_of_our_own(upstream: Path, tmp_path: Path) -> None:
    """All 45,000 pairs of the released ratings; texts are not here, so these are made up."""
    ratings = read_mentalalign(open_source(upstream))
    n, systems = len(ratings.contexts), ratings.roster.system_ids
    made_up = [f"Reply {i}" for i in range(n * len(systems))]
    rated = benchmark_replies(ratings, list(made_up))
    out = tmp_path / "pairs"
    made = write_preferences(Preferences(rated, name="CSS"), out, label="test")
    assert made.n_possible == 45_000
    assert made.conversations["train"] + made.conversations["test"] == 1_000
    left_out: Counter[str] = Counter()
    for counts in made.left_out.values():
        left_out.update(counts)
    assert sum(made.pairs.values()) + left_out.total() == 45_000
    # 33 zero markers and 148 placeholders stand for replies that were not there.
    assert left_out["response_missing"] > 148 * 8
    assert left_out["misaligned"] >= 19 * 30
    human = ratings.targets("audited")
    css = human.scores(human.reference, "CSS").reshape(n, -1)
    distance = np.array([[row[a] - row[b] for a, b in combinations(range(10), 2)] for row in css])
    assert sum(made.pairs.values()) == int((np.abs(distance) >= 1).sum())
    assert left_out[TIE] == int((distance == 0).sum())
    loaded = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    train, test = ({loaded[s]["prompt"][i][0]["content"] for i in range(0, len(loaded[s]), 50)}
                   for s in ("train", "test"))  # fmt: skip
    assert not train & test
