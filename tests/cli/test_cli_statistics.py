"""The reliability commands beyond the main job, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from mentalbench_hf.cli import app
from mentalbench_hf.errors import DataError, StatisticsError

QUICK = ["--source", "sample", "--format", "json"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def records(*arguments: str) -> list[dict[str, object]]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, list)
    return found


def test_statistics_are_those_of_the_registry() -> None:
    from mentalbench_hf.reliability.registry import STATISTICS

    rows = records("statistics", *QUICK, "--judge", "sample-judge-1", "--name", "Safety",
                   "--n-resamples", "50")  # fmt: skip
    expected = {s.name for s in STATISTICS.values() if "system" in s.of}
    assert {r["statistic"] for r in rows} == expected
    (mae,) = (r for r in rows if r["statistic"] == "mae")
    assert mae["low"] <= mae["estimate"] <= mae["high"]  # type: ignore[operator]


def test_calibration_of_a_lenient_judge_takes_its_bias_away() -> None:
    (row,) = records("calibrate", *QUICK, "--judge", "sample-judge-2", "--name", "Guidance")
    assert row["before_bias"] > 0.5  # type: ignore[operator]
    assert abs(row["after_bias"]) < 0.1  # type: ignore[arg-type]
    assert row["after_rmse"] < row["before_rmse"]  # type: ignore[operator]


def test_a_new_system_gets_an_interval_or_reasons(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "conversation_id": range(1, 25),
            "attribute": "Safety",
            "rating": rng.integers(4, 6, size=24),
        }
    )
    frame.to_csv(tmp_path / "new.csv", index=False)
    (row,) = records("calibrate", *QUICK, "--judge", "sample-judge-4", "--new",
                     str(tmp_path / "new.csv"))  # fmt: skip
    assert row["n_new"] == 24
    if row["refused"]:
        assert row["reasons"]
        assert row["mean"] is None
    else:
        assert 1 <= row["low"] <= row["mean"] <= row["high"] <= 5  # type: ignore[operator]


def test_a_new_system_with_an_unknown_attribute_names_the_row(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("attribute,rating\nSafety,4\nCharm,5\n")
    result = run("calibrate", *QUICK, "--judge", "sample-judge-4", "--new",
                 str(tmp_path / "new.csv"))  # fmt: skip
    assert isinstance(result.exception, DataError)
    assert "row 3: unknown attribute 'Charm'" in str(result.exception)


def test_plan_names_the_smallest_study_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "plan.png"
    result = run(
        "plan",
        *QUICK,
        "--judge",
        "sample-judge-2",
        "--name",
        "CSS",
        "--low",
        "0.4",
        "--conversations",
        "20",
        "--conversations",
        "400",
        "--out",
        str(picture),
    )
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert {r["n_conversations"] for r in rows} == {20, 400}
    by_size = {r["n_conversations"]: r for r in rows if r["ratings_per_reply"] == 1}
    assert by_size[400]["width"] < by_size[20]["width"]
    assert "smallest study: " in result.stderr
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_compare_adds_a_jury_and_corrects_for_all_tests() -> None:
    rows = records("compare", *QUICK, "--jury", "mean", "--name", "Safety", "--n-resamples", "200")
    assert len(rows) == 10
    assert {r["n_tests"] for r in rows} == {10}
    assert "jury (mean)" in {str(r["other"]) for r in rows}
    assert all(r["p_holm"] >= r["p"] for r in rows)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (["compare", "--source", "sample", "--judge", "sample-judge-1"], 2, "two judges"),
        (["calibrate", "--source", "sample", "--new", "x.csv"], 2, "whose ratings"),
        (["plan", "--source", "sample", "--name", "CSS"], 2, "--judge"),
        (["reliability", "r.csv"], 2, "--reference"),
        (["reliability", "r.csv", "--reference", "a", "--protocol", "published"], 2, "published"),
        (["reliability", "r.csv", "--reference", "a", "--scale", "high"], 2, "LOW-HIGH"),
    ],
)
def test_wrong_usage_says_what_is_wanted(
    arguments: list[str], exit_code: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.csv").write_text("target,rater,rating\n1,a,1\n1,b,2\n")
    result = run(*arguments)
    assert result.exit_code == exit_code
    assert says in " ".join(result.output.split())


def test_own_ratings_without_systems_are_at_the_level_of_responses(tmp_path: Path) -> None:
    rows = [f"{t},{r},{(t * 7 + k) % 5 + 1}" for t in range(30) for k, r in enumerate("ab")]
    path = tmp_path / "r.csv"
    path.write_text("target,rater,rating\n" + "\n".join(rows))
    result = run("reliability", str(path), "--reference", "a", "--level", "system")
    assert isinstance(result.exception, StatisticsError)
    assert "response level" in str(result.exception)
    (row,) = records("reliability", str(path), "--reference", "a",
                     "--format", "json", "--n-resamples", "100")  # fmt: skip
    assert row["level"] == "response"
    assert row["n_targets"] == 30
    assert row["data"] == "r.csv"


def test_report_of_own_ratings(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"reply": range(40), "chat": [i // 4 for i in range(40)], "doc": rng.integers(1, 6, 40)}
    )
    frame["bot"] = np.clip(frame["doc"] + rng.integers(-1, 2, 40), 1, 5)
    frame.to_csv(tmp_path / "wide.csv", index=False)
    result = run("report", str(tmp_path / "wide.csv"), "--reference", "doc", "--target", "reply",
                 "--cluster", "chat", "--scale", "1-5", "--n-resamples", "50", "--out",
                 str(tmp_path / "out"))  # fmt: skip
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "wide.csv" in page
    assert "SYNTHETIC" not in page


def test_leaderboard_ranks_the_systems_in_every_format() -> None:
    rows = records("leaderboard", *QUICK, "--n-resamples", "100")
    assert [r["rank"] for r in rows] == sorted(r["rank"] for r in rows)  # type: ignore[type-var]
    assert {r["system"] for r in rows} >= {"sample-human", "sample-model-1"}
    best = rows[0]
    assert best["low"] <= best["mean"] <= best["high"]  # type: ignore[operator]
    assert best["rank_low"] <= best["rank"] <= best["rank_high"]  # type: ignore[operator]
    assert {"sample-judge-1_rank", "sample-judge-1_mean"} <= best.keys()
    pairs = records("leaderboard", *QUICK, "--n-resamples", "100", "--pairs")
    assert len(pairs) == len(rows) * (len(rows) - 1) // 2
    text = run("leaderboard", "--source", "sample", "--n-resamples", "100").stdout
    assert f"{best['system']} has the highest CSS" in text
    assert f"{best['mean']:.2f} [{best['low']:.2f}, {best['high']:.2f}]" in text


def test_leaderboard_of_own_ratings_takes_the_first_attribute(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [
            {"target": f"{c}-{s}", "talk": c, "model": s, "expert": 1 + (c + k) % 4, "bot": 2}
            for c in range(12)
            for k, s in enumerate(("x", "y"))
        ]
    )
    frame.to_csv(tmp_path / "own.csv", index=False)
    rows = records(
        "leaderboard", str(tmp_path / "own.csv"), "--reference", "expert", "--cluster", "talk",
        "--system", "model", "--format", "json",
    )  # fmt: skip
    assert {r["system"] for r in rows} == {"x", "y"}
    assert [r["bot_rank"] for r in rows] == [1, 1]
