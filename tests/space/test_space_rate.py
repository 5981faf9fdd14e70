"""Ratings survive crashes, readers stay apart, agreement is that of our own statistics."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from mentalbench_hf.errors import DataError
from mentalbench_hf.reliability import icc
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.rating_agreement import agreement, reader_targets
from mentalbench_hf.space.rating_queue import SHARED_EVERY, RatingQueue, n_complete
from mentalbench_hf.space.ratings_store import (
    Entry,
    Kind,
    RatingsStore,
    ReaderNote,
    ReaderRating,
    is_session,
    new_session,
    open_ratings,
)
from mentalbench_hf.space.store import Store

A, B = "a" * 32, "b" * 32


def rating(
    session: str = A, value: int = 4, at: str = "2026-01-01T00:00:00", **k: str
) -> ReaderRating:
    fields = {"conversation": "3", "system": "sample-model-1", "attribute": "Safety", **k}
    return ReaderRating(at=at, session=session, rating=value, rubric="1", synthetic=True, **fields)


def note(kind: Kind, value: str, at: str, session: str = A) -> ReaderNote:
    return ReaderNote(at, session, "3", "sample-model-1", kind, value, True)


def test_the_last_rating_counts_and_readers_are_apart(tmp_path: Path) -> None:
    store = RatingsStore(tmp_path)
    store.save(rating(value=2))
    store.save(rating(value=5, at="2026-01-01T00:00:01"))
    store.save(rating(session=B, value=1))
    assert RatingsStore(tmp_path).ratings_of(A) == {("3", "sample-model-1"): {"Safety": 5}}
    assert store.ratings_of(B) == {("3", "sample-model-1"): {"Safety": 1}}
    assert store.ratings_of("c" * 32) == {}


def test_a_restart_writes_a_new_file_and_reads_both(tmp_path: Path) -> None:
    RatingsStore(tmp_path).save(rating(value=2))
    second = RatingsStore(tmp_path)
    second.save(rating(value=3, attribute="Empathy"))
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
    assert second.ratings_of(A)["3", "sample-model-1"] == {"Safety": 2, "Empathy": 3}


def test_a_cut_last_line_loses_nothing_else(tmp_path: Path) -> None:
    store = RatingsStore(tmp_path)
    store.save(rating())
    (path,) = tmp_path.glob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"at": "2026-01-02", "sess')
    assert RatingsStore(tmp_path).ratings_of(A) == {("3", "sample-model-1"): {"Safety": 4}}


def test_killed_while_writing_keeps_every_acknowledged_rating(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from mentalbench_hf.space.ratings_store import RatingsStore, ReaderRating
store = RatingsStore(Path(sys.argv[1]))
for i in range(10_000):
    store.save(ReaderRating(f"{i:06}", "a" * 32, str(i), "s", "Safety", 1 + i % 5, "1", True))
    print(i, flush=True)
"""
    last = -1
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last = int(line)
            if last == 200:
                process.kill()
    found = RatingsStore(tmp_path).ratings_of(A)
    assert last >= 200
    assert all(found[str(i), "s"] == {"Safety": 1 + i % 5} for i in range(last + 1))


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    store = RatingsStore(tmp_path)

    def write(i: int) -> None:
        for j in range(25):
            store.save(rating(conversation=f"{i}-{j}"))

    threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (path,) = tmp_path.glob("*.jsonl")
    assert [json.loads(line)["rating"] for line in path.read_text().splitlines()] == [4] * 200


@pytest.mark.parametrize("session", ["", "../../etc/passwd", "A" * 32, "a" * 31, "a" * 33, None, 5])
def test_a_session_cannot_name_another_file(tmp_path: Path, session: object) -> None:
    assert not is_session(session)
    store = RatingsStore(tmp_path)
    with pytest.raises(DataError):
        store.save(rating(session=session))  # type: ignore[arg-type]
    assert store.ratings_of(session) == {}  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("value", "attribute"), [(0, "Safety"), (6, "Safety"), (3, "Kindness")])
def test_what_is_off_the_scale_is_refused(tmp_path: Path, value: int, attribute: str) -> None:
    with pytest.raises(DataError, match=r"1 to 5"):
        RatingsStore(tmp_path).save(rating(value=value, attribute=attribute))


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_folder_that_cannot_be_used(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="--ratings-dir"):
        open_ratings(tmp_path / folder)


def test_no_folder_before_the_first_rating(tmp_path: Path) -> None:
    store = open_ratings(tmp_path / "a" / "ratings")
    assert store.ratings_of(A) == {}
    assert store.sessions() == []
    assert store.undo(A) is None
    assert not (tmp_path / "a").exists()
    store.save(rating())
    assert store.sessions() == [A]


