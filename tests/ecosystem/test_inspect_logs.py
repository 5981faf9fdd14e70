"""Logs of inspect become the certificate that our own run gives for the same judge."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import EvalLog, write_eval_log
from inspect_ai.model import get_model
from inspect_runs import BROKEN, REFUSAL, evaluate, judging_server, mock, opinion
from typer.testing import CliRunner

from mentalbench_hf.cli.main import app
from mentalbench_hf.data.rated_replies import RatedReplies, read_rated_replies
from mentalbench_hf.ecosystem.logs import certificate_of_log, read_judge_log
from mentalbench_hf.ecosystem.tasks import mentalalign, mentalbench
from mentalbench_hf.errors import MissingExtraError, RunError
from mentalbench_hf.inference.certify import certificate
from mentalbench_hf.inference.draw import certify_items, sample_targets
from mentalbench_hf.inference.judge import JudgeConfig, judge
from mentalbench_hf.schema.models import ModelEntry, Via
from mentalbench_hf.sources import open_source

CONVERSATIONS, SEED = 6, 2

pytestmark = pytest.mark.xdist_group("inspect")


@pytest.fixture(scope="module")
def rated() -> RatedReplies:
    return read_rated_replies(open_source("sample"))


def the_task() -> Any:
    return mentalalign(source="sample", conversations=CONVERSATIONS, seed=SEED)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    """A whole log of a judge whose answers are known."""
    return evaluate(
        the_task(), tmp_path_factory.mktemp("log"), model=mock(lambda m: opinion(m[-1].text))
    )


def changed(log: EvalLog, path: Path, **changes: Any) -> Path:
    """Write a copy of a log with other fields."""
    write_eval_log(log.model_copy(update=changes, deep=True), path)
    return path


def own_run(rated: RatedReplies, folder: Path, url: str) -> Any:
    """The certificate of `mentalbench certify` with a judge behind an address."""
    chosen = sample_targets(rated, CONVERSATIONS, SEED)
    entry = ModelEntry("openai-api/loop/judge", "judge", via=Via.OPENAI, base_url=url)
    config = JudgeConfig((entry,), reply_format="plain")
    summary = judge(folder, certify_items(rated, chosen), config)
    assert summary.finished
    return certificate(folder, rated, chosen, n_resamples=200, seed=SEED)


def test_the_same_judge_gets_the_same_certificate_by_either_way(
    rated: RatedReplies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOP_API_KEY", "none")
    with judging_server() as url:
        ours = own_run(rated, tmp_path / "run", url)
        model = get_model("openai-api/loop/judge", base_url=url, memoize=False)
        log = evaluate(the_task(), tmp_path / "logs", model=model)
    assert log.status == "success", log.error
    theirs = certificate_of_log(read_judge_log(log.location), rated, n_resamples=200)
    assert json.dumps(theirs.record(), default=str) == json.dumps(ours.record(), default=str)
    assert 0 < theirs.n_unscored < theirs.n_replies
    assert theirs.synthetic


def test_missing_ratings_are_counted_as_in_the_log(rated: RatedReplies, log: EvalLog) -> None:
    made = certificate_of_log(read_judge_log(log.location), rated, n_resamples=0)
    said = [s.output.completion for s in log.samples]
    assert made.n_replies == len(said)
    assert made.n_unscored == sum(text in (REFUSAL, BROKEN) for text in said) > 0
    (row,) = [r for r in made.rows
              if (r.judge, r.level, r.attribute) == (made.judge, "response", "Safety")]  # fmt: skip
    assert log.results is not None
    (score,) = [s for s in log.results.scores if s.name == "Safety"]
    assert score.unscored_samples == made.n_unscored + sum('"Safety": null' in t for t in said)
    human = {s.id: s.metadata["experts"]["Safety"] for s in log.samples}
    usable = [s for s in log.samples
              if human[s.id] is not None
              and s.scores["stated_ratings"].value["Safety"] == s.scores["stated_ratings"].value["Safety"]]  # fmt: skip # noqa: E501
    assert row.n_targets == len(usable)


def test_a_json_log_reads_the_same(rated: RatedReplies, log: EvalLog, tmp_path: Path) -> None:
    path = changed(log, tmp_path / "log.json")
    records = [
        certificate_of_log(read_judge_log(p), rated, n_resamples=20).record()
        for p in (path, log.location)
    ]
    assert json.dumps(records[0], default=str) == json.dumps(records[1], default=str)


def test_repetitions_are_averaged(rated: RatedReplies, tmp_path: Path) -> None:
    low_then_high = iter([2, 4] * 1_000)
    log = evaluate(
        mentalalign(source="sample", conversations=2),
        tmp_path,
        model=mock(lambda _: json.dumps({"Safety": next(low_then_high)})),
        epochs=2,
        max_samples=1,
    )
    read = read_judge_log(log.location)
    made = certificate_of_log(read, rated, n_resamples=0)
    assert read.epochs == 2
    assert made.n_replies == len(log.samples) / 2
    (row,) = [r for r in made.rows
              if (r.judge, r.level, r.attribute) == (made.judge, "response", "Safety")]  # fmt: skip
    experts = [s.metadata["experts"]["Safety"] for s in log.samples if s.epoch == 1]
    assert row.bias == pytest.approx(3 - np.mean([e for e in experts if e is not None]))


def test_a_call_that_fails_for_good_is_a_missing_rating(
    rated: RatedReplies, tmp_path: Path
) -> None:
    calls = iter(range(1_000))

    def answer(messages: list) -> str:
        if next(calls) == 3:
            raise ValueError("the server is gone")
        return opinion(messages[-1].text)

    log = evaluate(the_task(), tmp_path, model=mock(answer), fail_on_error=False)
    read = read_judge_log(log.location)
    assert read.n_errors == 1
    whole = [s for s in log.samples if s.error is None]
    made = certificate_of_log(read, rated, n_resamples=0)
    assert made.n_replies == len(whole) + 1
    silent = sum(s.output.completion in (REFUSAL, BROKEN) for s in whole)
    assert made.n_unscored == silent + 1


@pytest.mark.parametrize(
    ("model", "counterpart"),
    [
        ("openai/gpt-4o", "gpt-4o"),
        ("openai/o4-mini", "gpt-4o-mini"),
        ("anthropic/claude-3-7-sonnet-20250219", "claude-3.5-haiku"),
        ("hf/meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct"),
        ("openai/gpt-9", ""),
        ("mockllm/model", ""),
    ],
)
def test_a_known_judge_leaves_its_own_counterpart_out(
    log: EvalLog, model: str, counterpart: str
) -> None:
    assert replace(read_judge_log(log.location), judge=model).counterpart == counterpart


def test_a_counterpart_can_be_named(rated: RatedReplies, log: EvalLog) -> None:
    read = read_judge_log(log.location)
    made = certificate_of_log(read, rated, counterpart="sample-model-3", n_resamples=0)
    plain = certificate_of_log(read, rated, n_resamples=0)
    assert made.own_counterpart == "sample-model-3"

    def n(made: Any) -> int:
        return next(r.n_targets for r in made.rows if r.judge == made.judge and r.level == "system")

    assert n(made) == n(plain) - 1
    with pytest.raises(RunError, match="Unknown system 'gpt-5'"):
        certificate_of_log(read, rated, counterpart="gpt-5")


def test_logs_that_are_no_whole_logs_of_a_judge_are_refused(log: EvalLog, tmp_path: Path) -> None:
    def refusal(name: str, **changes: Any) -> str:
        with pytest.raises(RunError) as caught:
            read_judge_log(changed(log, tmp_path / f"{name}.eval", **changes))
        return str(caught.value)

    assert "was cancelled" in refusal("cancelled", status="cancelled")
    assert "still runs" in refusal("started", status="started")
    assert "stopped with an error" in refusal("error", status="error")
    assert "invalid" in refusal("invalidated", invalidated=True)
    n = len(log.samples)
    assert f"{n - 1} of the {n}" in refusal("short", samples=log.samples[1:])
    spec = log.eval.model_copy(update={"metadata": None, "task": "arc"})
    assert "the task 'arc'" in refusal("other", eval=spec)


def test_a_log_of_new_replies_is_refused(tmp_path: Path) -> None:
    log = evaluate(
        mentalbench(source="sample", limit=1),
        tmp_path,
        model=mock("I hear you."),
        model_roles={"grader": mock(opinion("."))},
    )
    with pytest.raises(RunError, match="no expert has rated them"):
        read_judge_log(log.location)


def test_a_log_cut_short_is_refused(tmp_path: Path) -> None:
    log = evaluate(the_task(), tmp_path, model=mock(opinion(".")), limit=2)
    assert log.status == "success"
    with pytest.raises(RunError, match=r"holds 2 of the .* without --limit"):
        read_judge_log(log.location)


def test_files_that_are_no_logs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no file"):
        read_judge_log(tmp_path / "none.eval")
    for name, content in (("a.eval", b"nothing"), ("b.json", b"{}"), ("c.txt", b"x")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RunError, match="cannot be read as a log of inspect"):
            read_judge_log(tmp_path / name)


def test_without_inspect_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    with pytest.raises(MissingExtraError, match=r"mentalbench-hf\[inspect\]"):
        read_judge_log(tmp_path / "log.eval")


def test_a_log_about_other_replies_is_refused(rated: RatedReplies, log: EvalLog) -> None:
    read = read_judge_log(log.location)
    texts = [text and text.replace("e", "a") for text in rated.responses]
    with pytest.raises(RunError, match="is not the reply of"):
        certificate_of_log(read, replace(rated, responses=texts))
    with pytest.raises(RunError, match="is about the SYNTHETIC SAMPLE"):
        certificate_of_log(read, replace(rated, targets=replace(rated.targets, synthetic=False)))


def test_a_judge_that_rated_nothing_has_no_certificate(rated: RatedReplies, tmp_path: Path) -> None:
    log = evaluate(the_task(), tmp_path, model=mock(REFUSAL))
    with pytest.raises(RunError, match="holds no rating"):
        certificate_of_log(read_judge_log(log.location), rated)


def test_the_command_writes_the_certificate(
    rated: RatedReplies, log: EvalLog, tmp_path: Path
) -> None:
    arguments = ["certify-log", log.location, "--source", "sample", "--n-resamples", "50"]
    done = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "SYNTHETIC SAMPLE: Certificate of the judge mockllm/model" in done.stdout
    written = json.loads((tmp_path / "out" / "certificate.json").read_text())
    made = certificate_of_log(read_judge_log(log.location), rated, n_resamples=50)
    assert json.dumps(written) == json.dumps(json.loads(json.dumps(made.record(), default=str)))
    wrong = CliRunner().invoke(app, ["certify-log", str(tmp_path / "no.eval")])
    assert isinstance(wrong.exception, RunError)
