"""``mentalbench panel`` and ``mb.panel``: several experts and judges on the same replies."""

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
from mentalbench_hf.errors import StatisticsError

NAMES = ("--expert", "A", "--expert", "B", "--judge", "J")


def ratings(n: int = 80, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, n)
    columns = {r: np.clip(truth + rng.integers(-1, 2, n), 1, 5) for r in ("A", "B", "J")}
    return pd.DataFrame({"item": range(n), "made_by": [f"s{i % 3}" for i in range(n)], **columns})


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    ratings().to_csv(tmp_path / "wide.csv", index=False)
    return tmp_path / "wide.csv"


def own(wide: Path) -> RatedTargets:
    return mb.read_ratings(wide, "A", target="item", rater_columns=["A", "B", "J"])


def run(*arguments: object) -> object:
    return CliRunner().invoke(app, ["panel", *map(str, arguments)])


def test_long_and_wide_tables_give_the_same(wide: Path, tmp_path: Path) -> None:
    long = ratings().melt(["item", "made_by"], var_name="rater", value_name="rating")
    long.to_csv(tmp_path / "long.csv", index=False)
    columns = ("--target", "item", "--system", "made_by", "--n-resamples", "50", "--format", "json")
    first, second = (run(p, *NAMES, *columns) for p in (wide, tmp_path / "long.csv"))
    assert first.exit_code == second.exit_code == 0, first.output + second.output
    found = json.loads(first.stdout)
    assert {**found, "data": ""} == {**json.loads(second.stdout), "data": ""}
    assert {"agreement", "alternative_annotator", "leave_one_out", "alpha", "ranking", "unsafe",
            "verdicts", "not_computed"} <= set(found)  # fmt: skip
    test = found["alternative_annotator"][0]
    assert {"judge", "attribute", "epsilon", "winning_rate", "advantage_probability", "n_experts",
            "n_items", "baseline"} <= set(test)  # fmt: skip
    assert found["ranking"][0]["n_systems"] == 3


def test_the_function_gives_what_the_command_prints(wide: Path) -> None:
    shown = run(wide, *NAMES, "--target", "item", "--n-resamples", "50", "--format", "json")
    made = mb.panel(
        own(wide),
        ["A", "B"],
        "J",
        n_resamples=50,
    ).record()
    assert json.loads(shown.stdout) == json.loads(json.dumps(made))


def test_sentences_come_first_and_what_is_missing_last(wide: Path) -> None:
    done = run(wide, *NAMES, "--target", "item", "--n-resamples", "50")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("On rating, J ")
    assert "not computed: ranking (rating, J): a ranking needs at least two systems" in done.stderr


def test_everything_is_written(wide: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "panel"
    done = run(wide, *NAMES, "--target", "item", "--n-resamples", "50", "--out", out)
    assert done.exit_code == 0, done.output
    names = {path.name for path in out.iterdir()}
    assert {"panel.json", "panel.md", "panel.png", "verdicts.csv", "agreement.csv"} <= names
    page = (out / "panel.md").read_text(encoding="utf-8")
    assert page.index("On rating, J") < page.index("## ")
    assert "## Not computed" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a file of ratings by several experts"),
        (["FILE"], "say which raters are the experts"),
        (["FILE", "--expert", "A", "--reference", "A"], "a panel has --expert instead"),
        (["FILE", "--expert", "Z"], "Z"),
        (["FILE", "--expert", "A", "--expert", "B", "--judge", "Q"], "unknown rater 'Q'"),
        (["FILE", "--expert", "A", "--expert", "B", "--judge", "A"], "each rater once"),
    ],
)
def test_what_cannot_be_is_said(wide: Path, arguments: list[str], message: str) -> None:
    given = [str(wide) if a == "FILE" else a for a in arguments]
    more = ["--target", "item"] if given else []
    done = run(*given, *more)
    assert done.exit_code != 0
    assert message in done.output + str(done.exception)


def test_experts_alone(wide: Path) -> None:
    done = run(wide, "--expert", "A", "--expert", "B", "--target", "item", "--format", "json")
    found = json.loads(done.stdout)
    assert found["verdicts"] == []
    assert {row["judge"] for row in found["agreement"]} == {""}


def test_a_panel_shows_itself(wide: Path) -> None:
    found = mb.panel(
        own(wide),
        ["A", "B"],
        n_resamples=50,
    )
    assert "On rating, J" in found._repr_html_()
    assert found.plot().get_xlabel().startswith("ICC(A,1)")
    assert found.to_frame("alpha")["replaced"].tolist() == ["", "A", "B"]
    alone = mb.panel(
        own(wide),
        ["A", "B"],
        [],
        n_resamples=50,
    )
    with pytest.raises(StatisticsError, match="no rows to draw"):
        alone.plot()
