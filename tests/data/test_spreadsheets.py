"""Files as spreadsheets save them: delimiters, commas, encodings, stray columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentalbench_hf.data.ratings_file import Columns, read_ratings
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError

DOC = [1.5, 2, 3, 4.5, 5, 1]
BOT = [2, 2, 3.5, 4, 5, 1]


def table(delimiter: str = ",", comma: str = ".") -> str:
    rows = [["target", "doc", "bot"]]
    rows += [
        [f"r{i}", *(str(v).replace(".", comma) for v in pair)]
        for i, pair in enumerate(zip(DOC, BOT, strict=True))
    ]
    return "".join(delimiter.join(row) + "\r\n" for row in rows)


def read(path: Path, **more: object) -> RatedTargets:
    return read_ratings(str(path), "doc", scale=(1, 5), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    ("name", "delimiter", "comma"),
    [("r.csv", ",", "."), ("r.csv", ";", ","), ("r.csv", ";", "."), ("r.csv", "\t", ","),
     ("r.tsv", "\t", "."), ("r.tsv", "\t", ","), ("r.csv", "|", ".")],
)  # fmt: skip
def test_every_country_s_table_reads_alike(
    tmp_path: Path, name: str, delimiter: str, comma: str, encoding: str
) -> None:
    text = table(delimiter, comma).replace("r5", "für 5")
    (tmp_path / name).write_bytes(text.encode(encoding))
    notes: list[str] = []
    found = read(tmp_path / name, notes=notes)
    np.testing.assert_array_equal(found.scores("doc", "rating"), DOC)
    np.testing.assert_array_equal(found.scores("bot", "rating"), BOT)
    assert found.cluster_names[5] == "für 5"
    assert ("read as Windows-1252" in " ".join(notes)) is (encoding == "cp1252")


def test_a_workbook_reads_like_its_table(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in zip(["target", *"abcdef"], ["doc", *DOC], ["bot", *BOT], strict=True):
        book.active.append(row)
    book.active["C3"] = "3,5"
    book.save(tmp_path / "r.xlsx")
    found = read(tmp_path / "r.xlsx")
    np.testing.assert_array_equal(found.scores("doc", "rating"), DOC)
    assert found.scores("bot", "rating")[1] == 3.5
    book.active["C4"] = "three"
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(DataError, match=r"row 4, column 'bot': three is not a finite number"):
        read(tmp_path / "r.xlsx")
    book.create_sheet("more").append(["a"])
    book["more"].append(["b"])
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(DataError, match="2 sheets with rows: Sheet, more"):
        read(tmp_path / "r.xlsx")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "target;doc;bot\na;1,234;2\nb;2,345;1\n",
            r"row 2, column 'doc': 1,234 may have a decimal",
        ),
        ("target;doc;bot\na;1,5;2\nb;2.5;1\n", r"row 2, column 'doc': 1,5 has a comma and row 3 a"),
        ("target,doc;bot\na,1;2\nb,2;3\n", r"into columns by comma or by semicolon"),
        ("target,doc,bot\na,1,2\nb,1,2,3\n", r"row 3: 4 cells, but the header has 3"),
        ("target,doc,doc\na,1,2\n", r"more than one column 'doc'"),
        ("", "is empty"),
        ("target,doc,bot\n", "has no rows"),
        ("target,doc,bot\na,1,2\n\n\nb,good,1\nc,1,1\n", r"row 5, column 'doc': good"),
        ("target,doc,bot\na,1,2\nb,2,\nc,3,x\nd,4,4\n", r"row 4, column 'bot': x is not"),
    ],
)
def test_what_may_be_two_things_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read(tmp_path / "r.csv")


@pytest.mark.parametrize("name", ["r.ods", "r.xls", "r.docx", "r.json", "ratings"])
def test_other_kinds_are_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match=r"cannot be read; save it as one of \.csv, \.tsv, \.xlsx"):
        read(tmp_path / name)


def wide(n: int = 24) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"reply": [f"r{i}" for i in range(n)], "doc": rng.integers(1, 6, n)})
    frame["bot"] = np.clip(frame["doc"] + rng.integers(-1, 2, n), 1, 5)
    frame["word_count"] = rng.integers(40, 400, n)
    frame["model"] = [f"s{i % 3}" for i in range(n)]
    frame["notes"] = None
    return frame


def test_only_columns_of_ratings_are_raters(tmp_path: Path) -> None:
    wide().to_csv(tmp_path / "w.csv")  # with pandas' index
    notes: list[str] = []
    found = read(tmp_path / "w.csv", columns=Columns(target="reply"), notes=notes)
    assert found.raters == ("doc", "bot")
    said = "\n".join(notes)
    assert "raters: doc, bot (reference: doc)" in said
    assert "column 'Unnamed: 0' numbers the rows" in said
    assert "column 'word_count' is off the scale" in said
    assert "column 'model' does not hold numbers" in said
    assert "column 'notes' is empty" in said


def test_without_a_scale_the_reference_s_own_decides_or_nothing_does(tmp_path: Path) -> None:
    frame = wide()
    frame["doc"] = frame["doc"].clip(2, 4)
    frame.to_csv(tmp_path / "w.csv", index=False)
    columns = Columns(target="reply")
    with pytest.raises(DataError, match=r"column 'bot' is a rater cannot be told .*scale="):
        read_ratings(str(tmp_path / "w.csv"), "doc", columns)
    named = Columns(target="reply", raters=("bot",))
    assert read_ratings(str(tmp_path / "w.csv"), "doc", named).raters == ("doc", "bot")
    frame.drop(columns="bot").to_csv(tmp_path / "w.csv", index=False)
    with pytest.raises(DataError, match=r"no column but 'doc' holds ratings .* Name the raters"):
        read_ratings(str(tmp_path / "w.csv"), "doc", columns)


@pytest.mark.parametrize(
    ("raters", "message"),
    [(("nurse",), "no column 'nurse'"), (("reply",), "'reply' identifies a row"),
     (("model",), r"row 2, column 'model': s0 is not a finite number")],
)  # fmt: skip
def test_named_raters_must_be_columns_of_numbers(
    tmp_path: Path, raters: tuple[str, ...], message: str
) -> None:
    wide().to_csv(tmp_path / "w.csv", index=False)
    with pytest.raises(DataError, match=message):
        read(tmp_path / "w.csv", columns=Columns(target="reply", raters=raters))


def test_a_long_table_has_no_rater_columns(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("target,rater,rating\n1,doc,1\n1,bot,2\n")
    with pytest.raises(DataError, match="its raters are not columns"):
        read(tmp_path / "l.csv", columns=Columns(raters=("bot",)))


def test_a_rater_with_one_slip_is_told_of_it_and_not_left_out(tmp_path: Path) -> None:
    frame = wide().astype({"bot": object})
    frame.loc[3, "bot"] = 7
    frame.to_csv(tmp_path / "w.csv", index=False)
    with pytest.raises(DataError, match=r"row 5: rating 7 is outside the scale"):
        read(tmp_path / "w.csv", columns=Columns(target="reply"))
