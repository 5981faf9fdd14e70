"""The audit of the released sheets against a plain re-reading with another library."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from data_sheets import read

from mentalbench_hf.data.audit import KINDS, Audit, audit, usable_share
from mentalbench_hf.schema import ATTRIBUTES, HUMAN, HUMAN_SHEET, JUDGE_IDS, JUDGES, SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mentalbench_hf.data.mentalalign import MentalAlign

pytestmark = [pytest.mark.upstream, pytest.mark.xdist_group("sheets")]

Place = tuple[int, str]


@dataclass(frozen=True)
class PlainSheet:
    """A sheet as openpyxl reads it: (ConvID, system) -> cell, None where empty."""

    cells: dict[Place, str | None]
    contexts: dict[int, str]

    def values(self) -> Iterator[tuple[Place, dict[str, Any] | None]]:
        """Every cell that holds something, as JSON; None where it is not JSON."""
        for place, cell in self.cells.items():
            if cell is None:
                continue
            try:
                yield place, json.loads(re.sub(r"\A\s*```\w*|```\s*\Z", "", cell))
            except json.JSONDecodeError:
                yield place, None


@pytest.fixture(scope="module")
def plain(upstream: Path) -> dict[str, PlainSheet]:
    endings = {s.suffix: s.id for s in SYSTEMS}
    sheets = {}
    for rater, name in {HUMAN: HUMAN_SHEET, **{j.id: j.sheet for j in JUDGES}}.items():
        book = openpyxl.load_workbook(upstream / name, read_only=True)
        header, *rows = book.worksheets[0].iter_rows(values_only=True)
        names = [str(h).strip() for h in header]
        systems = {
            i: endings[n.split("_response_")[1]] for i, n in enumerate(names) if "_response_" in n
        }
        assert len(systems) == 10
        key, context = names.index("ConvID"), names.index("context")
        sheets[rater] = PlainSheet(
            cells={(row[key], s): row[i] for row in rows for i, s in systems.items()},
            contexts={row[key]: str(row[context]) for row in rows},
        )
        book.close()
    return sheets


@pytest.fixture(scope="module")
def data(upstream: Path) -> MentalAlign:
    return read(upstream)


@pytest.fixture(scope="module")
def found(data: MentalAlign) -> Audit:
    return audit(data)


def places(found: Audit, kind: str, rater: str) -> Counter[Place]:
    """Where the audit found a kind of fault in one rater's sheet."""
    return Counter(
        (row["conversation_id"], f.system)
        for f in found.findings
        if f.kind == kind and f.rater == rater
        for row in f.rows
    )


def by_system(found: Audit, kind: str, rater: str = HUMAN) -> dict[str, int]:
    return {f.system: f.count for f in found.findings if f.kind == kind and f.rater == rater}


def test_empty_cells(found: Audit, plain: dict[str, PlainSheet]) -> None:
    for rater, sheet in plain.items():
        empty = Counter(place for place, cell in sheet.cells.items() if cell is None)
        assert places(found, "empty_cell", rater) == empty
    assert by_system(found, "empty_cell") == {
        "human": 1,
        "claude-3.5-haiku": 1,
        "qwen2.5-7b-instruct": 39,
        "qwen3-4b": 16,
    }
    counts = {r: places(found, "empty_cell", r).total() for r in JUDGE_IDS}
    assert counts == {"claude-3.7-sonnet": 0, "gpt-4o": 0, "gemini-2.5-flash": 7, "o4-mini": 1}


