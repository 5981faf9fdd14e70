"""Scores in a log of inspect as ratings: scorers, people's edits, and our own task's judge."""

from __future__ import annotations

from pathlib import Path

import inspect_ai
import pytest
from inspect_ai.dataset import Sample
from inspect_ai.log import ProvenanceData, edit_score, write_eval_log
from inspect_ai.scorer import ScoreEdit, includes
from inspect_runs import evaluate, judgment, mock

from mentalbench_hf.ecosystem.exports.registry import detect, read_export
from mentalbench_hf.ecosystem.tasks import mentalalign

pytestmark = pytest.mark.xdist_group("inspect")


def test_a_person_who_edits_a_score_is_a_rater(tmp_path: Path) -> None:
    samples = [Sample(id=n, input="made", target="kind", metadata={"conversation_id": "c"})
               for n in (1, 2)]  # fmt: skip
    log = evaluate(
        inspect_ai.Task(dataset=samples, scorer=includes()), tmp_path, model=mock("a kind reply")
    )
    by = ProvenanceData(author="rater one", reason="made")
    edit_score(log, 1, "includes", ScoreEdit(value="I", provenance=by))
    path = tmp_path / "edited.json"
    write_eval_log(log, path)

    assert detect(path) == "inspect"
    frame = read_export(path).frame
    assert list(frame[["target", "rater", "rating"]].itertuples(index=False, name=None)) == [
        ("1", "includes", 1.0),
        ("1", "rater one", 0.0),
        ("2", "includes", 1.0),
    ]
    assert set(frame["system"]) == {"mockllm/model"}
    assert set(frame["cluster"]) == {"c"}


def test_in_our_own_task_the_model_is_the_judge_beside_the_expert(tmp_path: Path) -> None:
    log = evaluate(
        mentalalign(source="sample", conversations=2, seed=1), tmp_path, model=mock(judgment(4))
    )
    frame = read_export(Path(log.location)).frame
    judged = frame[frame["rater"] == "mockllm/model"]
    assert {"human", "mockllm/model"} == set(frame["rater"])
    assert frame["cluster"].nunique() == 2
    assert frame["system"].nunique() == 10
    assert not frame.duplicated(["target", "attribute", "rater"]).any()
    assert len(judged) >= 2 * 10 * 7
