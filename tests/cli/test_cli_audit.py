"""`mentalbench audit` on ratings of one's own."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from mentalbench_hf.cli.main import app


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["audit", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def ratings_file(path: Path, n: int, change: int) -> None:
    """A rater who becomes strict at a row, and two judges, on four replies per conversation."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["target", "conversation", "system", "attribute", "me", "j1", "j2"])
        for c in range(n):
            for s in range(4):
                for attribute in ("Clarity", "Warmth"):
                    quality = 3 + rng.normal(0, 0.7)
                    shift = -1.0 if c >= change and attribute == "Warmth" else 0.3
                    seen = quality + np.array([shift, 0, 0]) + rng.normal(0, 0.4, 3)
                    rated = np.clip(np.round(seen), 1, 5).astype(int).tolist()
                    out.writerow([f"{c}-{s}", c, f"s{s}", attribute, *rated])


OPTIONS = (
    "--reference", "me", "--cluster", "conversation", "--system", "system",
    "--attribute", "attribute",
)  # fmt: skip


def test_a_change_of_rater_in_own_ratings_is_found(tmp_path: Path) -> None:
    ratings_file(tmp_path / "mine.csv", 160, 90)
    path = str(tmp_path / "mine.csv")
    out = run(path, *OPTIONS, "--format", "json", "--out", str(tmp_path / "found"))
    (finding,) = json.loads(out)
    assert (finding["kind"], finding["sheet"], finding["rater"]) == (
        "rater_blocks", "mine.csv", "me",
    )  # fmt: skip
    (first,) = finding["breaks"]
    assert abs(first - 90) <= 2
    assert finding["control"] == {"j1": [], "j2": []}
    assert (tmp_path / "found" / "audit.json").read_text(encoding="utf-8") == out
    assert f"| 2 | B | {first} | 159 |" in run(path, *OPTIONS)


def test_few_own_ratings_cannot_tell(tmp_path: Path) -> None:
    ratings_file(tmp_path / "mine.csv", 30, 15)
    assert "Cannot be told: 30 rows" in run(str(tmp_path / "mine.csv"), *OPTIONS)
