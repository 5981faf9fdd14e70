"""Judged runs and the Space's ratings are read wherever ratings are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mentalbench_hf.data.ratings_file import Columns, read_ratings
from mentalbench_hf.errors import DataError
from mentalbench_hf.inference.run_tables import _judged_schema
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.ratings_store import RatingsStore, ReaderRating

OWN = Columns(target="reply", cluster="chat", system="model", attribute="what")


def write_run(
    path: Path, *, scoring: str = "reply", repeats: int = 2, judges: tuple[str, ...] = ("j",)
) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [
        {
            "conversation_id": str(c),
            "system": s,
            "judge": j,
            "replicate": r,
            **{a: int(rng.integers(1, 6)) for a in ATTRIBUTES},
            **{f"{a}_expected": float(rng.uniform(1, 5)) for a in ATTRIBUTES},
            "own_counterpart": s == "s1" and j == "j",
        }
        for c in range(12)
        for s in ("s0", "s1", "s2")
        for j in judges
        for r in range(repeats)
    ]
    rows[0]["Safety"] = rows[0]["Safety_expected"] = None
    (path / "data").mkdir(parents=True)
    table = pa.Table.from_pylist(rows, schema=_judged_schema())
    pq.write_table(table, path / "data" / "judgments.parquet")
    manifest = {"kind": "judge", "scoring": scoring, "synthetic": False, "repeats": repeats}
    (path / "run.json").write_text(json.dumps(manifest))
    return path


def own_file(path: Path) -> Path:
    rng = np.random.default_rng(1)
    rows = [
        {"reply": f"{c}-{s}", "chat": c, "model": s, "what": a, "rater": "doc",
         "rating": int(rng.integers(1, 6))}
        for c in range(2, 20) for s in ("s0", "s1") for a in ("Safety", "Empathy")
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("scoring", ["reply", "expected"])
def test_a_run_by_itself(tmp_path: Path, scoring: str) -> None:
    run = write_run(tmp_path / "run", scoring=scoring, judges=("j", "k"))
    found = read_ratings(str(run), "k")
    assert found.ratings.shape == (36, 2, 7)
    assert found.judges == ("j",)
    assert found.left_out == {"j": "s1"}
    assert set(found.axes) == {"CSS", "ARS"}
    table = pd.read_parquet(run / "data" / "judgments.parquet")
    column = "Safety_expected" if scoring == "expected" else "Safety"
    means = table[table["judge"] == "j"].groupby(["conversation_id", "system"], sort=False)[column]
    np.testing.assert_allclose(found.scores("j", "Safety"), means.mean())
    with pytest.raises(DataError, match="its columns are known"):
        read_ratings(str(run), "k", OWN)


def test_a_run_beside_own_ratings_of_the_same_replies(tmp_path: Path) -> None:
    own, run = own_file(tmp_path / "own.csv"), write_run(tmp_path / "run")
    notes: list[str] = []
    found = read_ratings(str(own), "doc", OWN, scale=(1, 5), runs=[run], notes=notes)
    assert found.raters == ("doc", "j")
    assert found.attributes == ("Safety", "Empathy")
    assert found.left_out == {"j": "s1"}
    assert len(found.clusters) == 36
    assert int((~np.isnan(found.scores("j", "Empathy"))).sum()) == 20
    assert "'j' rated 20 of the 36 replies; 16 others of the folder are left out" in notes[-1]
    alone = read_ratings(str(own_run := write_run(tmp_path / "b", judges=("j", "k"))), "k")
    assert own_run.is_dir()
    assert alone.system_names == ("s0", "s1", "s2")


def test_replies_are_matched_by_target_where_nothing_else_is_named(tmp_path: Path) -> None:
    frame = pd.read_csv(own_file(tmp_path / "own.csv"))
    frame["reply"] = frame["chat"].map(str) + "/" + frame["model"]
    frame.to_csv(tmp_path / "own.csv", index=False)
    run = write_run(tmp_path / "run")
    by_target = replace(OWN, cluster=None, system=None)
    found = read_ratings(str(tmp_path / "own.csv"), "doc", by_target, runs=[run])
    assert int((~np.isnan(found.scores("j", "Empathy"))).sum()) == 20


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("attribute", "name the column that holds the attribute"),
        ("replies", r"rated none of the replies and attributes .* has '0/s0' on Guidance"),
        ("rater", "both have a rater 'j'"),
        ("kind", "is a run of 'generate'"),
        ("unfinished", "has no data/judgments.parquet yet"),
        ("no run", "neither a judged run"),
    ],
)
def test_what_cannot_be_joined_says_why(tmp_path: Path, change: str, message: str) -> None:
    own, run = own_file(tmp_path / "own.csv"), write_run(tmp_path / "run")
    columns = OWN
    if change == "attribute":
        columns = replace(OWN, attribute=None)
        frame = pd.read_csv(own)
        frame[frame["what"] == "Safety"].to_csv(own, index=False)
    elif change == "replies":
        own.write_text(own.read_text().replace(",s0,", ",x,").replace(",s1,", ",y,"))
    elif change == "rater":
        own.write_text(own.read_text() + "2-s0,2,s0,Safety,j,4\n")
    elif change == "kind":
        (run / "run.json").write_text('{"kind": "generate"}')
    elif change == "unfinished":
        (run / "data" / "judgments.parquet").unlink()
    else:
        run = tmp_path / "empty"
        run.mkdir()
    with pytest.raises(DataError, match=message):
        read_ratings(str(own), "doc", columns, runs=[run])


def test_the_space_s_ratings_are_ratings(tmp_path: Path) -> None:
    store = RatingsStore(tmp_path / "ratings")
    for reader, shift in (("a" * 32, 0), ("b" * 32, 1)):
        for c in range(12):
            for late in (0, 1):  # the later rating counts
                store.save(
                    ReaderRating(
                        f"2026-01-01T00:00:{late:02d}", reader, str(c), "s0", "Safety",
                        min(5, c % 4 + 1 + shift * late), "1", synthetic=False,
                    )
                )  # fmt: skip
    found = read_ratings(str(tmp_path / "ratings"), "a" * 32)
    assert found.judges == ("b" * 32,)
    np.testing.assert_array_equal(
        found.scores("b" * 32, "Safety") - found.scores("a" * 32, "Safety"), np.ones(12)
    )
    run = write_run(tmp_path / "run")
    joined = read_ratings(str(tmp_path / "ratings"), "a" * 32, runs=[run])
    assert joined.raters == ("a" * 32, "b" * 32, "j")
    assert int((~np.isnan(joined.scores("j", "Safety"))).sum()) == 12
