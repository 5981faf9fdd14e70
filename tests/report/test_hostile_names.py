"""Names are neither paths nor formulas: whatever raters and attributes are called."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from mentalbench_hf.cli.main import app
from mentalbench_hf.data.ratings_file import Columns, from_frame, load_frame, read_ratings
from mentalbench_hf.errors import DataError
from mentalbench_hf.files import csv_text, guard_formula, safe_name, unguarded
from mentalbench_hf.report.drawing import figure_names
from mentalbench_hf.report.findings import compute
from mentalbench_hf.report.folder import write_report

FORMULA = "=cmd|'/C calc'!A0"
HOSTILE = [
    FORMULA, "../../up", "..", ".", "a/b", "a:b", "a\\b", "nul\0byte", "tab\tand\nline", "x" * 400,
    "x" * 399 + "y", "CON", "con.txt", "LPT1", "Case", "case", "cASE", "@sum(1)", "+1+1", "-x",
    "$", r"$\frac{$", "_hidden", "<b>", "<icc_system>", "a|b", "Einfühlung", "共感", "'=quoted",
    "trailing.", " space ", "-rf",
]  # fmt: skip


def test_file_names_are_safe_on_every_system_and_distinct() -> None:
    stems: list[str] = []
    for name in ("", *HOSTILE):
        stems.append(safe_name(name, stems))
    assert len({s.casefold() for s in stems}) == len(HOSTILE) + 1
    for stem in stems:
        file = f"{stem}.png"
        assert PurePosixPath(file).name == file
        assert PureWindowsPath(file).name == file
        assert stem.isascii()
        assert stem.strip(". ") == stem
        assert len(file) < 140
        assert not stem.startswith("-")
    for plain in ("gpt-4o", "claude-3.7-sonnet", "Safety", "unsafe_Safety_3"):
        assert safe_name(plain) == plain


@given(st.lists(st.text(), unique=True, max_size=8))
def test_any_names_stay_distinct(names: list[str]) -> None:
    stems: list[str] = []
    for name in names:
        stems.append(safe_name(name, stems))
    assert len({s.casefold() for s in stems}) == len(names)


@given(st.text())
def test_a_guard_can_be_taken_off(text: str) -> None:
    cell = guard_formula(text)
    assert isinstance(cell, str)
    assert unguarded(cell) == text
    if cell[:1] in tuple("=+-@\t\r\n"):
        float(cell)


def test_only_texts_that_begin_like_formulas_are_guarded() -> None:
    for value in (1, -0.5, None, "-0.5", "+3", "-1e-05", "Safety", "'tis", "", float("nan"), True):
        assert guard_formula(value) is value
    for value in (FORMULA, "-1+1", "@x", "＝1", "\t=1"):
        assert guard_formula(value) == f"'{value}"
    (row,) = csv.DictReader(io.StringIO(csv_text([{"=a": FORMULA, "b": None, "c": -1.5}])))
    assert row == {"'=a": f"'{FORMULA}", "b": "", "c": "-1.5"}


def ratings(judges: list[str], attributes: list[str], system: str = "one") -> pd.DataFrame:
    rng = np.random.default_rng(1)
    truth = rng.integers(1, 6, size=(24, len(attributes)))
    rows = [
        (f"t{t}", f"c{t // 2}", (system, "other")[t % 2], a, rater,
         int(np.clip(truth[t, k] + rng.integers(-1, 2), 1, 5)))
        for t in range(24) for k, a in enumerate(attributes) for rater in ("expert", *judges)
    ]  # fmt: skip
    columns = ["target", "cluster", "system", "attribute", "rater", "rating"]
    return pd.DataFrame(rows, columns=columns)


COLUMNS = Columns("target", "cluster", "system", "attribute")


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, len(HOSTILE), 6))
def test_a_report_stands_any_names(tmp_path: Path, start: int) -> None:
    names = HOSTILE[start : start + 6]
    frame = ratings(names, [FORMULA, names[0]] if names[0] != FORMULA else names[:2], names[-1])
    targets = from_frame(frame, "expert", COLUMNS, scale=(1, 5))
    write_report(compute(targets, n_resamples=20), tmp_path / "out", source="own", latex=True)
    found = {p.relative_to(tmp_path / "out").parts[0] for p in (tmp_path / "out").rglob("*")}
    assert found == {"figures", "tables", "report.html", "report.json", "report.md"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    drawn = [p.stem for p in (tmp_path / "out" / "figures").glob("*.png")]
    assert sorted(drawn) == json.loads((tmp_path / "out/report.json").read_text())["figures"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("<img ") == len(drawn)
    assert "<b>" not in page
    markdown = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert all(f"(figures/{stem}.png)" in markdown for stem in drawn)
    for path in (tmp_path / "out" / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [c for c in cells if c.startswith(("=", "@", "\t")) or c == "-x"], path.name
    rows = json.loads((tmp_path / "out/tables/reliability_response.json").read_text("utf-8"))
    assert {r["judge"] for r in rows} == set(names)
    assert {r["attribute"] for r in rows} >= {FORMULA}


def test_the_command_guards_csv_and_keeps_json(tmp_path: Path) -> None:
    frame = ratings([FORMULA, "plain"], ["=a", "b"])
    frame.to_csv(tmp_path / "own.csv", index=False)
    place = [str(tmp_path / "own.csv"), "--reference", "expert", "--cluster", "cluster",
             "--system", "system", "--attribute", "attribute"]  # fmt: skip
    for command in (["reliability", "--n-resamples", "20"], ["statistics", "--n-resamples", "20"]):
        texts = {}
        for form in ("csv", "json"):
            done = CliRunner().invoke(app, [command[0], *place, *command[1:], "--format", form])
            assert done.exit_code == 0, done.output
            texts[form] = done.stdout
        rows = list(csv.DictReader(io.StringIO(texts["csv"])))
        records = json.loads(texts["json"])
        assert {r["judge"] for r in rows} == {f"'{FORMULA}", "plain"}
        assert {r["judge"] for r in records} == {FORMULA, "plain"}
        assert {r["attribute"] for r in records} >= {"=a", "b"}


def test_our_own_csv_gives_the_names_back(tmp_path: Path) -> None:
    frame = ratings([FORMULA, "'=quoted", "'tis"], ["-x", "b"], system="@s")
    path = tmp_path / "ours.csv"
    path.write_text(csv_text(frame.to_dict("records")), encoding="utf-8")
    assert f"'{FORMULA}" in path.read_text(encoding="utf-8")
    read = read_ratings(str(path), "expert", COLUMNS)
    assert set(read.raters) == {"expert", FORMULA, "'=quoted", "'tis"}
    assert set(read.attributes) == {"-x", "b"}
    assert set(read.system_names) == {"@s", "other"}
    wide = pd.DataFrame({"target": ["a", "b"], "expert": [1, 2], FORMULA: [2, 1]})
    path.write_text(csv_text(wide.to_dict("records")), encoding="utf-8")
    assert set(read_ratings(str(path), "expert").raters) == {"expert", FORMULA}


def test_an_apostrophe_that_is_no_guard_of_ours_stays(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("name,=b,'=b\n'=x,1,1\n=x,2,2\n'tis,3,3\n", encoding="utf-8")
    frame = load_frame(str(path))
    # Off with it, and two names would be one.
    assert list(frame["name"]) == ["'=x", "=x", "'tis"]
    assert list(frame.columns) == ["name", "=b", "'=b"]
    (tmp_path / "other.jsonl").write_text('{"name": "\'=x"}\n', encoding="utf-8")
    assert list(load_frame(str(tmp_path / "other.jsonl"))["name"]) == ["'=x"]


@pytest.mark.parametrize("name", ["", "  "])
def test_no_name_is_no_name(name: str) -> None:
    with pytest.raises(DataError, match="column 'rater' is empty"):
        from_frame(ratings([name], ["a"]), "expert", COLUMNS)


def test_figures_show_names_as_text_and_distinct() -> None:
    shown = figure_names(HOSTILE)
    assert list(shown) == HOSTILE
    assert len(set(shown.values())) == len(HOSTILE)
    assert max(map(len, shown.values())) < 50
