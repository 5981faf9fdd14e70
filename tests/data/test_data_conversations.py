"""MentalBench-100k from real files: what is written comes back, what is wrong is named."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mentalbench_hf.data.mentalbench import MentalBench, mentalbench_table, read_mentalbench
from mentalbench_hf.errors import DataError, MentalBenchError
from mentalbench_hf.hub.reading import read_dataset
from mentalbench_hf.schema import RELEASED, SYSTEM_IDS
from mentalbench_hf.sources import CSV_NAME, open_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADER = list(RELEASED.columns)
COLUMNS = list(RELEASED.columns.values())
PLAIN = [f"text {i}" for i in range(11)]


def csv_text(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, eol: str = "\n") -> str:
    buffer = io.StringIO(newline="")
    # Python's csv leaves a lone carriage return unquoted, where it would end the row.
    writer = csv.writer(buffer, lineterminator=eol, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def read_bytes(folder: Path, content: bytes) -> MentalBench:
    folder.mkdir(exist_ok=True)
    (folder / CSV_NAME).write_bytes(content)
    return read_mentalbench(open_source(folder))


def rows_of(data: MentalBench, variant: str = "released") -> list[list[str | None]]:
    table = mentalbench_table(data, "default", variant)
    return [[row[c] for c in COLUMNS] for row in table.to_pylist()]


#: What text must survive, one per case.
TEXTS = {
    "quotes": 'she said "no", twice: ""',
    "only_quotes": '""""',
    "newline": "first\nsecond\n\n\nthird",
    "carriage_return_newline": "first\r\nsecond",
    "carriage_return": "first\rsecond",
    "comma_and_semicolon": "a, b; c,,",
    "not_bmp": "thank you 🙏🏽 𝒶",
    "tab_and_blanks": "\t  padded  \t",
    "looks_like_a_number": "007",
    "looks_like_a_date": "2024-01-02",
    "formula": "=1+1",
    "true": "TRUE",
    "hash": "# heading\n- item",
    "nul": "a\x00b",
    "long": 'a "long" reply,\n' * 20_000,
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_text_survives(tmp_path: Path, name: str, encoding: str) -> None:
    row = [TEXTS[name], *PLAIN[1:10], TEXTS[name]]
    for eol in ("\n", "\r\n"):
        data = read_bytes(tmp_path / "in", csv_text([row, PLAIN], eol=eol).encode(encoding))
        assert rows_of(data) == [row, PLAIN]
        assert data.extra_columns == ()


def test_a_file_of_the_windows_code_page(tmp_path: Path) -> None:
    row = ["“It’s café”, she said – €5…", *PLAIN[1:]]
    data = read_bytes(tmp_path, csv_text([row]).encode("cp1252"))
    assert (rows_of(data), data.encoding) == ([row], "cp1252")
    data = read_bytes(tmp_path, csv_text([row]).encode("utf-8"))
    assert (rows_of(data), data.encoding) == ([row], "utf-8-sig")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(TEXT.filter(lambda t: bool(t.strip())), st.lists(TEXT, min_size=10, max_size=10)),
        min_size=1,
        max_size=4,
    )
)
def test_any_text_survives(tmp_path: Path, drawn: list[tuple[str, list[str]]]) -> None:
    rows = [[context, *replies] for context, replies in drawn]
    assert rows_of(read_bytes(tmp_path, csv_text(rows).encode())) == rows


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (csv_text([PLAIN, PLAIN[:-1], PLAIN]), r"csv, line 3: 10 fields; the header has 11"),
        (csv_text([PLAIN, [*PLAIN, "more"]]), r"line 3: 12 fields; the header has 11"),
        (csv_text([["a\nb\nc", *PLAIN[1:]], ["x"]]), r"line 5: 1 fields"),
        (csv_text([PLAIN]) + '"open,' + ",".join(PLAIN[1:]), r"line 3: not valid CSV"),
        (csv_text([PLAIN]) + '"a"b,' + ",".join(PLAIN[1:]), r"line 3: not valid CSV"),
        (csv_text([PLAIN[:-1]], HEADER[:-1]), r"missing or doubled: Qwen-3\. Its columns are: con"),
        (csv_text([[*PLAIN, "x"]], [*HEADER, "Gemini"]), r"missing or doubled: Gemini"),
        (csv_text([PLAIN, [" \n", *PLAIN[1:]]]), r"row 2: the context is empty \(1 in all\)"),
        ("", r"is empty"),
        (";".join(HEADER) + "\n", r"missing or doubled: context, response"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_bytes(tmp_path, content.encode())
    assert CSV_NAME in str(caught.value)


@pytest.mark.parametrize("content", [csv_text([PLAIN]).encode("utf-16"), b"context\x81\x8d,\xff\n"])
def test_an_unknown_encoding_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match=CSV_NAME):
        read_bytes(tmp_path, content)


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    header = ["topic", *reversed(HEADER)]
    row = ["grief", *reversed(PLAIN)]
    spaced = [f" {name} " for name in header]
    data = read_bytes(tmp_path, csv_text([row], spaced).encode())
    assert rows_of(data) == [PLAIN]
    assert data.extra_columns == ("topic",)


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    content = csv_text([PLAIN]) + "\n\n" + ",".join(PLAIN) + "\n\n"
    assert rows_of(read_bytes(tmp_path, content.encode())) == [PLAIN, PLAIN]