def test_undo_takes_back_one_change_after_the_other(tmp_path: Path) -> None:
    store, place = RatingsStore(tmp_path), ("3", "sample-model-1")
    store.save(rating(value=2, at="2026-01-01T00:00:00"))
    store.save(rating(value=5, at="2026-01-01T00:00:01"))
    store.save(note(Kind.FLAG, "yes", "2026-01-01T00:00:02"))
    assert store.entries_of(A)[place] == Entry({"Safety": 5}, {"flag": "yes"})
    assert store.undo(A) == place
    assert store.entries_of(A)[place] == Entry({"Safety": 5}, {})
    assert store.undo(A) == place
    assert RatingsStore(tmp_path).ratings_of(A) == {place: {"Safety": 2}}
    assert store.undo(A) == place
    assert store.undo(A) is None
    assert store.entries_of(A) == {}
    # Another reader's changes are not touched, and nothing is erased.
    assert store.undo(B) is None
    assert sum(len(p.read_text().splitlines()) for p in tmp_path.glob("*.jsonl")) == 6


def test_a_note_is_kept_replaced_and_taken_back(tmp_path: Path) -> None:
    store, place = RatingsStore(tmp_path), ("3", "sample-model-1")
    store.save(note(Kind.COMMENT, "first", "2026-01-01T00:00:00"))
    store.save(note(Kind.COMMENT, "second", "2026-01-01T00:00:01"))
    store.save(note(Kind.SKIP, "I cannot judge this", "2026-01-01T00:00:02"))
    kept = {"comment": "second", "skip": "I cannot judge this"}
    assert RatingsStore(tmp_path).entries_of(A) == {place: Entry({}, kept)}
    assert store.ratings_of(A) == {}
    store.save(note(Kind.COMMENT, "", "2026-01-01T00:00:03"))
    assert store.entries_of(A)[place].notes == {"skip": "I cannot judge this"}
    with pytest.raises(DataError, match="at most 2,000"):
        store.save(note(Kind.COMMENT, "x" * 2_001, "2026-01-01T00:00:04"))


def test_the_order_is_each_readers_own_and_resumes(sample_store: Store) -> None:
    queue = RatingQueue(sample_store)
    session = new_session()
    order = queue.order(session)
    assert order == RatingQueue(sample_store).order(session)
    assert order != queue.order(new_session())
    assert len(order) == len(set(order)) == 238
    full = Entry(dict.fromkeys(ATTRIBUTES, 3))
    entries = {order[0]: full, order[1]: Entry({}, {Kind.SKIP: "I cannot judge this"})}
    entries[order[2]] = Entry({"Safety": 2}, {Kind.FLAG: "yes"})
    assert queue.resume(order, entries) == 2
    assert n_complete(entries) == 1
    assert queue.resume(order, dict.fromkeys(order, full)) == len(order) - 1


def test_any_two_readers_share_responses_early(sample_store: Store) -> None:
    queue = RatingQueue(sample_store)
    first, second = queue.order(A)[:37], queue.order(B)[:37]
    common = [p for p in first if p in second and p in queue.shared]
    assert common == list(queue.shared[:10])
    assert first[::SHARED_EVERY] == second[::SHARED_EVERY] == common
    # The rest are their own.
    assert len(set(first) & set(second)) < 25


def test_agreement_equals_the_statistic_of_the_same_pairs(sample_store: Store) -> None:
    """A reader who copies a judge with an offset: known agreement with that judge."""
    order = RatingQueue(sample_store).order(A)[:40]
    rated = {}
    for key, system in order:
        position = sample_store.position(key)
        assert position is not None
        scores = sample_store.response(position, system).scores["sample-judge-1"].ratings
        rated[key, system] = Entry({a: v for a, v in scores.items() if v is not None})
    rows = {(r.judge, r.attribute): r for r in agreement(sample_store, rated)}
    assert {j for j, _ in rows} == set(sample_store.roster.raters)
    assert rows["sample-judge-1", "Safety"].icc_a1 == pytest.approx(1)
    assert rows["sample-judge-1", "Safety"].bias == 0
    targets = reader_targets(sample_store, rated)
    pair = targets.pair("sample-expert", "Empathy")
    row = rows["sample-expert", "Empathy"]
    complete = pair[~np.isnan(pair).any(axis=1)]
    assert row.n_targets == len(complete) > 30
    assert row.icc_a1 == pytest.approx(icc(complete, variant="ICC(A,1)"))
    assert row.bias == pytest.approx(float((complete[:, 1] - complete[:, 0]).mean()))
    assert row.icc_a1_low < row.icc_a1 < row.icc_a1_high


def test_agreement_without_ratings_or_of_other_data(sample_store: Store) -> None:
    assert agreement(sample_store, {}) == []
    assert agreement(sample_store, {("nowhere", "nobody"): Entry({"Safety": 3})}) == []
    assert agreement(sample_store, {("3", "sample-model-1"): Entry({}, {Kind.FLAG: "yes"})}) == []


def test_agreement_leaves_out_a_judges_own_counterpart(sample_store: Store) -> None:
    judge = sample_store.roster.judges[0]
    places = [p for p in RatingQueue(sample_store).places if p[1] == judge.counterpart]
    own = {place: Entry(dict.fromkeys(ATTRIBUTES, 1 + i % 5)) for i, place in enumerate(places)}
    rows = {(r.judge, r.attribute): r for r in agreement(sample_store, own)}
    assert rows[judge.id, "Safety"].n_targets == 0
    assert np.isnan(rows[judge.id, "Safety"].icc_a1)
    other = sample_store.roster.judges[1].id
    assert rows[other, "Safety"].n_targets > 10
