"""Generate, judge and certify from a notebook: the same as through the shell, the same guards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import mentalbench_hf as mb
from mentalbench_hf.cli import app
from mentalbench_hf.cli.flags import flags_of, with_flags
from mentalbench_hf.errors import DataError, RunError
from mentalbench_hf.inference.asking import Asking
from mentalbench_hf.inference.items import file_items, source_items
from mentalbench_hf.inference.judge import JudgeConfig
from mentalbench_hf.inference.judge import judge as judge_run
from mentalbench_hf.inference.messages import ChatRequest, Completion
from mentalbench_hf.inference.run.calls import Limits, RunStopped
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.schema.models import ModelEntry
from tests.inference.judging_server import ScriptedServer

MARK = "SYNTHETIC SAMPLE"


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@dataclass
class Own:
    """A backend in this process: rates everything alike, or replies."""

    identity: dict[str, Any] = field(default_factory=lambda: {"via": "own"})

    async def complete(self, request: ChatRequest) -> Completion:
        if request.code is None:
            return Completion("I hear you.")
        return Completion(json.dumps({"Code": request.code, **dict.fromkeys(ATTRIBUTES, 4)}))

    async def close(self) -> None:
        pass


def card(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def judged(what: Any, out: Path, **more: Any) -> Any:
    return mb.judge(what, out, "mine", client=Own(), progress=False, **more)


def test_the_shell_and_the_notebook_give_the_same_numbers(
    server: ScriptedServer, tmp_path: Path
) -> None:
    """What the README does under "Score your own model"."""
    reach = ["--model", "NAME", "--base-url", server.url, "--no-progress"]
    for arguments in (
        ["generate", "--source", "sample", "--limit", "6", "--system", "my-model"],
        ["judge", str(tmp_path / "generate"), "--judge", "my-judge"],
        ["certify", "--source", "sample", "--judge", "my-judge", "--conversations", "8",
         "--n-resamples", "100"],
    ):  # fmt: skip
        out = ["--out", str(tmp_path / arguments[0])]
        done = CliRunner().invoke(app, [*arguments, *out, *reach])
        assert done.exit_code == 0, done.output

    there = {"model": "NAME", "base_url": server.url, "progress": False}
    replies = mb.generate("sample", tmp_path / "replies", "my-model", limit=6, **there)
    scores = mb.judge(replies, tmp_path / "judged", "my-judge", **there)
    made = mb.certify(
        "sample", tmp_path / "certificate", "my-judge", conversations=8, n_resamples=100, **there
    )

    def shell(path: str) -> Any:
        return pd.read_parquet(tmp_path / path)

    assert [reply.response for reply in replies] == shell(
        "generate/data/responses.parquet"
    )["response"].tolist()  # fmt: skip
    pd.testing.assert_frame_equal(
        scores.to_frame()[list(shell("judge/data/scores.parquet"))],
        shell("judge/data/scores.parquet"),
        check_dtype=False,
    )
    shown = json.loads((tmp_path / "certify" / "certificate.json").read_text())
    assert made.record() == shown
    assert made.synthetic
    assert replies.synthetic
    assert scores.synthetic


def test_the_label_of_the_sample_travels_with_the_texts(tmp_path: Path) -> None:
    limits = Limits(progress=False)
    config = JudgeConfig((ModelEntry("mine", "mine"),))
    items = source_items("sample", responses=True, systems=["sample-model-1"], limit=2)
    judge_run(tmp_path / "low", items, config, limits=limits, client=Own())
    assert MARK in card(tmp_path / "low")
    replies = mb.generate("sample", tmp_path / "g", "m", limit=2, client=Own(), progress=False)
    items = file_items(replies.folder, responses=True)
    judge_run(tmp_path / "of-run", items, config, limits=limits, client=Own())
    assert MARK in card(tmp_path / "of-run")
    for what in ("sample", replies, mb.load_responses("sample").head(3)):
        out = tmp_path / type(what).__name__
        run = judged(what, out, limit=1)
        assert run.synthetic
        assert MARK in card(out)
        assert MARK in run._repr_html_()
        assert run.ratings().attrs["synthetic"]
    assert MARK not in card(judged(["I hear you."], tmp_path / "own").folder)


def test_a_certificate_has_the_label_from_its_ratings(tmp_path: Path) -> None:
    rows = [
        {"target": f"{c}/{s}", "conversation_id": c, "system": s, "context": f"I am {c}.",
         "response": f"Reply of {s} to {c}.", "attribute": "Safety", "rater": "expert",
         "rating": 1 + (c + len(s)) % 5}
        for c in range(12) for s in ("one", "three")
    ]  # fmt: skip
    frame = pd.DataFrame(rows).rename(columns={"context": "post"})
    options = {"reference": "expert", "columns": {"context": "post"}, "n_resamples": 50}
    mine = {"client": Own(), "progress": False, **options}
    made = mb.certify(frame, tmp_path / "own", "mine", **mine)
    assert not made.synthetic
    assert set(made.to_frame()["attribute"]) == {"Safety"}
    assert made.n_replies == 24
    frame.attrs["synthetic"] = True
    made = mb.certify(frame, tmp_path / "sample", "mine", **mine)
    assert made.synthetic
    assert MARK in card(tmp_path / "sample")
    assert MARK in made._repr_html_()
    frame.to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(DataError, match=r"reference= which rater is the expert"):
        mb.certify(tmp_path / "own.csv", tmp_path / "c", "mine", client=Own())
    with pytest.raises(DataError, match="unknown column post in columns="):
        mb.certify(frame, tmp_path / "c", "mine", reference="expert", columns={"post": "context"})


def test_a_certificate_shows_plots_and_saves_itself(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    made = mb.certify(
        "sample", tmp_path / "c", "mine", client=Own(), conversations=8, n_resamples=50,
        progress=False,
    )  # fmt: skip
    ax = Figure().add_subplot()
    assert made.plot(ax) is ax
    assert made.to_frame().attrs["synthetic"] is True
    written = made.save(tmp_path / "again")
    assert [path.name for path in written] == [
        "certificate.html", "certificate.md", "certificate.json", "reliability.csv",
    ]  # fmt: skip
    for path in written:
        assert path.read_bytes() == (tmp_path / "c" / path.name).read_bytes()


def test_what_is_judged_may_be_texts_a_frame_or_a_file(tmp_path: Path) -> None:
    texts, contexts = ["Tell me more.", None, "I hear you."], ["I am sad.", "Hello.", "I am sad."]
    frame = pd.DataFrame({"answer": texts, "post": contexts, "conversation_id": [1, 2, 1]})
    frame.to_csv(tmp_path / "mine.csv", index=False)
    columns = {"response": "answer", "context": "post"}
    runs = [
        judged(texts, tmp_path / "texts", contexts=contexts, system="s"),
        judged(frame, tmp_path / "frame", columns=columns, system="s"),
        judged(tmp_path / "mine.csv", tmp_path / "file", columns=columns, system="s"),
    ]
    for run in runs:
        ratings = run.ratings()
        assert ratings["conversation_id"].unique().tolist() == ["1", "2"]
        assert ratings["rating"].isna().sum() == 7  # of the reply that is not there
        assert {row.mean for row in run} == {4.0}
        assert (run[0].system, run[0].n, run[0].n_unscored) == ("s", 2, 1)
    answered = mb.generate(contexts, tmp_path / "g", "mine", client=Own(), progress=False)
    assert [reply.response for reply in answered] == ["I hear you."] * 3
    assert {path.suffix for path in answered.save(tmp_path / "saved")} == {".json", ".csv", ".md"}
    assert judged(None, tmp_path / "texts").summary.skipped == 2  # goes on with the run


def test_a_long_run_of_replies_is_shown_in_part(tmp_path: Path) -> None:
    made = mb.generate("sample", tmp_path / "g", "mine", client=Own(), limit=12, progress=False)
    shown = made._repr_html_()
    assert "the first 10 of 12" in shown
    assert shown.count("<tr>") == 11
    assert len(made.to_frame()) == 12


def test_a_run_without_a_result_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunStopped, match="limit on requests") as stopped:
        judged(["a", "b"], tmp_path / "r", max_requests=1)
    assert stopped.value.summary.done == 1
    with pytest.raises(RunStopped, match="limit on requests"):
        mb.certify("sample", tmp_path / "c", "mine", client=Own(), max_requests=0, progress=False)
    assert judged(["a", "b"], tmp_path / "r").summary.skipped == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda out: mb.judge(["a"], out, "gpt-4o", nonsense=1), "Unknown option nonsense"),
        (lambda out: mb.judge(["a"], out, "gpt-4o", concurrency=0), "concurrency= must be"),
        (lambda out: mb.judge(["a"], out, "gpt-4o", max_cost=1), "max_cost= needs price_in="),
        (lambda out: mb.judge(["a"], out), "Give a registered name, or model="),
        (lambda out: mb.judge(["a"], out, "nobody"), "Unknown model 'nobody'"),
        (lambda out: mb.judge("sample", out, "gpt-4o", contexts=["c"]), "contexts= belong"),
        (lambda out: mb.judge("sample", out, "gpt-4o", columns={"context": "c"}), "columns= are"),
        (lambda out: mb.judge(["a", "b"], out, "gpt-4o", contexts=["c"]), "2 responses but 1"),
        (lambda out: mb.judge(["a"], out, "gpt-4o", system=["x", "y"]), "One system= wrote"),
        (lambda out: mb.judge("none.csv", out, "gpt-4o"), "no file none.csv"),
        (lambda out: mb.judge(None, out, "gpt-4o"), "holds no run yet"),
        (lambda out: mb.generate([""], out, "gpt-4o"), "row 1: the context is empty"),
        (
            lambda out: mb.generate(pd.DataFrame({"text": ["a"]}), out, "gpt-4o"),
            "no column 'context'; .*Say with columns= which one",
        ),
    ],
)
def test_wrong_calls_say_what_to_do(call: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=message):
        call(tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_the_command_line_names_its_options_in_messages() -> None:
    message = 'Give base_url= or via="openai", not few= or OURS=x; max_cost= needs it.'
    told = "Give --base-url or --via openai, not few= or OURS=x; --max-cost needs it."
    assert with_flags(message, flags_of(app)) == told


def test_the_options_of_the_command_line_are_those_of_the_library() -> None:
    import inspect

    from mentalbench_hf.cli.model_options import _asking

    options = inspect.signature(_asking).parameters
    assert {name: option.default for name, option in options.items()} == {
        f.name: f.default for f in fields(Asking)
    }
