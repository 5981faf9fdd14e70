"""mentalbench plan --expert: how many experts per reply, and how many replies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mentalbench_hf.cli import app


@pytest.fixture
def ratings(tmp_path: Path) -> str:
    rng = np.random.default_rng(0)
    truth = rng.normal(3, 1, 80)
    rows = [
        f"{i},{rater},{np.clip(np.round(t + shift + rng.normal(0, 0.7)), 1, 5):g}"
        for i, t in enumerate(truth)
        for rater, shift in (("A", 0.0), ("B", 0.4), ("C", -0.3))
    ]
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join(["target,rater,rating", *rows]))
    return str(path)


def test_plan_of_experts_names_the_smallest_panel(ratings: str) -> None:
    experts = ["--expert", "A", "--expert", "B", "--expert", "C"]
    command = [
        "plan",
        ratings,
        *experts,
        "--name",
        "rating",
        "--level",
        "response",
        "--format",
        "json",
    ]
    result = CliRunner().invoke(app, [*command, "--low", "0.6"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert {r["n_raters"] for r in rows} == {1, 2, 3, 4, 5}
    by_size = {(r["n_raters"], r["n_items"]): r for r in rows}
    assert by_size[5, 100]["reliability"] > by_size[2, 100]["reliability"]
    assert by_size[3, 800]["width"] < by_size[3, 50]["width"]
    assert by_size[1, 30]["low"] is None
    assert "smallest panel: " in result.stderr
    chosen = CliRunner().invoke(
        app, [*command, "--ratings-per-reply", "7", "--conversations", "60"]
    )
    assert [(r["n_raters"], r["n_items"]) for r in json.loads(chosen.stdout)] == [(7, 60)]


def test_one_expert_is_not_a_panel(ratings: str) -> None:
    result = CliRunner().invoke(app, ["plan", ratings, "--expert", "A", "--name", "rating"])
    assert "two or more" in str(result.exception)
