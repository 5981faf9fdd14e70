"""What the README does through the shell, in one short notebook, with the same numbers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mentalbench_hf.cli import app
from tests.inference.judging_server import ScriptedServer

NOTEBOOK = """
import mentalbench_hf as mb

mb.install("sample")
mb.build("mentalalign-70k", "built", "sample")
ratings = mb.load_ratings("sample")
ranking = mb.reliability(ratings, n_resamples=200)
scoring = mb.reliability(ratings, level="response", n_resamples=200)
found = mb.audit("sample")
mb.report("sample", "report", n_resamples=200)
systems = mb.leaderboard(ratings)
everything = mb.statistics(ratings, judges="sample-judge-1", n_resamples=200)
pairs = mb.compare(ratings, jury="mean", names="Safety", n_resamples=200)
units = mb.calibrate(ratings)
mine = mb.read_ratings("ratings.csv", "ann", target="reply", cluster="chat")
own = mb.reliability(mine, level="response", n_resamples=200)
held = mb.doctor("ratings.csv")
expert = mb.panel(mine, ["ann", "ben"], "mine", n_resamples=200)
model = {"model": "NAME", "base_url": SERVER, "progress": False}
replies = mb.generate("sample", "replies", "my-model", limit=3, **model)
judged = mb.judge("replies", "judged", "my-judge", **model)
made = mb.certify("sample", "certificate", "my-judge", conversations=10, n_resamples=200, **model)
exported = mb.preferences("preferences", "sample", name="CSS", margin=1)
"""

QUICK = ("--n-resamples", "200")
#: What the notebook holds -> the command that prints the same.
COMMANDS = {
    "ranking": ("reliability", "--source", "sample", *QUICK),
    "scoring": ("reliability", "--source", "sample", "--level", "response", *QUICK),
    "found": ("audit", "--source", "sample"),
    "systems": ("leaderboard", "--source", "sample"),
    "everything": ("statistics", "--source", "sample", "--judge", "sample-judge-1", *QUICK),
    "pairs": ("compare", "--source", "sample", "--jury", "mean", "--name", "Safety", *QUICK),
    "units": ("calibrate", "--source", "sample"),
    "own": (
        "reliability", "ratings.csv", "--reference", "ann", "--target", "reply", "--cluster",
        "chat", "--level", "response", *QUICK,
    ),
}  # fmt: skip


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Run the notebook in a folder of its own and give what it holds."""
    monkeypatch.chdir(tmp_path)
    with Path("ratings.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["reply", "chat", "ann", "ben", "mine"])
        rows.writerows(
            [f"r{i}", f"c{i // 4}", 1 + i % 5, 1 + (i + i % 3 // 2) % 5, 1 + (i + i % 2) % 5]
            for i in range(160)
        )
    server = ScriptedServer()
    found: dict[str, Any] = {"SERVER": server.url + "/v1"}
    try:
        exec(NOTEBOOK, found)
        yield found
    finally:
        server.close()
        found["mb"].uninstall()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mentalbench_hf.errors.MentalBenchWarning")
def test_a_notebook_does_what_the_shell_does(held: dict[str, Any]) -> None:
    assert len(NOTEBOOK.strip().splitlines()) < 40
    for name, command in COMMANDS.items():
        ran = CliRunner().invoke(app, [*command, "--format", "json"])
        assert ran.exit_code == 0, (command, ran.output)
        assert json.loads(ran.stdout) == json.loads(held[name].text("json")), name
    for written in ("built", "report", "replies", "judged", "certificate", "preferences"):
        assert any(Path(written).iterdir()), written
    doctor = CliRunner().invoke(app, ["doctor", "ratings.csv", "--format", "json"])
    assert json.loads(doctor.stdout) == json.loads(json.dumps(held["held"].record()))
    panel = ("panel", "ratings.csv", "--expert", "ann", "--expert", "ben", "--judge", "mine")
    columns = ("--target", "reply", "--cluster", "chat", *QUICK, "--format", "json")
    ran = CliRunner().invoke(app, [*panel, *columns])
    assert [v["sentence"] for v in json.loads(ran.stdout)["verdicts"]] == held["expert"].verdicts
    assert held["expert"].verdicts
    assert held["made"].n_unscored == 0
