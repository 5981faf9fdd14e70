"""An option that cannot apply is an error with a sentence, never ignored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mentalbench_hf.cli import app

SAMPLE = ["--source", "sample"]
OWN = ["r.csv", "--reference", "a"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{t},c{t // 2},s{t % 6},{t % 5 + 1},{(t + t % 2) % 5 + 1}" for t in range(60)]
    Path("r.csv").write_text("target,chat,model,a,b\n" + "\n".join(rows))
    Path("folder").mkdir()
    Path("new.csv").write_text("attribute,rating\nSafety,4\n")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare", "r.csv", "--reference", "a", "--reference", "b"],
         "--reference: given 2 times, but one reference is taken"),
        (["reliability", *SAMPLE, "--seed=1", "--seed", "2"], "--seed: given 2 times"),
        (["plan", *SAMPLE, "--judge", "a", "--judge", "b", "--name", "CSS"], "--judge: given 2"),
        (["reliability", *SAMPLE, "--reference", "a"], "--reference: it is for ratings of your"),
        (["statistics", *SAMPLE, "--scale", "1-5"], "--scale: it is for ratings of your own"),
        (["compare", "--with-run", "folder"], "--with-run: it is for ratings of your own"),
        (["calibrate", "--rater-columns", "a"], "--rater-columns: it is for ratings of your own"),
        (["reliability", *OWN, *SAMPLE], "--source: it chooses ratings of MentalAlign-70k"),
        (["report", *OWN, *SAMPLE, "--out", "o"], "--source: it chooses ratings of MentalAlign"),
        (["reliability", *OWN, "--data", "audited"], "--data: it chooses ratings of MentalAlign"),
        (["plan", *OWN, *SAMPLE, "--judge", "b", "--name", "rating"], "--source: it chooses"),
        (["reliability", "folder", "--reference", "a", "--target", "t"],
         "--target: folder is a folder, and its columns are known"),
        (["reliability", *OWN, "--level", "response", "--resample", "systems"],
         "--resample: at the level of responses draw the conversations, or both"),
        (["statistics", *OWN, "--resample", "crossed"],
         "--resample: the ratings do not say which system made what"),
        (["reliability", *SAMPLE, "--ci", "analytic", "--n-resamples", "10"],
         "--n-resamples: analytic intervals draw no replicates"),
        (["statistics", *SAMPLE, "--ci", "analytic", "--seed", "1"],
         "--seed: analytic intervals draw no replicates"),
        (["plan", *SAMPLE, "--judge", "j", "--name", "CSS", "--out", "plan.xyz"],
         "--out: plan.xyz does not end in a picture format"),
    ],
)  # fmt: skip
def test_it_says_why(arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    said = " ".join(result.output.replace("│", " ").split())
    assert f"Invalid value for {says}" in said


def test_panel_is_of_the_judges_named() -> None:
    common = ["statistics", *SAMPLE, "--panel", "--name", "Safety", "--n-resamples", "20",
              "--format", "json"]  # fmt: skip
    some = run(*common, "--judge", "sample-judge-1", "--judge", "sample-judge-3")
    assert some.exit_code == 0, some.output
    chosen = "sample-expert + sample-judge-1 + sample-judge-3"
    assert {r["judge"] for r in json.loads(some.stdout)} == {chosen}
    everyone = run(*common)
    assert all(r["judge"].count(" + ") == 4 for r in json.loads(everyone.stdout))


def test_options_that_may_be_repeated_still_are() -> None:
    result = run("reliability", "r.csv", "--reference", "a", "--rater-columns", "a",
                 "--rater-columns", "b", "--level", "response", "--n-resamples", "20",
                 "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert [r["judge"] for r in json.loads(result.stdout)] == ["b"]
    both = run("reliability", "r.csv", "--reference=a", "--rater-columns", "a, b", "--level",
               "response", "--n-resamples", "20", "--format", "json")  # fmt: skip
    assert both.stdout == result.stdout


def test_raters_taken_and_columns_left_out_are_named_on_stderr() -> None:
    result = run("reliability", *OWN, "--level", "response", "--n-resamples", "20")
    assert result.exit_code == 0, result.output
    assert "raters: a, b (reference: a)" in result.stderr
    assert "column 'model' does not hold numbers" in result.stderr
