"""Several readers: their agreement, and what each takes home."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mentalbench_hf.data.ratings_file import Columns, read_ratings
from mentalbench_hf.reliability.core.ordinal import krippendorff_alpha
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.rate_html import agreement_html, my_list
from mentalbench_hf.space.rating_agreement import (
    FEWEST,
    READER,
    Entries,
    agreement,
    readers_agreement,
)
from mentalbench_hf.space.rating_queue import RatingQueue
from mentalbench_hf.space.ratings_export import COLUMNS, rater_name, ratings_csv
from mentalbench_hf.space.ratings_store import Entry, Kind
from mentalbench_hf.space.store import Store


def readers(n: int, replies: int, seed: int = 0) -> dict[str, dict[tuple[str, str], Entry]]:
    """Return readers who see the same quality with noise; each leaves out some replies."""
    rng = np.random.default_rng(seed)
    quality = rng.integers(1, 6, size=replies)
    return {
        f"reader {i}": {
            (str(r // 2), f"s{r % 2}"): Entry(
                {a: int(np.clip(quality[r] + rng.integers(-1, 2), 1, 5)) for a in ATTRIBUTES}
            )
            for r in range(replies)
            if rng.random() < 0.8
        }
        for i in range(n)
    }


def matrix(given: dict[str, dict[tuple[str, str], Entry]], attribute: str) -> np.ndarray:
    places = sorted({p for entries in given.values() for p in entries})
    return np.array(
        [[e.get(p, Entry()).ratings.get(attribute, np.nan) for e in given.values()] for p in places]
    )


def test_alpha_is_that_of_the_statistics() -> None:
    given = readers(4, 40)
    rows = {(r.raters, r.attribute): r for r in readers_agreement(given)}
    names = tuple(given)
    assert len(rows) == len(ATTRIBUTES) * (1 + 6)
    for attribute in ATTRIBUTES:
        values = matrix(given, attribute)
        row = rows[names, attribute]
        assert row.value == pytest.approx(krippendorff_alpha(values))
        assert row.n == ((~np.isnan(values)).sum(axis=1) >= 2).sum()
        assert row.low < row.value < row.high
        pair = rows[names[1:3], attribute]
        assert pair.value == pytest.approx(krippendorff_alpha(values[:, 1:3]))
    assert readers_agreement(given) == list(rows.values())
    of = readers_agreement(given, "reader 2")
    assert {r.raters for r in of} == {names} | {
        ("reader 0", "reader 2"), ("reader 1", "reader 2"), ("reader 2", "reader 3"),
    }  # fmt: skip


def test_too_few_replies_give_no_number() -> None:
    given = readers(2, 40)
    few = {n: dict(list(e.items())[: FEWEST - 2]) for n, e in given.items()}
    rows = readers_agreement(few)
    assert len(rows) == len(ATTRIBUTES)
    assert all(0 < r.n < FEWEST and np.isnan([r.value, r.low, r.high]).all() for r in rows)
    assert readers_agreement({"one": given["reader 0"]}) == []
    apart = {"one": {("1", "a"): Entry({"Safety": 1})}, "two": {("2", "a"): Entry({"Safety": 1})}}
    assert readers_agreement(apart) == []


def test_many_readers_are_answered_at_once() -> None:
    rows = readers_agreement(readers(60, 12), "reader 0")
    assert len(rows) == len(ATTRIBUTES) * 21


def rated(store: Store, n: int) -> Entries:
    return {
        place: Entry({a: 1 + (i + j) % 5 for j, a in enumerate(ATTRIBUTES)})
        for i, place in enumerate(RatingQueue(store).order("a" * 32)[:n])
    }


def test_words_stand_before_numbers(sample_store: Store) -> None:
    alphas = readers_agreement({READER: readers(1, 40)["reader 0"], **readers(2, 40)}, READER)
    shown = agreement_html(sample_store, agreement(sample_store, rated(sample_store, 40)), alphas)
    first, numbers = shown.split("<details>", 1)
    assert "<h3>Sample experts</h3>" in first
    assert "Agrees with you" in first
    assert "<td>" not in first
    assert "ICC(A,1)" in numbers
    among = shown.split("How far the readers agree")[1].split("<details>")[0]
    assert "3 readers, you among them" in among
    assert "Enough for tentative conclusions" in among
    few = agreement_html(sample_store, agreement(sample_store, rated(sample_store, 3)), [])
    assert "Too few replies in common yet (at least 10 are needed)" in few.split("<details>")[0]
    assert "Nobody else has rated" in few


def test_my_list_shows_what_was_said_as_text(sample_store: Store) -> None:
    order = RatingQueue(sample_store).order("a" * 32)
    said = {
        order[0]: Entry({"Safety": 2}, {Kind.COMMENT: "<img src=x onerror=alert(1)>"}),
        order[5]: Entry({}, {Kind.SKIP: "I cannot judge this", Kind.FLAG: "yes"}),
        order[7]: Entry(),
    }
    shown = my_list(sample_store, order, said)
    assert shown.count("data-place") == 2
    assert 'data-place="5"' in shown
    assert "&lt;img src=x" in shown
    assert "<img" not in shown
    for system in sample_store.roster.systems:
        assert system.id not in shown
        assert system.label not in shown


def test_exports_of_two_readers_are_read_as_own_ratings(tmp_path: Path) -> None:
    first, second = readers(2, 30).values()
    place = next(iter(first))
    first[place].notes[Kind.COMMENT] = "=1+1, he said"
    first["99", "s0"] = Entry({}, {Kind.SKIP: "I cannot judge this"})
    text = ratings_csv({rater_name("a" * 32): first})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(first) * len(ATTRIBUTES)
    assert {r["comment"] for r in rows} == {"", "'=1+1, he said"}
    skipped = [r for r in rows if r["skip"]]
    assert len(skipped) == len(ATTRIBUTES)
    assert {r["rating"] for r in skipped} == {""}
    path = tmp_path / "own.csv"
    path.write_text(text + ratings_csv({"reader-b": second}).split("\n", 1)[1])
    columns = Columns(cluster="conversation_id", system="system", attribute="attribute")
    targets = read_ratings(str(path), "reader-aaaaaaaa", columns, scale=(1, 5))
    assert set(targets.raters) == {"reader-aaaaaaaa", "reader-b"}
    assert set(targets.axes) == {"CSS", "ARS"}
    pair = targets.pair("reader-b", "Safety")
    known = ~np.isnan(pair).any(axis=1)
    assert known.sum() == len(set(first) & set(second))
    assert krippendorff_alpha(pair) == pytest.approx(
        readers_agreement({"one": first, "two": second})[3].value
    )


#: In a process of its own: gradio leaves an event loop behind when it makes a page.
BARE = """
import json
from dataclasses import replace
from mentalbench_hf.space.app import build_app
from mentalbench_hf.space.find_data import open_store
app = build_app(replace(open_store("sample"), responses={}))
print(json.dumps([str(c["props"].get("value", "")) for c in app.get_config_file()["components"]]))
"""


@pytest.mark.needs("gradio")
def test_a_page_without_texts_or_judge_says_so_to_the_reader(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    made = subprocess.run(
        [sys.executable, "-c", BARE], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    shown = json.loads(made.stdout)
    told = [s for s in shown if "nothing to rate" in s or "No judge is set up" in s]
    assert len(told) == 2
    assert not any("--" in s or "MENTALBENCH_" in s or "operator" in s for s in told)
    assert not (tmp_path / "ratings").exists()
