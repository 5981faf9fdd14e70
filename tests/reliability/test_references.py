"""Several experts as the reference: each by themselves, and beside the mean of the others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import mentalbench_hf as mb
from mentalbench_hf.cli import app
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError, StatisticsError
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.references import against_each, mean_reference

EXPERTS = ("A", "B", "C")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, 120)
    frame = pd.DataFrame(
        {r: np.clip(truth + rng.integers(-1, 2, 120), 1, 5).astype(float) for r in (*EXPERTS, "J")}
    )
    frame.loc[:9, "C"] = np.nan
    frame.insert(0, "target", range(120))
    frame.to_csv(tmp_path / "r.csv", index=False)
    return tmp_path / "r.csv"


@pytest.fixture
def targets(file: Path) -> RatedTargets:
    return mb.read_ratings(file, "A", rater_columns=[*EXPERTS, "J"])


def test_each_reference_and_the_mean_of_the_others(targets: RatedTargets) -> None:
    found = against_each(targets, EXPERTS)
    assert list(found) == ["A", "B", "C", *(f"mean without {e}" for e in EXPERTS)]
    assert found["B"].judges == ("J",)
    beside = found["mean without A"]
    assert beside.judges == ("A", "J")
    b, c = (targets.scores(e, "rating") for e in "BC")
    expected = np.where(np.isnan(c), b, (b + c) / 2)
    assert np.array_equal(beside.scores("mean without A", "rating"), expected)


def test_the_mean_of_all_is_a_reference(targets: RatedTargets) -> None:
    found = mean_reference(targets, EXPERTS)
    assert found.reference == "mean of A, B, C"
    assert found.judges == ("J",)


def test_the_rows_say_with_whom(targets: RatedTargets) -> None:
    frame = mb.reliability(targets, references=EXPERTS, n_resamples=50).to_frame()
    assert frame.columns[0] == "reference"
    assert len(frame) == 3 + 3 * 2
    row = frame[(frame["reference"] == "mean without C") & (frame["judge"] == "J")].iloc[0]
    mean = (targets.scores("A", "rating") + targets.scores("B", "rating")) / 2
    pair = np.column_stack([mean, targets.scores("J", "rating")])
    assert row["icc_a1"] == pytest.approx(icc(pair, variant="ICC(A,1)"))
    alone = mb.reliability(targets, references=EXPERTS, judges="J", n_resamples=50)
    assert [r.label for r in alone if r.row.judge != "J"] == [f"mean without {e}" for e in EXPERTS]


@pytest.mark.parametrize("command", ["reliability", "statistics"])
def test_on_the_command_line(file: Path, command: str) -> None:
    references = [part for e in EXPERTS for part in ("--reference", e)]
    arguments = [command, str(file), *references, "--n-resamples", "20"]
    shown = CliRunner().invoke(app, [*arguments, "--format", "json"])
    assert shown.exit_code == 0, shown.output
    rows = json.loads(shown.stdout)
    assert {row["reference"] for row in rows} == {*EXPERTS, *(f"mean without {e}" for e in EXPERTS)}
    table = CliRunner().invoke(app, arguments)
    assert "mean without A" in table.stdout


def test_a_command_that_takes_one_says_so(file: Path) -> None:
    arguments = ["compare", str(file), "--reference", "A", "--reference", "B"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 2
    assert "one reference is taken" in " ".join(shown.output.replace("│", " ").split())


def test_what_cannot_be_compared(targets: RatedTargets) -> None:
    with pytest.raises(StatisticsError, match="received A"):
        against_each(targets, ["A"])
    with pytest.raises(StatisticsError, match="received A, A"):
        against_each(targets, ["A", "A"])
    with pytest.raises(StatisticsError, match="every rater is a reference"):
        against_each(targets, [*EXPERTS, "J"])
    with pytest.raises(DataError, match="unknown rater 'Z'"):
        against_each(targets, ["A", "Z"])


def test_the_level_is_that_of_systems_where_they_are_told_apart(targets: RatedTargets) -> None:
    assert {r.level for r in mb.reliability(targets, n_resamples=20)} == {"response"}
    sample = mb.load_ratings("sample")
    assert {r.level for r in mb.reliability(sample, n_resamples=20)} == {"system"}
    both = {"level": "system", "protocol": "response"}
    with pytest.raises(StatisticsError, match="contradict"):
        mb.reliability(sample, **both)
    older = mb.reliability(sample, protocol="response", n_resamples=20)
    assert older.records() == mb.reliability(sample, level="response", n_resamples=20).records()


def test_the_report_compares_with_the_mean_and_holds_the_panel(file: Path, tmp_path: Path) -> None:
    references = [part for e in EXPERTS for part in ("--reference", e)]
    arguments = ["report", str(file), *references, "--n-resamples", "20", "--scale", "1-5"]
    done = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "mean of A, B, C" in (tmp_path / "out" / "report.html").read_text("utf-8")
    found = json.loads((tmp_path / "out" / "panel" / "panel.json").read_text("utf-8"))
    assert found["experts"] == list(EXPERTS)
    with pytest.raises(DataError, match="one expert per reply"):
        mb.report("sample", tmp_path / "other", references=EXPERTS)
