"""What we write for others passes their own checks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from irw_validate.core import validate_file
from typer.testing import CliRunner

from mentalbench_hf.cli.main import app
from mentalbench_hf.ecosystem.every_eval import agreement_records
from mentalbench_hf.errors import DataError

FIXTURES = Path(__file__).parent / "exports" / "fixtures"


def rated(folder: Path, n: int = 120) -> Path:
    """A long table of three raters, one rating missing."""
    rng = np.random.default_rng(1)
    rows = [
        (f"r{i}", f"s{i % 3}", "Safety", who, int(rng.integers(1, 6)))
        for i in range(n) for who in ("ann", "ben", "gpt")
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["target", "system", "attribute", "rater", "rating"])
    frame["rating"] = frame["rating"].astype("Int64").mask(frame.index == 7)
    path = folder / "own.csv"
    frame.to_csv(path, index=False)
    return path


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def test_the_warehouse_takes_our_table(tmp_path: Path) -> None:
    out = tmp_path / "irw.csv"
    run("export-ratings", rated(tmp_path), "--to", "irw", "--out", out)
    table = pd.read_csv(out)
    assert list(table) == ["id", "item", "resp", "rater", "cov_system"]
    assert len(table) == 359  # the missing rating is no row
    assert table["resp"].dtype == np.int64
    report = validate_file(out)
    assert report.conforms
    assert not report.errors


def test_the_long_form_reads_back_and_joins_files(tmp_path: Path) -> None:
    own, out = rated(tmp_path), tmp_path / "long.csv"
    judge = tmp_path / "judge.csv"
    pd.DataFrame(
        {"target": [f"r{i}" for i in range(120)], "attribute": "Safety", "rater": "other",
         "rating": 3}
    ).to_csv(judge, index=False)  # fmt: skip
    run("export-ratings", own, "--add", judge, "--out", out)
    table = pd.read_csv(out)
    assert list(table) == ["target", "system", "attribute", "rater", "rating"]
    assert set(table["rater"]) == {"ann", "ben", "gpt", "other"}
    assert int(table["rating"].isna().sum()) == 1
    again = tmp_path / "again.csv"
    run("export-ratings", out, "--out", again)
    pd.testing.assert_frame_equal(pd.read_csv(again), table)


def test_the_same_rating_twice_is_refused(tmp_path: Path) -> None:
    own = rated(tmp_path)
    done = CliRunner().invoke(app, ["export-ratings", str(own), "--add", str(own), "--out", "x"])
    assert isinstance(done.exception, DataError)
    assert "more than once" in str(done.exception)


def test_exports_become_long_with_what_the_user_tells(tmp_path: Path) -> None:
    out = tmp_path / "long.csv"
    run("export-ratings", FIXTURES / "label_studio.json", "--levels", "warm=1,cold=0", "--out", out)
    table = pd.read_csv(out)
    assert len(table) == 6
    assert set(table.loc[table["attribute"] == "tone", "rating"]) == {0, 1}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of a panel, in a folder as the datastore has it."""
    folder = tmp_path_factory.mktemp("eee")
    panel = folder / "panel.json"
    panel.write_text(
        run(
            "panel", rated(folder), "--expert", "ann", "--expert", "ben", "--judge", "gpt",
            "--system", "system", "--attribute", "attribute", "--n-resamples", 100,
            "--format", "json",
        )
    )  # fmt: skip
    run(
        "export-agreement", panel, "--out", folder, "--dataset", "made", "--organization", "us",
        "--model-id", "gpt=openai/gpt-4o",
    )  # fmt: skip
    return folder


def test_a_record_holds_the_judge_beside_the_experts(records: Path) -> None:
    (path,) = records.glob("data/mentalbench-panel/openai/gpt-4o/*.json")
    record = json.loads(path.read_text())
    panel = json.loads((records / "panel.json").read_text())
    (row,) = [r for r in panel["agreement"] if r["expert"] == "mean" and r["statistic"] == "icc_a1"]
    (result,) = [
        r for r in record["evaluation_results"]
        if r["metric_config"]["metric_id"] == "mentalbench.icc_a1"
    ]  # fmt: skip
    assert record["model_info"]["id"] == "openai/gpt-4o"
    assert result["score_details"]["score"] == row["judge_expert"]
    interval = result["score_details"]["uncertainty"]["confidence_interval"]
    assert (interval["lower"], interval["upper"]) == (
        row["judge_expert_low"],
        row["judge_expert_high"],
    )
    beside = float(result["metric_config"]["additional_details"]["expert_expert"])
    assert beside == pytest.approx(row["expert_expert"], abs=1e-6)


@pytest.mark.skipif(
    "EVERY_EVAL_EVER_PYTHON" not in os.environ,
    reason="their validator needs Python 3.12 and an older huggingface_hub: name an interpreter "
    "that has every-eval-ever with EVERY_EVAL_EVER_PYTHON",
)
def test_every_eval_ever_validates_the_records(records: Path) -> None:
    python = os.environ["EVERY_EVAL_EVER_PYTHON"]
    done = subprocess.run(
        [python, "-m", "every_eval_ever", "validate", "--format", "json", "data/**/*.json"],
        cwd=records, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_sample_or_another_file_makes_no_record() -> None:
    told = {"dataset": "d", "organization": "o", "retrieved": 1}
    panel = {"judges": ["j"], "experts": ["e"], "agreement": [], "synthetic": True}
    with pytest.raises(DataError, match="SYNTHETIC SAMPLE"):
        agreement_records(panel, **told)
    with pytest.raises(DataError, match="not what"):
        agreement_records({"verdicts": []}, **told)
    with pytest.raises(DataError, match="no judge is called"):
        agreement_records({**panel, "synthetic": False}, model_ids={"x": "a/b"}, **told)
