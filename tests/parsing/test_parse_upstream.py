"""The released rating sheets: every cell read as published, nothing lost, nothing invented."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from python_calamine import CalamineWorkbook

from mentalbench_hf.parsing import ParsedJudgment, judgment, parse_judgment
from mentalbench_hf.parsing.values import read_tree
from mentalbench_hf.schema import ATTRIBUTES, HUMAN_SHEET, JUDGES, Status

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.upstream, pytest.mark.xdist_group("sheets")]
CELLS = 10
READ_BEFORE = "82730be70fa1438fa4a32b5b86ec71f08b6db73d1eac1786ca31cb9c560c2b56"


@pytest.fixture(scope="module")
def sheets(upstream: Path) -> dict[str, list[str]]:
    read = {}
    for sheet in (HUMAN_SHEET, *(judge.sheet for judge in JUDGES)):
        rows = CalamineWorkbook.from_path(upstream / sheet).get_sheet_by_index(0).to_python()
        read[sheet] = [str(cell) for row in rows[1:] for cell in row[2 : 2 + CELLS]]
    return read


@pytest.fixture(scope="module")
def parsed(sheets: dict[str, list[str]]) -> dict[str, list[ParsedJudgment]]:
    return {sheet: [parse_judgment(text) for text in texts] for sheet, texts in sheets.items()}


def plain(text: str) -> str:
    """Take off the Markdown fence, in another way than the parser."""
    return re.sub(r"\A\s*```\w*\n|\n```\s*\Z", "", text)


def test_judge_cells_that_are_json_are_read_as_json(
    sheets: dict[str, list[str]], parsed: dict[str, list[ParsedJudgment]]
) -> None:
    malformed: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    for judge in JUDGES:
        assert len(sheets[judge.sheet]) == 10_000
        for text, result in zip(sheets[judge.sheet], parsed[judge.sheet], strict=True):
            if not text.strip():
                empty[judge.id] += 1
                assert (result.status, set(result.ratings.values())) == (Status.MISSING, {None})
                continue
            try:
                value = json.loads(plain(text))
            except json.JSONDecodeError:
                malformed[judge.id] += 1
                continue
            assert result.ratings == {name: value[name] for name in ATTRIBUTES}
            assert result.status is Status.OK
            assert set(result.statuses.values()) == {Status.OK}
            overall = value.get("Overall")
            assert result.overall == (overall if isinstance(overall, int | float) else None)
            assert result.explanation == value["Explanation"]
    assert malformed == {"claude-3.7-sonnet": 7, "gemini-2.5-flash": 1, "o4-mini": 3}
    assert empty == {"gemini-2.5-flash": 7, "o4-mini": 1}


def test_ten_malformed_cells_are_recovered_and_one_is_a_refusal(
    sheets: dict[str, list[str]], parsed: dict[str, list[ParsedJudgment]]
) -> None:
    recovered = refused = 0
    for judge in JUDGES:
        for text, result in zip(sheets[judge.sheet], parsed[judge.sheet], strict=True):
            if result.status in (Status.OK, Status.MISSING):
                continue
            if result.status is Status.REFUSED:
                refused += 1
                assert set(result.ratings.values()) == {None}
                assert set(result.statuses.values()) == {Status.REFUSED}
                continue
            recovered += 1
            assert result.status is Status.PARSE_REPAIRED
            assert set(result.statuses.values()) == {Status.PARSE_REPAIRED}
            # An independent reading: one line per attribute, before the explanation.
            lines = text[: text.index("Explanation")].splitlines()
            found = [m for line in lines if (m := re.match(r'\s*["“](\w+)["”]: (\d),$', line))]
            stated = {m[1]: int(m[2]) for m in found}
            assert result.ratings == {name: stated[name] for name in ATTRIBUTES}
            assert result.explanation
    assert (recovered, refused) == (10, 1)


def test_human_cells(sheets: dict[str, list[str]], parsed: dict[str, list[ParsedJudgment]]) -> None:
    statuses: Counter[Status] = Counter()
    raw: Counter[int | None] = Counter()
    missing = zeros = 0
    for text, result in zip(sheets[HUMAN_SHEET], parsed[HUMAN_SHEET], strict=True):
        if not text.strip():
            missing += 1
            assert result.status is Status.MISSING
            continue
        assert result.raw_values == json.loads(text)
        assert result.status is Status.OK
        assert (result.overall, result.explanation) == (None, None)
        statuses.update(result.statuses.values())
        raw.update(v for v in result.raw_values.values() if v not in result.ratings.values())
        zeros += set(result.raw_values.values()) == {0}
    assert (missing, zeros) == (57, 33)
    assert statuses[Status.MISSING] == 10
    assert statuses[Status.OUT_OF_RANGE] == 33 * 7 + 8
    assert (raw[0], raw[6]) == (33 * 7, 8)
    assert set(statuses) == {Status.OK, Status.MISSING, Status.OUT_OF_RANGE}


def test_every_cell_is_read_as_when_the_data_were_first_built(
    parsed: dict[str, list[ParsedJudgment]],
) -> None:
    """Ratings, statuses and words of 50,000 cells: what data 1.0.0 was built from."""
    digest = hashlib.sha256()
    for results in parsed.values():
        assert len(results) == 10_000
        for r in results:
            values = (r.ratings, r.statuses, r.raw_values, r.overall, r.explanation)
            digest.update(json.dumps([*values, r.status, r.reason]).encode())
            assert not r.bound
    assert digest.hexdigest() == READ_BEFORE


def test_ordinary_cells_need_no_careful_reading(
    sheets: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    careful: list[object] = []

    def counted(*args: object) -> object:
        careful.append(args)
        return read_tree(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(judgment, "read_tree", counted)
    texts = [text for sheet in sheets.values() for text in sheet]
    assert len(texts) == 50_000
    for text in texts:
        parse_judgment(text)
    # Those that are off the scale, null, or in prose.
    assert len(careful) < 100
