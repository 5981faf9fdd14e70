"""What a table suggests is said below it, and never in what machines read."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from mentalbench_hf.cli import app
from mentalbench_hf.report import reading

ROW = {"judge": "a", "other": "b", "attribute": "Safety", "reason": ""}
COMMANDS = {
    "statistics": ["--name", "Safety", "--n-resamples", "50"],
    "compare": ["--name", "Safety", "--n-resamples", "200"],
    "calibrate": ["--name", "Safety"],
    "plan": ["--judge", "sample-judge-2", "--name", "Safety"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_it_stands_below_tables_and_not_in_json_or_csv(command: str) -> None:
    arguments = [command, "--source", "sample", *COMMANDS[command]]
    said = {f: CliRunner().invoke(app, [*arguments, "--format", f]) for f in ("table", "md")}
    for result in said.values():
        assert result.exit_code == 0, result.output
        below = " ".join(result.stdout.split())
        assert below.count("How to read it:") == below.count("What it suggests:") == 1
    for form in ("json", "csv"):
        result = CliRunner().invoke(app, [*arguments, "--format", form])
        assert "suggests" not in result.output
        assert form == "csv" or json.loads(result.stdout)


def test_a_plan_names_its_assumptions() -> None:
    result = CliRunner().invoke(
        app, ["plan", "--source", "sample", *COMMANDS["plan"], "--human-share", "0.3"]
    )
    said = " ".join(result.stdout.split())
    assert "Assumed:" in said
    assert "30% of the residual disagreement is the human rating's own" in said
    assert "the interval is for these systems, not others" in said


def test_only_what_survives_the_correction_is_suggested() -> None:
    pairs = [
        {**ROW, "difference": 0.2, "p_holm": 0.01},
        {**ROW, "attribute": "Empathy", "difference": -0.2, "p_holm": 0.04},
        {**ROW, "attribute": "Guidance", "difference": 0.1, "p_holm": 0.2},
        {**ROW, "attribute": "Relevance", "difference": 0.1, "p_holm": None,
         "reason": "3 conversations; at least 10 are needed"},
    ]  # fmt: skip
    said = " ".join(reading.of_pairs(pairs))
    assert "below 0.05: a over b on Safety, b over a on Empathy." in said
    assert "3 conversations; at least 10 are needed" in said
    said = " ".join(reading.of_thresholds(pairs[2:3], 0.5))
    assert "(p holm below 0.05) for none." in said


@pytest.mark.parametrize(
    ("low", "reliability", "says"),
    [
        (0.6, 0.7, "450 human ratings (50 conversations × 9 systems × 1)"),
        (0.2, 0.3, "disagreement with the experts stands in the way"),
        (0.4, 0.7, "try more conversations"),
        (None, 0.7, "try more conversations"),
    ],
)
def test_a_plan_suggests_the_least_that_is_enough(
    low: float | None, reliability: float, says: str
) -> None:
    study = {"n_human_ratings": 450, "n_conversations": 50, "n_systems": 9, "ratings_per_reply": 1,
             "verdict": "MV", "low": low, "reliability": reliability}  # fmt: skip
    assert says in reading.of_plan([study], human_share=0.5, same_systems=True)[-1]


def test_statistics_look_at_the_icc_that_decides() -> None:
    rows = [
        {**ROW, "statistic": "icc_c1", "low": 0.9},
        {**ROW, "statistic": "icc_a1", "low": 0.3},
    ]
    assert "reaches 0.50 for none, of 1" in reading.of_statistics(rows, "response", panel=False)[1]
    assert "for a on Safety, of 1" in reading.of_statistics(rows, "system", panel=False)[1]
