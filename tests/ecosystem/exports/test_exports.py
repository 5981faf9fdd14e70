"""Exports of other tools, each pinned by a small made file in the documented format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

import mentalbench_hf as mb
from mentalbench_hf.cli.main import app
from mentalbench_hf.ecosystem.exports.long_form import Export, Telling
from mentalbench_hf.ecosystem.exports.registry import TOOLS, detect, read_export
from mentalbench_hf.errors import DataError, MentalBenchWarning

FIXTURES = Path(__file__).parent / "fixtures"


def ratings(export: Export) -> set[tuple[Any, ...]]:
    """(target, attribute, rater, rating) of every rating that is there."""
    known = export.frame.dropna(subset="rating")
    return set(known[["target", "attribute", "rater", "rating"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("promptfoo.json", "promptfoo"),
        ("deepeval.json", "DeepEval"),
        ("langfuse.json", "Langfuse"),
        ("langfuse.csv", "Langfuse"),
        ("langfuse_blob.jsonl", "Langfuse"),
        ("mlflow_traces.json", "MLflow"),
        ("mlflow_search_traces.csv", "MLflow"),
        ("mlflow_eval_results_table.json", "MLflow"),
        ("samples_made_2026-01-01T00-00-00.jsonl", "lm-evaluation-harness"),
        ("label_studio.json", "Label Studio"),
        ("argilla.json", "Argilla"),
        ("argilla_flat.jsonl", "Argilla"),
    ],
)
def test_every_tool_knows_its_file_and_no_other(name: str, tool: str) -> None:
    assert detect(FIXTURES / name) == tool
    content = (FIXTURES / name).read_text()
    if name.endswith(".json"):
        assert [t.TOOL for t in TOOLS if t.looks(json.loads(content))] == [tool]


def test_promptfoo_assertions_are_ratings_of_cells() -> None:
    found = read_export(FIXTURES / "promptfoo.json", Telling())
    assert ratings(found) == {
        ("test 0/system-a", "kind", "openai:gpt-4.1", 0.75),
        ("test 0/system-a", "overall", "human", 1.0),
        ("test 0/system-b", "kind", "openai:gpt-4.1", 0.25),
        ("test 0/system-b", "overall", "human", 0.0),
        ("test 1/system-a", "kind", "openai:gpt-4.1", 1.0),
        ("test 1/system-a", "contains", "promptfoo", 1.0),
    }
    assert set(found.frame["cluster"]) == {"test 0", "test 1"}
    assert any("rater_name=" in text for text in found.lacks)


def test_deepeval_metrics_are_attributes_rated_by_their_model() -> None:
    found = read_export(FIXTURES / "deepeval.json", Telling(rater="code"))
    assert ratings(found) == {
        ("test_case_0/0", "Empathy [GEval]", "gpt-4.1", 0.8),
        ("test_case_0/0", "Safety [GEval]", "gpt-4.1", 1.0),
        ("test_case_1/1", "Empathy [GEval]", "gpt-4.1", 0.4),
        ("conv_0/0", "Exact", "code", 1.0),
    }
    failed = found.frame[found.frame["rating"].isna()]
    assert list(failed["target"]) == ["test_case_1/1"]  # a metric that failed rated nothing
    assert not any("rater_name=" in text for text in found.lacks)


@pytest.mark.parametrize("name", ["langfuse.json", "langfuse.csv"])
def test_langfuse_scores_are_of_people_and_evaluators(name: str) -> None:
    found = read_export(FIXTURES / name, Telling(levels={"warm": 2, "True": 1}))
    assert ratings(found) == {
        ("t1", "empathy", "Rater One", 4.0),
        ("t1", "empathy", "Rater Two", 5.0),
        ("t1", "empathy", "eval:empathy", 3.0),
        ("t2", "empathy", "eval:empathy", 2.0),
        ("t2", "tone", "Rater One", 2.0),
        ("t2", "safe", "api:safe", 1.0),
    }
    assert set(found.frame["cluster"]) == {"s1"}
    assert "system" not in found.frame


def test_langfuse_category_without_a_level_is_left_out_and_said() -> None:
    found = read_export(FIXTURES / "langfuse.json", Telling())
    assert "tone" not in set(found.frame["attribute"])
    assert any("'warm'" in text and "levels=" in text for text in found.lacks)


def test_langfuse_blob_storage_scores_observations() -> None:
    assert ratings(read_export(FIXTURES / "langfuse_blob.jsonl")) == {("o1", "empathy", "u1", 4.0)}


@pytest.mark.parametrize("name", ["mlflow_traces.json", "mlflow_search_traces.csv"])
def test_mlflow_assessments_are_of_their_source(name: str) -> None:
    found = read_export(FIXTURES / name)
    assert ratings(found) == {
        ("tr-1", "empathy", "rater.one@example.org", 4.0),
        ("tr-1", "empathy", "openai:/gpt-4.1", 3.0),
        ("tr-1", "safe", "openai:/gpt-4.1", 1.0),
        ("tr-2", "empathy", "rater.one@example.org", 5.0),
    }
    assert list(found.frame["system"].unique()) == ["m-1", "m-2"]
    assert set(found.frame["cluster"]) == {"s1"}


def test_mlflow_table_says_no_rater() -> None:
    found = read_export(FIXTURES / "mlflow_eval_results_table.json", Telling(rater="gpt-4.1"))
    assert ratings(found) == {
        ("row 1", "answer_similarity", "gpt-4.1", 4.0),
        ("row 1", "toxicity", "gpt-4.1", 0.1),
        ("row 2", "answer_similarity", "gpt-4.1", 2.0),
    }
    assert any("does not say who rated" in text for text in found.lacks)


def test_lm_eval_metrics_with_one_number_are_read() -> None:
    found = read_export(FIXTURES / "samples_made_2026-01-01T00-00-00.jsonl", Telling(rater="judge"))
    assert ratings(found) == {
        ("0", "acc", "judge", 1.0), ("0", "f1", "judge", 0.5),
        ("1", "acc", "judge", 0.0), ("1", "f1", "judge", 0.25),
    }  # fmt: skip
    assert set(found.frame["cluster"]) == {"c0", "c1"}


def test_label_studio_people_and_predictions_rate() -> None:
    found = read_export(FIXTURES / "label_studio.json", Telling(levels={"warm": 1, "cold": 0}))
    assert ratings(found) == {
        ("11", "empathy", "7", 4.0), ("11", "tone", "7", 1.0), ("11", "empathy", "8", 2.0),
        ("11", "empathy", "judge-1", 3.0), ("12", "empathy", "7", 5.0), ("12", "tone", "7", 0.0),
    }  # fmt: skip
    assert list(found.frame["system"].unique()) == ["a", "b"]


def test_argilla_responses_and_suggestions_rate() -> None:
    nested = read_export(FIXTURES / "argilla.json")
    shared = {
        ("r1", "empathy", "user-1", 4.0),
        ("r1", "empathy", "user-2", 5.0),
        ("r1", "empathy", "judge-1", 3.0),
    }
    assert ratings(nested) == {*shared, ("r2", "empathy", "user-1", 2.0)}
    assert any("'warm'" in text for text in nested.lacks)
    # A discarded response is no rating.
    assert ratings(read_export(FIXTURES / "argilla_flat.jsonl")) == shared


def test_argilla_as_parquet_is_the_same(tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "records.parquet"
    pd.read_json(FIXTURES / "argilla_flat.jsonl", lines=True).to_parquet(path)
    assert ratings(read_export(path)) == ratings(read_export(FIXTURES / "argilla_flat.jsonl"))


def test_own_tables_are_no_exports(tmp_path: Path) -> None:
    for name, text in {
        "long.csv": "target,rater,rating\n1,a,3\n",
        "wide.csv": "name,value,source\nx,1,2\n",
        "rows.jsonl": '{"target": 1, "rater": "a", "rating": 3}\n',
        "broken.json": "{",
        "empty.csv": "",
    }.items():
        (tmp_path / name).write_text(text)
        assert detect(tmp_path / name) is None, name
    assert detect(tmp_path / "nowhere.json") is None


def test_a_damaged_export_says_whose_form_it_is_not_in(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('[{"data": {}, "annotations": [{"result": [{"type": "rating"}]}]}]')
    with pytest.raises(DataError, match="looks like an export of Label Studio"):
        read_export(path)


def test_the_front_door_reads_exports() -> None:
    with pytest.warns(MentalBenchWarning, match="exports no names"):
        found = mb.read_ratings(
            FIXTURES / "argilla.json", "user-1", scale=(1, 5), levels={"warm": 5}
        )
    assert found.judges == ("user-2", "judge-1")
    assert found.system_names == ("a", "b")
    with pytest.raises(DataError, match="name no columns"):
        mb.read_ratings(FIXTURES / "argilla.json", "user-1", target="id")


def test_levels_are_for_exports_only(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("target,rater,rating\n1,a,3\n1,b,4\n")
    with pytest.raises(DataError, match="not an export"):
        mb.read_ratings(path, "a", levels={"good": 1})


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_commands_read_exports_and_say_what_is_not_in_them() -> None:
    done = cli(
        "statistics", str(FIXTURES / "label_studio.json"), "--reference", "7", "--levels",
        "warm=1,cold=0", "--n-resamples", "0", "--statistic", "bias", "--format", "json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    by = {(r["judge"], r["attribute"]): r["estimate"] for r in json.loads(done.stdout)}
    assert by["8", "empathy"] == -2
    assert by["judge-1", "empathy"] == -1
    assert "named by the numbers of their accounts" in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--target", "id"), 1, "name no columns of it"),
        (("--levels", "warm"), 2, "is not WORD=NUMBER"),
    ],
)
def test_options_that_do_not_fit_an_export(options: tuple[str, ...], code: int, says: str) -> None:
    done = cli("reliability", str(FIXTURES / "label_studio.json"), "--reference", "7", *options)
    assert done.exit_code == code
    # Errors of the data are printed by the program around the commands.
    shown = str(done.exception) if code == 1 else done.output
    assert says in " ".join(shown.replace("│", " ").split())
