"""The synthetic sample: it can be made again, its defects are found, and it always says so."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
import yaml
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from mentalbench_hf.cli import app
from mentalbench_hf.data.audit import KINDS, Audit, audit
from mentalbench_hf.data.mentalalign import MentalAlign, read_mentalalign
from mentalbench_hf.data.mentalbench import mentalbench_table, read_mentalbench
from mentalbench_hf.hub.build import build
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.report.audit import audit_markdown
from mentalbench_hf.report.reliability import reliability_table
from mentalbench_hf.sample.make import FOLDER, expert_cells, judge_cells, make, text
from mentalbench_hf.schema import ATTRIBUTES, DATASETS, RELEASED, SAMPLE, Status
from mentalbench_hf.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "SYNTHETIC SAMPLE"


@pytest.fixture(scope="module")
def data() -> MentalAlign:
    return read_mentalalign(open_source("sample"))


@pytest.fixture(scope="module")
def found(data: MentalAlign) -> Audit:
    return audit(data)


def test_it_can_be_made_again(tmp_path: Path) -> None:
    make(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*SAMPLE.sheet_of.values(), "MentalBench-100k.csv", "SHA256SUMS"}
    for name in sorted(names - {"SHA256SUMS"}):
        new, old = (tmp_path / name).read_bytes(), (FOLDER / name).read_bytes()
        if new != old and name.endswith(".xlsx"):
            # Another openpyxl may write other XML around the same cells.
            cells = [
                CalamineWorkbook.from_path(folder / name).get_sheet_by_index(0).to_python()
                for folder in (tmp_path, FOLDER)
            ]
            assert cells[0] == cells[1]
        else:
            assert new == old, f"{name} is not what make.py makes of text.json"
    for line in (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


def test_made_twice_it_is_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        make(tmp_path / folder)
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


def test_its_size_and_its_texts() -> None:
    conversations = text()
    assert len(conversations) == 24
    assert [c["conversation_id"] for c in conversations] == list(range(1, 25))
    for conversation in conversations:
        assert [r["system"] for r in conversation["responses"]] == list(SAMPLE.system_ids)
    made = mentalbench_table(read_mentalbench(open_source("sample")), "responses")
    replies = [r for r in made["response"].to_pylist() if r]
    assert len(replies) == 238
    assert len(set(replies)) == len(replies)


def test_no_name_of_the_sample_is_a_real_one() -> None:
    real = {*RELEASED.system_ids, *RELEASED.raters, *RELEASED.sheet_of.values()}
    real |= {f for s in RELEASED.systems for f in (s.label, s.column, s.suffix, s.family)}
    real |= {f for j in RELEASED.judges for f in (j.label, j.family, j.model_id)}
    own = {*SAMPLE.system_ids, *SAMPLE.raters, *SAMPLE.sheet_of.values()}
    own |= {f for s in SAMPLE.systems for f in (s.label, s.column)}
    own |= {f for j in SAMPLE.judges for f in (j.label, j.family, j.model_id)}
    assert not own & real
    assert all("sample" in name.lower() for name in own)


def test_every_planted_defect_is_found(found: Audit) -> None:
    rows = {
        kind: sorted(
            (f.rater, row["conversation_id"], f.system, row.get("attribute"))
            for f in found.findings
            if f.kind == kind
            for row in f.rows
        )
        for kind in KINDS
    }
    system = SAMPLE.system_ids
    assert rows["empty_cell"] == [
        ("sample-expert", 13, system[6], None),
        ("sample-judge-4", 21, system[5], None),
    ]
    assert rows["null_score"] == [("sample-expert", 3, system[4], "Empathy")]
    assert rows["out_of_range"] == [("sample-expert", 10, system[1], "Relevance")]
    assert rows["zero_marker"] == [("sample-expert", 16, system[8], None)]
    assert rows["not_strict_json"] == [
        ("sample-judge-1", 4, system[6], None),
        ("sample-judge-1", 9, system[2], None),
        ("sample-judge-2", 11, system[9], None),
        ("sample-judge-3", 15, system[0], None),
    ]
    assert rows["response_missing"] == [
        ("judges", 5, "sample-model-7", None),
        ("judges", 16, "sample-model-8", None),
    ]
    assert {row[:2] for row in rows["misaligned"]} == {("sample-expert", i) for i in (19, 20, 21)}
    assert rows["repeated_context"] == [("sample-expert", 19, "", None)]


def test_what_was_broken_is_read_or_refused_as_it_should(found: Audit, data: MentalAlign) -> None:
    read = {
        f.rater: [(r["read_as"], r["n_ratings"]) for r in f.rows]
        for f in found.findings
        if f.kind == "not_strict_json" and f.rater != "sample-judge-1"
    }
    assert read == {
        "sample-judge-2": [("refused", 0)],
        "sample-judge-3": [("parse_repaired", 7)],
    }
    # The repaired cells give the numbers that were there before they were broken.
    ratings = data.judgments["sample-judge-1"][3][6]
    assert ratings.status is Status.PARSE_REPAIRED
    stated = judge_cells()["sample-judge-1"][3][6]
    assert all(f'"{a}": {ratings.ratings[a]}' in stated for a in ATTRIBUTES)


def test_the_rest_is_read_as_written(data: MentalAlign) -> None:
    expert = expert_cells()
    for c, row in enumerate(expert):
        for s, cell in enumerate(row):
            if not cell:
                continue
            values = data.values[0, c, s].tolist()
            stated = json.loads(cell)
            assert [None if v != v else v for v in values] == [stated[a] for a in ATTRIBUTES]


@pytest.mark.parametrize("name", DATASETS)
def test_the_built_folder_says_synthetic(tmp_path: Path, name: str) -> None:
    folder = build(name, open_source("sample"), tmp_path / "made").folder
    card = (folder / "README.md").read_text(encoding="utf-8")
    _, header, body = card.split("---\n", 2)
    metadata = yaml.safe_load(header)
    assert metadata["pretty_name"].startswith(LABEL)
    assert "synthetic" in metadata["tags"]
    assert body.lstrip().startswith(f"# {LABEL}")
    assert f"**{LABEL}**" in body
    record = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    assert (record["synthetic"], record["source"]) == (True, LABEL)
    if name == "mentalalign-70k":
        assert LABEL in (folder / "audit.md").read_text(encoding="utf-8")
        about = json.loads((folder / "audit.json").read_text(encoding="utf-8"))[0]
        assert (about["synthetic"], about["notice"]) == (True, LABEL)


def test_a_card_of_the_sample_names_no_real_model_in_its_numbers(tmp_path: Path) -> None:
    folder = build("mentalalign-70k", open_source("sample"), tmp_path / "made").folder
    card = (folder / "README.md").read_text(encoding="utf-8")
    tables = [line for line in card.splitlines() if line.startswith("|")]
    assert tables
    real = {*RELEASED.system_ids, *RELEASED.judge_ids} - {"human"}
    assert not [line for line in tables if any(f" {name} " in line for name in real)]


@pytest.mark.parametrize("protocol", ["system", "response"])
def test_every_form_of_the_reliability_table_says_synthetic(
    tmp_path: Path, data: MentalAlign, protocol: str
) -> None:
    settings = settings_of(protocol, n_resamples=20)
    rows = reliability(data.targets(), settings)
    table = reliability_table(rows, settings, synthetic=True)
    assert all(LABEL in r["data"] for r in json.loads(table.text("json")))
    first, *lines = table.text("csv").splitlines()
    assert "data" in first.split(",")
    assert all(LABEL in line for line in lines)
    assert table.text("md").startswith(f"# {LABEL}")
    assert [p.name for p in table.save(tmp_path, figure=False)] == [
        f"reliability_{protocol}.{form}" for form in ("json", "csv", "md")
    ]


def test_the_audit_page_says_synthetic(found: Audit) -> None:
    assert found.synthetic
    assert LABEL in audit_markdown(found)


@pytest.mark.parametrize(
    "command",
    [
        ["audit", "--source", "sample"],
        ["reliability", "--source", "sample", "--n-resamples", "20"],
        ["reliability", "--source", "sample", "--n-resamples", "20", "--format", "json"],
        ["reliability", "--source", "sample", "--n-resamples", "20", "--format", "csv"],
        ["reliability", "--source", "sample", "--n-resamples", "20", "--format", "md"],
    ],
)
def test_commands_say_synthetic_on_both_streams(command: list[str]) -> None:
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0
    assert LABEL in result.stdout
    assert result.stderr.startswith(LABEL)
