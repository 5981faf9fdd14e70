"""A user's own ratings: every layout reads the same, every fault names its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentalbench_hf.data.ratings_file import Columns, read_ratings
from mentalbench_hf.errors import DataError

COLUMNS = Columns(target="reply", cluster="chat", system="model", attribute="what")


def long_frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = [
        {"reply": f"r{c}{m}", "chat": c, "model": m, "what": w, "rater": r, "rating": v}
        for c in range(8)
        for m in "ab"
        for w in ("tone", "facts")
        for r, v in (("doc", rng.integers(0, 11)), ("bot", rng.integers(0, 11)))
    ]
    return pd.DataFrame(rows)


def write(frame: pd.DataFrame, path: Path) -> str:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
    return str(path)


@pytest.mark.parametrize("name", ["r.csv", "r.parquet", "r.jsonl"])
def test_every_format_gives_the_same_targets(tmp_path: Path, name: str) -> None:
    frame = long_frame()
    frame["rating"] = frame["rating"].astype(float)
    frame.loc[3, "rating"] = np.nan
    targets = read_ratings(write(frame, tmp_path / name), "doc", COLUMNS, scale=(0, 10))
    assert targets.ratings.shape == (16, 2, 2)
    assert targets.raters == ("doc", "bot")
    assert targets.attributes == ("tone", "facts")
    assert targets.system_names == ("a", "b")
    assert len(targets.cluster_names) == 8
    assert int(np.isnan(targets.ratings).sum()) == 1
    row = frame.iloc[10]
    place = (
        list(dict.fromkeys(frame["reply"])).index(row["reply"]),
        targets.raters.index(row["rater"]),
        targets.attributes.index(row["what"]),
    )
    assert targets.ratings[place] == row["rating"]


def test_wide_equals_long(tmp_path: Path) -> None:
    frame = long_frame()
    keys = ["reply", "chat", "model", "what"]
    wide = frame.pivot_table(index=keys, columns="rater", values="rating", sort=False).reset_index()
    a = read_ratings(write(frame, tmp_path / "l.csv"), "doc", COLUMNS, scale=(0, 10))
    b = read_ratings(write(wide, tmp_path / "w.csv"), "doc", COLUMNS, scale=(0, 10))
    for rater in ("doc", "bot"):
        for name in ("tone", "facts"):
            np.testing.assert_array_equal(a.scores(rater, name), b.scores(rater, name))


def test_known_attributes_get_their_axis(tmp_path: Path) -> None:
    frame = long_frame().replace({"what": {"tone": "Empathy", "facts": "Helpfulness"}})
    more = frame[frame["what"] == "Empathy"].assign(what="Understanding")
    targets = read_ratings(write(pd.concat([frame, more]), tmp_path / "r.csv"), "doc", COLUMNS)
    assert dict(targets.axes) == {"ARS": ("Empathy", "Helpfulness", "Understanding")}


def broken(change: str) -> pd.DataFrame:
    frame = long_frame().astype({"rating": object, "reply": object})
    if change == "text":
        frame.loc[5, "rating"] = "good"
    elif change == "twice":
        frame = pd.concat([frame, frame.iloc[[2]]], ignore_index=True)
    elif change == "scale":
        frame.loc[7, "rating"] = 11
    elif change == "cluster":
        frame.loc[1, "chat"] = 99
    elif change == "empty":
        frame.loc[4, "reply"] = None
    elif change == "column":
        frame = frame.drop(columns="chat")
    elif change == "infinite":
        frame.loc[6, "rating"] = "inf"
    return frame


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("text", r"row 7, column 'rating': good is not a finite number"),
        ("twice", r"row 66: .* was rated in row 4 already"),
        ("scale", r"row 9: rating 11 is outside the scale 0 to 10"),
        ("cluster", r"row \d+: chat .* differs from"),
        ("empty", r"row 6: column 'reply' is empty"),
        ("column", r"no column 'chat'; its columns are: reply, model"),
        ("infinite", r"row 8, column 'rating': inf is not a finite number"),
    ],
)
def test_faults_name_the_row(tmp_path: Path, change: str, message: str) -> None:
    path = write(broken(change), tmp_path / "r.csv")
    with pytest.raises(DataError, match=message):
        read_ratings(path, "doc", COLUMNS, scale=(0, 10))


@pytest.mark.parametrize(
    ("place", "reference", "message"),
    [
        ("missing.csv", "doc", "not a file"),
        ("ratings.csv", "nurse", "reference rater 'nurse' does not occur"),
        ("ratings.xyz", "doc", ".xyz cannot be read"),
        ("nobody/nothing", "doc", "neither a file"),
    ],
)
def test_wrong_places(tmp_path: Path, place: str, reference: str, message: str) -> None:
    write(long_frame(), tmp_path / "ratings.csv")
    (tmp_path / "ratings.xyz").write_text("x")
    where = str(tmp_path / place) if "/" not in place else place
    with pytest.raises(DataError, match=message):
        read_ratings(where, reference, COLUMNS)
