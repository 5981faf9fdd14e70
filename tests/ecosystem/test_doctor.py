"""The doctor: what a file holds, what it can answer, and commands that run as they are printed."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import mentalbench_hf as mb
from mentalbench_hf.cli.main import app
from mentalbench_hf.ecosystem.doctor.questions import Question
from mentalbench_hf.errors import DataError

EXPORTS = Path(__file__).parent / "exports" / "fixtures"


def made(n: int = 60, raters: tuple[str, ...] = ("ann", "ben", "gpt-4o")) -> pd.DataFrame:
    """Ratings of n replies: 2 attributes, of 6 systems in each conversation."""
    rng = np.random.default_rng(0)
    quality = rng.normal(3, 1, n)
    rows = [
        (f"r{i}", f"c{i // 6}", f"s{i % 6}", attribute, rater,
         int(np.clip(np.rint(quality[i] + rng.normal(0, 0.6)), 1, 5)))
        for i in range(n) for attribute in ("Safety", "Empathy") for rater in raters
    ]  # fmt: skip
    names = ["item", "conversation", "model", "dimension", "annotator", "score"]
    frame = pd.DataFrame(rows, columns=names)
    frame.loc[0, "score"] = 1  # both ends of the scale occur
    frame.loc[1, "score"] = 5
    return frame


def saved(frame: pd.DataFrame, folder: Path, name: str = "own.csv") -> str:
    frame.to_csv(folder / name, index=False)
    return str(folder / name)


def asked(found: object, word: str) -> Question:
    (question,) = [q for q in found.questions if word in q.question]  # type: ignore[attr-defined]
    assert isinstance(question, Question)
    return question


def test_it_says_what_a_long_table_holds(tmp_path: Path) -> None:
    frame = made()
    frame["score"] = frame["score"].astype(object)
    frame.loc[5, "score"] = None
    found = mb.doctor(saved(frame, tmp_path))
    held = found.held
    assert (held.n_ratings, held.n_missing, held.n_items, held.n_clusters) == (359, 1, 60, 10)
    assert held.systems == tuple(f"s{k}" for k in range(6))
    assert held.attributes == ("Safety", "Empathy")
    assert (held.scale.low, held.scale.high, held.scale.whole) == (1, 5, True)
    assert (found.experts, found.judges) == (("ann", "ben"), ("gpt-4o",))
    assert held.shared("ann", "gpt-4o") == 60
    assert held.shared("ann", "gpt-4o", least=True) == 59
    assert "target is the column 'item'" in found.assumed


def test_every_command_it_prints_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    frame = made()
    frame["context"] = "made words of " + frame["conversation"]
    frame["response"] = "a made reply " + frame["item"]
    path = saved(frame, tmp_path)
    found = [mb.doctor(path), mb.doctor(path, experts=["ann"], judges=["gpt-4o"])]
    assert [q.question for q in found[0].questions if not q.can] == []
    for command in dict.fromkeys(q.command for each in found for q in each.questions if q.can):
        name, *arguments = shlex.split(command)[1:]
        if name == "certify":
            # The user's own judge is the one word to fill in.
            arguments = ["o4-mini" if a == "JUDGE" else a for a in arguments] + ["--dry-run"]
        elif name != "plan" and name != "calibrate":
            arguments += ["--n-resamples", "100"]
        done = CliRunner().invoke(app, [name, *arguments])
        assert done.exit_code == 0, (command, done.output, done.exception)


def test_commands_for_a_wide_table_run(tmp_path: Path) -> None:
    keys = ["item", "conversation", "model", "dimension"]
    wide = made().pivot(index=keys, columns="annotator", values="score").reset_index()
    wide["n_words"] = np.arange(len(wide)) + 40
    found = mb.doctor(saved(wide, tmp_path))
    assert found.table.columns.raters == ("ann", "ben", "gpt-4o")
    command = shlex.split(asked(found, "one more expert").command)[1:]
    assert CliRunner().invoke(app, [*command, "--n-resamples", "50"]).exit_code == 0


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    frame = made().drop(columns=["model", "conversation"])
    one = mb.doctor(saved(frame[frame["annotator"] == "ann"], tmp_path))
    assert "one rater only" in asked(one, "one reply").missing
    assert "at least two must have rated" in asked(one, "one more expert").missing
    both = mb.doctor(saved(frame, tmp_path))
    assert "--system" in asked(both, "rank systems").missing
    alone = mb.doctor(saved(frame, tmp_path), experts=["ann"], judges=["gpt-4o"])
    assert "--cluster" in asked(alone, "next study").missing
    assert "--expert ben" in asked(both, "next study").command
    assert "no column holds the texts" in asked(both, "certify").missing
    assert asked(both, "one reply").can
    nested = saved(made().assign(conversation=lambda f: f["item"]), tmp_path)
    study = asked(mb.doctor(nested, experts=["ann"], judges=["gpt-4o"]), "next study")
    assert "of every system" in study.missing


def test_experts_who_share_nothing_are_nested(tmp_path: Path) -> None:
    frame = made(raters=("ann", "ben"))
    half = frame["item"].str[1:].astype(int) < 30
    frame = frame[(frame["annotator"] == "ann") == half]
    found = mb.doctor(saved(frame, tmp_path))
    assert not found.held.connected
    assert "no two experts share an item" in asked(found, "experts agree").missing
    assert "nested" in asked(found, "variance components").missing
    assert "cannot be told" in asked(found, "severe").missing


def test_too_few_shared_items_for_the_annotator_test(tmp_path: Path) -> None:
    found = mb.doctor(saved(made(n=24), tmp_path))
    assert "share 24 items; at least 30" in asked(found, "alternative annotator").missing
    assert "4 conversations: fewer than 10" in asked(found, "one reply").missing
    assert asked(found, "one reply").can


def test_faults_stop_every_question_and_are_counted(tmp_path: Path) -> None:
    frame = made()
    found = mb.doctor(saved(pd.concat([frame, frame.iloc[:2]]), tmp_path))
    assert found.held.n_duplicates == 2
    assert {q.can for q in found.questions} == {False}
    assert "2 rows repeat" in asked(found, "one reply").missing


def test_other_scales_and_models_by_name_only_are_noted(tmp_path: Path) -> None:
    frame = made()
    frame.loc[frame["dimension"] == "Empathy", "score"] *= 2
    found = mb.doctor(saved(frame, tmp_path))
    assert any("different scales" in text for text in found.lacks)
    assert "--threshold" in asked(found, "unsafe").command
    chosen = mb.doctor(saved(frame, tmp_path), experts=["gpt-4o"])
    assert chosen.experts == ("gpt-4o",)
    assert chosen.judges == ("ann", "ben")
    with pytest.raises(DataError, match="no rater is called 'x'"):
        mb.doctor(saved(frame, tmp_path), experts=["x"])


@pytest.mark.parametrize("name", sorted(p.name for p in EXPORTS.iterdir()))
def test_every_export_has_a_diagnosis(name: str) -> None:
    done = CliRunner().invoke(app, ["doctor", str(EXPORTS / name), "--format", "json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["kind"].startswith("an export of ")
    assert {"question", "can", "missing", "command"} == set(found["questions"][0])
    assert all(bool(q["command"]) == q["can"] for q in found["questions"])


def test_the_table_shows_raters_questions_and_commands(tmp_path: Path) -> None:
    path = saved(made(), tmp_path)
    done = CliRunner().invoke(app, ["doctor", path])
    assert done.exit_code == 0
    for text in ("a long table", "gpt-4o", "missing:", f"mentalbench panel {path}", "share"):
        assert text in done.stdout


def test_a_file_without_ratings_says_what_to_name(tmp_path: Path) -> None:
    path = saved(pd.DataFrame({"name": ["a"], "words": ["b c"]}), tmp_path)
    with pytest.raises(DataError, match="target="):
        mb.doctor(path)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 2


def test_the_warehouse_form_is_known(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"id": ["a", "a", "b", "b"], "item": "Safety", "resp": [1, 2, 4, 5],
         "rater": ["x", "y", "x", "y"]}
    )  # fmt: skip
    columns = mb.doctor(saved(frame, tmp_path)).table.columns
    assert (columns.target, columns.attribute, columns.rating) == ("id", "item", "resp")