def test_null_scores_zero_markers_and_sixes(found: Audit, plain: dict[str, PlainSheet]) -> None:
    for rater, sheet in plain.items():
        nulls: Counter[Place] = Counter()
        outside: Counter[Place] = Counter()
        zeros: Counter[Place] = Counter()
        for place, value in sheet.values():
            if value is None:
                continue
            scores = [value[a] for a in ATTRIBUTES]
            nulls[place] += sum(s is None for s in scores)
            if scores == [0] * 7:
                zeros[place] += 1
            else:
                outside[place] += sum(s is not None and s not in range(1, 6) for s in scores)
        assert places(found, "null_score", rater) == +nulls
        assert places(found, "out_of_range", rater) == +outside
        assert places(found, "zero_marker", rater) == +zeros
    assert (found.total("null_score"), found.total("out_of_range")) == (10, 8)
    values = [r["value"] for f in found.findings if f.kind == "out_of_range" for r in f.rows]
    assert set(values) == {6}
    assert by_system(found, "zero_marker") == {
        "human": 2,
        "deepseek-qwen-7b": 1,
        "qwen2.5-7b-instruct": 20,
        "qwen3-4b": 10,
    }


def test_cells_that_are_not_json(found: Audit, plain: dict[str, PlainSheet]) -> None:
    for rater, sheet in plain.items():
        broken = Counter(place for place, value in sheet.values() if value is None)
        assert places(found, "not_strict_json", rater) == broken
    rows = [r for f in found.findings if f.kind == "not_strict_json" for r in f.rows]
    assert Counter((r["read_as"], r["n_ratings"]) for r in rows) == {
        ("parse_repaired", 7): 10,
        ("refused", 0): 1,
    }
    counts = {r: places(found, "not_strict_json", r).total() for r in JUDGE_IDS}
    assert counts == {"claude-3.7-sonnet": 7, "gpt-4o": 0, "gemini-2.5-flash": 1, "o4-mini": 3}


def test_responses_that_were_not_there(found: Audit, plain: dict[str, PlainSheet]) -> None:
    word = re.compile(r"""["'“”‘’`\\]nan\b""", re.IGNORECASE)
    witnesses = [
        {place for place, cell in plain[judge].cells.items() if word.search(cell or "")}
        for judge in ("claude-3.7-sonnet", "gpt-4o")
    ]
    assert witnesses[0] == witnesses[1]
    assert set(places(found, "response_missing", "judges")) == witnesses[0]
    assert by_system(found, "response_missing", "judges") == {
        "qwen2.5-7b-instruct": 125,
        "qwen3-4b": 23,
    }


def test_rows_that_hold_another_conversation(
    found: Audit, plain: dict[str, PlainSheet], data: MentalAlign
) -> None:
    def bare(text: str) -> str:
        return " ".join(text.lower().split())

    human = {i: bare(t) for i, t in plain[HUMAN].contexts.items()}
    shown = {j: {i: bare(t) for i, t in plain[j].contexts.items()} for j in JUDGE_IDS}
    # All four judges were shown the same texts; only the human sheet differs.
    assert all(texts == shown["gpt-4o"] for texts in shown.values())
    odd = {i for i, text in human.items() if text != shown["gpt-4o"][i]}
    rows = {i for i, _ in places(found, "misaligned", HUMAN)}
    assert rows == odd
    assert len(rows) == 19
    assert {f.rater for f in found.findings if f.kind == "misaligned"} == {HUMAN}
    assert found.misalignment["rows"] == 19
    assert data.misaligned.sum() == 19
    repeated = sum(n - 1 for n in Counter(human.values()).values())
    assert found.total("repeated_context") == repeated


def test_statuses_add_up(found: Audit) -> None:
    for counts in found.statuses.values():
        assert sum(counts.values()) == 70_000
    shares = usable_share(found)
    assert all(0.95 < share < 1 for share in shares.values())
    for judge in JUDGE_IDS:
        assert found.statuses[judge]["response_missing"] == 7 * 148
        assert found.statuses[judge]["misaligned"] == 0
    assert found.statuses["claude-3.7-sonnet"]["refused"] == 7


def test_nothing_beyond_the_documented_kinds(found: Audit) -> None:
    assert list(KINDS) == list(dict.fromkeys(f.kind for f in found.findings))
    for finding in found.findings:
        assert finding.count == len(finding.rows) > 0
    records = found.records()
    assert json.loads(json.dumps(records, allow_nan=False)) == records
    assert Audit.from_records(records) == found
    assert records[0]["synthetic"] is False
    assert [f["verified"] for f in records[0]["provenance"]] == [True] * 5