def test_responses_are_counted_and_gaps_have_a_status(tmp_path: Path) -> None:
    replies = [
        "one two  three\nfour",
        "",
        " nan ",
        "None",
        "N/A",
        "null",
        "nan is a bread",
        "a",
        "b",
        "c",
    ]
    data = read_bytes(tmp_path, csv_text([["post", *replies], PLAIN]).encode())
    audited = mentalbench_table(data, "responses", "audited").to_pylist()
    released = mentalbench_table(data, "responses", "released").to_pylist()
    assert [(r["conversation_id"], r["system"]) for r in audited] == [
        (i, s) for i in (1, 2) for s in SYSTEM_IDS
    ]
    first = audited[:10]
    gone = [False, True, True, True, True, True, False, False, False, False]
    assert [r["response"] is None for r in first] == gone
    assert [r["status"] for r in first] == ["response_missing" if g else "ok" for g in gone]
    assert [r["n_words"] for r in first] == [4, 0, 0, 0, 0, 0, 4, 1, 1, 1]
    assert [r["response"] for r in released[:10]] == replies
    for column in ("status", "n_words"):
        assert [r[column] for r in released] == [r[column] for r in audited]
    wide = mentalbench_table(data, "default", "audited").to_pylist()[0]
    assert [wide[s] for s in SYSTEM_IDS] == [r["response"] for r in first]


def test_words_are_runs_without_white_space(tmp_path: Path) -> None:
    text = "one\u00a0two\u2003three \t\r\n four—five"
    data = read_bytes(tmp_path, csv_text([["post", text, *PLAIN[2:]]]).encode())
    assert mentalbench_table(data, "responses").to_pylist()[0]["n_words"] == len(text.split()) == 4


def test_unknown_tables_are_refused(tmp_path: Path) -> None:
    data = read_bytes(tmp_path, csv_text([PLAIN]).encode())
    with pytest.raises(DataError, match=r"unknown table 'ratings'; .* default, responses"):
        mentalbench_table(data, "ratings")
    with pytest.raises(DataError, match=r"unknown data 'raw'"):
        mentalbench_table(data, "default", "raw")


def test_another_number_of_conversations_is_not_the_release(tmp_path: Path) -> None:
    (tmp_path / CSV_NAME).write_text(csv_text([PLAIN]), encoding="utf-8")
    with pytest.raises(DataError, match=r"holds 10,000 conversations; the source holds 1\."):
        read_dataset("mentalbench-100k", open_source(tmp_path))
    with pytest.raises(DataError, match=r"unknown dataset 'mentalbench'; choose one of mentalb"):
        read_dataset("mentalbench", open_source(tmp_path))


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())]
)
def test_the_hubs_parquet_gives_the_same(tmp_path: Path, kind: pa.DataType) -> None:
    rows = [PLAIN, ["post", 'a "b",\nc', *PLAIN[2:]]]
    columns = {
        name: pa.array([row[i] for row in rows], pa.string()).cast(kind)
        for i, name in enumerate(HEADER)
    }
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "data" / "train-00000-of-00001.parquet")
    data = read_mentalbench(open_source(tmp_path))
    assert rows_of(data) == rows
    assert data.encoding == "parquet"
    assert data.provenance[0]["verified"] is False


def test_a_null_in_parquet_is_a_missing_response(tmp_path: Path) -> None:
    columns = {
        name: pa.array([text, None if i else text])
        for i, (name, text) in enumerate(zip(HEADER, PLAIN, strict=True))
    }
    pq.write_table(pa.table(columns), tmp_path / "train.parquet")
    made = mentalbench_table(read_mentalbench(open_source(tmp_path)), "responses", "released")
    second = made.to_pylist()[10:]
    assert {(r["response"], r["n_words"], r["status"]) for r in second} == {
        (None, 0, "response_missing")
    }


@pytest.mark.parametrize(
    "columns",
    [
        {name: pa.array([text]) for name, text in zip(HEADER[:-1], PLAIN, strict=False)},
        {name: pa.array([["a", "list"]]) for name in HEADER},
    ],
)
def test_another_parquet_is_refused(tmp_path: Path, columns: dict[str, pa.Array]) -> None:
    pq.write_table(pa.table(columns), tmp_path / "train.parquet")
    with pytest.raises(MentalBenchError, match=r"train\.parquet"):
        read_mentalbench(open_source(tmp_path))


def test_a_damaged_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(MentalBenchError, match=r"train\.parquet"):
        read_mentalbench(open_source(tmp_path))
