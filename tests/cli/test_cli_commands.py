"""The slice's commands as they are used: exit codes, streams, formats and files."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mentalbench_hf.cli import main
from mentalbench_hf.hub.card import template
from mentalbench_hf.schema import ATTRIBUTES, SAMPLE

CHECKOUT = Path(__file__).resolve().parents[2]
LABEL = "SYNTHETIC SAMPLE"
QUICK = ["--source", "sample", "--n-resamples", "30"]
RECORD = [
    "judge", "attribute", "axis", "level", "data", "n_targets", "n_missing", "icc_c1",
    "icc_c1_low", "icc_c1_high", "icc_a1", "icc_a1_low", "icc_a1_high", "bias", "bias_low",
    "bias_high", "mse", "n_degenerate", "verdict", "verdict_here", "verdict_other_systems",
    "verdict_another_expert", "verdict_reason",
]  # fmt: skip


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Call the entry point in an empty folder, as the shell would."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["mentalbench", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code or 0
        assert isinstance(code, int)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        # Good calls.
        (["--version"], 0, ""),
        (["reliability", *QUICK, "--format", "csv"], 0, ""),
        (["reliability", *QUICK, "--protocol", "published", "--data", "released"], 0, ""),
        (["reliability", *QUICK, "--data", "released", "--resample", "crossed"], 0, ""),
        (["reliability", "--source", "sample", "--n-resamples", "0"], 0, ""),
        (["reliability", *QUICK, "--seed", "7", "--confidence-level", "0.9"], 0, ""),
        (["audit", "--source", "sample"], 0, ""),
        (["build", "mentalbench-100k", "--source", "sample", "--out", "made"], 0, ""),
        # Known errors: one line that says what to do.
        (["audit", "--source", "nowhere"], 1, "unknown source 'nowhere'"),
        (["reliability", "--source", ""], 1, "Choose upstream, sample, or a folder"),
        (["reliability", "--source", "."], 1, "Human_judge.xlsx is not in"),
        (["install", "--source", "."], 1, "is not in"),
        (["build", "mentalalign-70k", "--source", ".", "--out", "made"], 1, "is not in"),
        (["reliability", *QUICK, "--confidence-level", "95"], 1, "between 0 and 1 (0.95)"),
        (["reliability", *QUICK, "--protocol", "published", "--ci", "bca"], 1, "percentile"),
        (["reproduce", "--source", "sample"], 1, "must be upstream or a folder"),
        (["card", "no.md", "--source", "sample"], 1, "no.md is not a file"),
        # Wrong usage.
        (["relibility"], 2, "No such command"),
        (["reliability", "--level", "systems"], 2, "'system', 'response'"),
        (["reliability", "--protocol", "systems"], 2, "published"),
        (["reliability", "--protocol", "published", "--level", "response"], 2, "level system"),
        (["reliability", "--format", "xml"], 2, "'table', 'json', 'csv', 'md'"),
        (["reliability", "--resample", "raters"], 2, "'conversations', 'systems', 'crossed'"),
        (["reliability", "--data", "raw"], 2, "'audited', 'released'"),
        (["reliability", *QUICK[:2], "--n-resamples", "-1"], 2, "--n-resamples"),
        (["reliability", "--n-resamples", "ten"], 2, "--n-resamples"),
        (["reliability", "--seed", "-1"], 2, "--seed"),
        (["reliability", "--protocol", "published", "--data", "audited"], 2, "released values"),
        (["build", "mentalbench", "--out", "made"], 2, "'mentalbench-100k', 'mentalalign-70k'"),
        (["audit", "--sources", "sample"], 2, "--source"),
    ],
)
def test_exit_codes_and_messages(run: Any, arguments: list[str], code: int, message: str) -> None:
    ran = run(*arguments)
    assert ran.code == code, ran.err
    if code:
        assert ran.out == ""
        words = " ".join(ran.err.replace("│", " ").split())
        assert message in words
        assert "Traceback" not in ran.err
    if code == 1:
        last = ran.err.splitlines()[-1]
        assert last.startswith("error: ")


def test_no_argument_shows_help(run: Any) -> None:
    ran = run()
    assert "reliability" in ran.out + ran.err
    assert ran.code in (0, 2)


@pytest.mark.parametrize("protocol", ["system", "response", "published"])
def test_json_is_a_list_of_the_documented_records(run: Any, protocol: str) -> None:
    chosen = ["--protocol" if protocol == "published" else "--level", protocol]
    ran = run("reliability", *QUICK, *chosen, "--format", "json")
    records = json.loads(ran.out)
    assert [(r["judge"], r["attribute"]) for r in records] == [
        (j, a) for j in SAMPLE.judge_ids for a in (*ATTRIBUTES, "CSS", "ARS")
    ]
    for record in records:
        assert list(record) == RECORD
        assert record["level"] == ("response" if protocol == "response" else "system")
        wanted = "released" if protocol == "published" else "audited"
        assert record["data"] == f"{wanted} ({LABEL})"
        assert record["verdict"] in ("GR", "MV", "LR", "n/a")
    assert ran.err.startswith(LABEL)


def test_the_formats_agree(run: Any) -> None:
    texts = {f: run("reliability", *QUICK, "--format", f).out for f in ("json", "csv", "md")}
    records = json.loads(texts["json"])
    rows = list(csv.DictReader(io.StringIO(texts["csv"])))
    assert [list(row) for row in rows] == [RECORD] * len(records)
    for row, record in zip(rows, records, strict=True):
        for name, value in record.items():
            assert (float(row[name]) if isinstance(value, float) else row[name]) == (
                value if isinstance(value, float) else str(value)
            )
    lines = [line for line in texts["md"].splitlines() if line.startswith("| sample-judge")]
    for line, record in zip(lines, records, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[:2] == [record["judge"], record["attribute"]]
        assert cells[-1] == record["verdict"]
        assert cells[5].split(" ")[0] == f"{record['icc_c1']:.3f}".replace("-", "−")
    assert "30 replicates, seed 0" in texts["md"]
    assert "level system" in texts["md"]


def test_a_table_for_reading_names_its_level(run: Any) -> None:
    for level, question in (("system", "may this judge rank"), ("response", "score one reply?")):
        words = " ".join(run("reliability", *QUICK, "--level", level).out.split())
        assert f"level {level}: " in words
        assert question in words
        assert all(judge in words for judge in SAMPLE.judge_ids)
        assert "\x1b[" not in words


def test_one_word_and_one_default_for_the_level_everywhere(run: Any) -> None:
    for command in ("reliability", "statistics", "compare", "plan"):
        words = " ".join(run(command, "--help").out.replace("│", " ").split())
        assert "--level" in words
        assert "By default system where the ratings say who made what." in words


def test_out_writes_what_format_prints(run: Any, tmp_path: Path) -> None:
    ran = run("reliability", *QUICK, "--format", "json", "--out", "kept/here")
    folder = tmp_path / "kept" / "here"
    assert sorted(p.name for p in folder.iterdir()) == [
        "reliability_system.csv", "reliability_system.json", "reliability_system.md",
    ]  # fmt: skip
    assert (folder / "reliability_system.json").read_text(encoding="utf-8") == ran.out
    assert "written: " in ran.err


def test_the_audit_is_printed_and_written(run: Any, tmp_path: Path) -> None:
    ran = run("audit", "--source", "sample", "--out", "audit")
    record = json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))
    page = (tmp_path / "audit" / "audit.md").read_text(encoding="utf-8")
    about, *findings = record
    assert (about["kind"], about["synthetic"]) == ("audited_data", True)
    assert {f["kind"] for f in findings} >= {"empty_cell", "misaligned", "zero_marker"}
    for finding in findings:
        assert finding["sheet"] in page
        for row in finding["rows"][:1]:
            assert str(row["conversation_id"]) in page
    assert run("audit", "--source", "sample", "--format", "json").out == (
        tmp_path / "audit" / "audit.json"
    ).read_text(encoding="utf-8")
    assert run("audit", "--source", "sample", "--format", "md").out == page
    for words in ("Empty cells (2)", "Responses that were not there", "sample_expert.xlsx"):
        assert words in ran.out
        assert words.split(" (")[0] in page


def test_build_prints_rows_and_refuses_a_foreign_folder(run: Any, tmp_path: Path) -> None:
    ran = run("build", "mentalalign-70k", "--source", "sample", "--out", "made")
    rows = {line.split()[0]: line.split()[1] for line in ran.out.splitlines()}
    assert rows["default"] == "8,400"
    assert rows["judgments_released"] == "960"
    assert len(rows) == 8
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    ran = run("build", "mentalalign-70k", "--source", "sample", "--out", "mine")
    assert (ran.code, ran.out) == (1, "")
    assert "is not an earlier build" in ran.err


def test_a_card_is_recomputed_and_checked(run: Any, tmp_path: Path) -> None:
    card = tmp_path / "CARD.md"
    card.write_text(template(), encoding="utf-8")
    stale = run("card", card, "--source", "sample", "--check")
    assert (stale.code, card.read_text(encoding="utf-8")) == (1, template())
    assert "stale numbers" in stale.err
    assert run("card", card, "--source", "sample").code == 0
    text = card.read_text(encoding="utf-8")
    assert "| `default` | 8,400 |" in text
    assert "sample-judge-1" in text
    assert run("card", card, "--source", "sample", "--check").code == 0
    assert card.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "arguments",
    [
        ["audit", "--source", "sample", "--out", "taken"],
        ["reliability", *QUICK, "--out", "taken"],
        ["build", "mentalbench-100k", "--source", "sample", "--out", "taken"],
        ["build", "mentalbench-100k", "--source", "sample", "--out", "taken/inside"],
        ["demo", "--out", "taken"],
        ["report", "--source", "sample", "--n-resamples", "20", "--out", "taken"],
        ["report", "--source", "sample", "--n-resamples", "20", "--out", "taken/in/side"],
        ["preferences", "--source", "sample", "--out", "taken"],
        ["reproduce", "--source", "sample", "--out", "taken"],
        ["certify-log", "log.eval", "--source", "sample", "--out", "taken"],
    ],
)
def test_a_file_where_a_folder_goes_is_an_error_and_no_traceback(
    run: Any, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    ran = run(*arguments)
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith("error: ")
    assert "taken is a file, and results go into a folder; give another --out" in ran.err
    # Said before anything is computed.
    assert ran.out == ""
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize("name", ["plan.xyz", "plan", "plan.jpg"])
def test_a_plot_says_which_formats_there_are(run: Any, tmp_path: Path, name: str) -> None:
    arguments = ["plan", "--source", "sample", "--judge", "sample-judge-2", "--name", "Safety"]
    ran = run(*arguments, "--out", name)
    words = " ".join(ran.err.replace("│", " ").split())
    assert (ran.code, ran.out) == (2, "")
    assert "give a name that ends in one of .png, .svg, .pdf, such as plan.png" in words
    assert list(tmp_path.iterdir()) == []
    assert run(*arguments, "--out", "new/plan.SVG").code == 0
    assert (tmp_path / "new" / "plan.SVG").is_file()


@pytest.mark.upstream
def test_the_released_sheets_by_default_options(run: Any, upstream: Path) -> None:
    ran = run("reliability", "--source", upstream, "--format", "json", "--n-resamples", "200")
    records = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert len(records) == 4 * 9
    assert {r["data"] for r in records} == {"audited"}
    assert {r["n_targets"] for r in records} == {9}


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    code = "from mentalbench_hf.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "reliability", *QUICK, "--format", "json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    # click ends with 1 where it sees the broken pipe first; neither is a crash.
    assert process.wait() in (0, 1, 141)
    assert "Traceback" not in err
