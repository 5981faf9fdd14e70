"""The commands, the certificate and the metric, as users meet them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from judging_server import ScriptedServer
from typer.testing import CliRunner

from mentalbench_hf.cli import certify, generate, judge, reliability
from mentalbench_hf.data.rated_replies import read_rated_replies
from mentalbench_hf.errors import MentalBenchError, RunError
from mentalbench_hf.inference.draw import sample_targets
from mentalbench_hf.inference.scores import cluster_means, repeat_table, score_table
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.sources import open_source

app = typer.Typer()
for room in (generate, judge, certify, reliability):
    room.register(app)


def command(*arguments: object) -> Any:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(
        result.exception, SystemExit | MentalBenchError
    ):
        raise result.exception
    return result


def reach(server: ScriptedServer) -> list[str]:
    return ["--model", "m", "--base-url", server.url, "--no-progress"]


def test_generate_then_judge_then_load(server: ScriptedServer, tmp_path: Path) -> None:
    replies, judged = tmp_path / "replies", tmp_path / "judged"
    first = command(
        "generate", "--source", "sample", "--limit", 5, "--system", "mine", "--out", replies,
        *reach(server),
    )  # fmt: skip
    assert first.exit_code == 0, first.output
    arguments = ["judge", replies, "--judge", "mine", "--repeats", 2, "--out", judged]
    second = command(*arguments, *reach(server))
    assert second.exit_code == 0, second.output
    assert "SYNTHETIC SAMPLE" in second.stdout
    assert "| mine | mine |" in second.stdout
    asked = server.stats()["total"]
    again = command(*arguments, *reach(server))
    assert again.exit_code == 0
    assert "10 done before" in again.stderr
    assert server.stats()["total"] == asked
    code = (
        "import sys, json; from datasets import load_dataset\n"
        "g = load_dataset(sys.argv[1])['test']; j = load_dataset(sys.argv[2])['test']\n"
        "s = load_dataset(sys.argv[2], 'scores')['test']\n"
        "print(json.dumps([len(g), len(j), len(s), s[0]['mean'], j[0]['Safety'], 'mentalbench_hf'"
        " in sys.modules]))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code, str(replies), str(judged)],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    n_replies, n_judged, n_scores, mean, safety, ours = json.loads(loaded.stdout)
    assert (n_replies, n_judged, n_scores, ours) == (5, 10, 9, False)
    assert 1 <= mean <= 5
    assert 1 <= safety <= 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["judge", "--judge", "gpt-4o", "--out", "{tmp}/r"], "say|give RESPONSES"),
        (["judge", "{tmp}/none.jsonl", "--judge", "gpt-4o", "--out", "{tmp}/r"], "no file"),
        (["judge", "{tmp}/a.jsonl", "--judge", "nobody", "--out", "{tmp}/r"], "Unknown model"),
        (["judge", "{tmp}/a.jsonl", "--judge", "gpt-4o", "--out", "{tmp}/r"], "OPENAI_API_KEY"),
        (["judge", "{tmp}/b.jsonl", "--model", "m", "--base-url", "http://127.0.0.1:9", "--out",
          "{tmp}/r", "--reply-format", "plain"], "no column 'response'"),
        (["judge", "{tmp}/a.jsonl", "--model", "m", "--base-url", "http://127.0.0.1:9", "--out",
          "{tmp}/r", "--max-cost", "1"], "max_cost= needs"),
        (["judge", "{tmp}/a.jsonl", "--model", "m", "--via", "smoke", "--out", "{tmp}/r"],
         "hub, openai, local"),
        (["generate", "{tmp}/a.jsonl", "--source", "sample", "--model", "m", "--out", "{tmp}/r"],
         "not both"),
        (["generate", "{tmp}/a.jsonl", "--model", "m", "--columns", "context", "--out", "{tmp}/r"],
         "OURS=THEIRS"),
        (["generate", "{tmp}/a.jsonl", "--model", "m", "--out", "{tmp}/a.jsonl"], "is a file, and"),
        (["judge", "{tmp}/a.jsonl", "--judge", "gpt-4o", "--out", "{tmp}/a.jsonl/r"], "is a file"),
        (["certify", "--source", "sample", "--judge", "gpt-4o", "--out", "{tmp}/a.jsonl"],
         "is a file"),
    ],
)  # fmt: skip
def test_wrong_calls_say_what_to_do(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    (tmp_path / "a.jsonl").write_text('{"context": "c", "response": "r"}\n')
    (tmp_path / "b.jsonl").write_text('{"context": "c", "answer": "r"}\n')
    result = command(*(a.replace("{tmp}", str(tmp_path)) for a in arguments))
    assert isinstance(result.exception, MentalBenchError), result.output
    assert re.search(message, str(result.exception))


def test_a_dry_run_shows_counts_and_cost(server: ScriptedServer, tmp_path: Path) -> None:
    result = command(
        "judge", "--source", "sample", "--out", tmp_path / "r", "--dry-run", "--price-in", 1,
        "--price-out", 2, *reach(server),
    )  # fmt: skip
    assert result.exit_code == 0
    assert "calls to make" in result.stdout
    assert "cost" in result.stdout
    assert server.stats()["total"] == 0
    assert not (tmp_path / "r").exists()


def test_a_dry_run_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "HF_TOKEN", "MENTALBENCH_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    for judge_name in ("gpt-4o", "qwen3-4b"):
        arguments = ["--source", "sample", "--out", tmp_path / "r", "--dry-run"]
        assert command("judge", "--judge", judge_name, *arguments).exit_code == 0
    assert command("generate", "--system", "gpt-4o", *arguments).exit_code == 0
    assert command("certify", "--judge", "gpt-4o", *arguments).exit_code == 0


def test_a_file_with_other_column_names(server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text('post,answer\n"I feel\nlow","Tell me, more"\nHello,nan\n')
    result = command(
        "judge", path, "--columns", "context=post", "--columns", "response=answer", "--system",
        "s", "--out", tmp_path / "r", "--reply-format", "plain", *reach(server),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    rows = pq.read_table(tmp_path / "r" / "data" / "judgments.parquet").to_pylist()
    assert [(r["context"], r["response"]) for r in rows] == [
        ("I feel\nlow", "Tell me, more"), ("Hello", None),
    ]  # fmt: skip
    assert rows[1]["parse_status"] == "response_missing"
    assert server.stats()["total"] == 1


def test_certify_on_the_sample(server: ScriptedServer, tmp_path: Path) -> None:
    out = tmp_path / "cert"
    arguments = ["certify", "--judge", "mine", "--source", "sample", "--conversations", 8,
                 "--n-resamples", 200, "--out", out, *reach(server)]  # fmt: skip
    result = command(*arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("SYNTHETIC SAMPLE")
    lines = result.stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "To score single replies, mine may" in " ".join(lines)
    made = json.loads((out / "certificate.json").read_text())
    assert made["synthetic"] is True
    assert made["n_conversations"] == 8
    judges = {row["judge"] for row in made["reliability"]}
    assert judges == {"mine", *(f"sample-judge-{i}" for i in range(1, 5))}
    assert {row["level"] for row in made["reliability"]} == {"system", "response"}
    assert {row["attribute"] for row in made["reliability"]} >= set(ATTRIBUTES)
    assert made["unsafe_replies"][0]["attribute"] == "Safety"
    for name in ("certificate.md", "certificate.html", "reliability.csv", "README.md"):
        assert "SYNTHETIC SAMPLE" in (out / name).read_text()
    asked = server.stats()["total"]
    assert command(*arguments).exit_code == 0
    assert server.stats()["total"] == asked


def test_a_judge_that_agrees_is_certified_and_one_that_does_not_is_not(
    server: ScriptedServer, tmp_path: Path
) -> None:
    """The certificate measures the judge: the experts' own ratings earn the best verdict."""
    rated = read_rated_replies(open_source("sample"))
    targets = rated.ratings.targets("audited")
    human = targets.ratings[:, targets.raters.index(targets.reference), :]
    rules = []
    for text, ratings in zip(rated.responses, human, strict=True):
        if text and not np.isnan(ratings).any():
            reply = dict(zip(ATTRIBUTES, map(int, ratings), strict=True))
            contains = json.dumps(text)[1:-1]
            rules.append({"contains": contains, "actions": [{"text": json.dumps(reply)}]})
    server.script(rules)
    result = command(
        "certify", "--judge", "twin", "--source", "sample", "--all", "--n-resamples", 200,
        "--reply-format", "plain", "--out", tmp_path / "c", *reach(server),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    made = json.loads((tmp_path / "c" / "certificate.json").read_text())
    rows = [r for r in made["reliability"] if r["judge"] == "twin" and r["level"] == "response"]
    own = {r["attribute"]: r for r in rows if r["attribute"] in ATTRIBUTES}
    # Identical texts and replies with a missing score cannot be scripted apart; the rest agree.
    assert min(r["icc_a1"] for r in own.values()) > 0.8


def test_without_texts_certify_says_so_before_asking(
    server: ScriptedServer, tmp_path: Path
) -> None:
    from mentalbench_hf.sources.sample import sample_folder

    folder = tmp_path / "sheets"
    shutil.copytree(sample_folder(), folder)
    (folder / "MentalBench-100k.csv").unlink()

    class Bare:
        """The sample without its texts."""

        def __init__(self) -> None:
            self.source = open_source("sample")

        def __getattr__(self, name: str) -> Any:
            return getattr(self.source, name)

        def has_conversations(self) -> bool:
            return (folder / "MentalBench-100k.csv").exists()

    with pytest.raises(RunError, match="texts of the rated replies are needed"):
        read_rated_replies(Bare())  # type: ignore[arg-type]
    assert server.stats()["total"] == 0


@pytest.mark.upstream
def test_the_sheets_alone_do_not_hold_the_texts(
    upstream: Path, server: ScriptedServer, tmp_path: Path
) -> None:
    result = command("certify", "--source", upstream, "--out", tmp_path / "c", *reach(server))
    assert isinstance(result.exception, RunError)
    assert "texts of the rated replies are needed" in str(result.exception)
    assert server.stats()["total"] == 0
    assert not (tmp_path / "c").exists()


def test_the_sample_of_replies_is_whole_conversations_and_seeded() -> None:
    rated = read_rated_replies(open_source("sample"))
    targets = rated.ratings.targets("audited")
    everything = sample_targets(rated, None)
    chosen = sample_targets(rated, 8, seed=3)
    assert len(np.unique(targets.clusters[chosen])) == 8
    same = np.isin(targets.clusters, np.unique(targets.clusters[chosen])) & everything
    assert np.array_equal(same, chosen)
    assert np.array_equal(chosen, sample_targets(rated, 8, seed=3))
    assert not np.array_equal(chosen, sample_targets(rated, 8, seed=4))


def test_the_metric_by_its_name(server: ScriptedServer, tmp_path: Path) -> None:
    """`evaluate.load` in a fresh process, without importing the package first."""
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    install = (
        "from mentalbench_hf.hub.install import install_metric\ninstall_metric('mentalbench_judge')"
    )
    code = (
        "import sys, json, evaluate\n"
        "m = evaluate.load('mentalbench_judge')\n"
        "r = m.compute(predictions=['I hear you.', ''], references=['I am sad.', 'Hi'],"
        " judge='mine', model='m', base_url=sys.argv[1])\n"
        "print(json.dumps(r))"
    )
    for program in (install, code):
        done = subprocess.run(
            [sys.executable, "-c", program, server.url],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=environment,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["n_unscored"] == 1
    item = result["items"][0]
    assert result["safety"] == item["safety"]
    css = [item[a] for a in ("guidance", "informativeness", "relevance", "safety")]
    assert result["css"] == pytest.approx(sum(css) / 4)
    assert result["items"][1]["status"] == "response_missing"
    assert result["items"][1]["safety"] is None


def _judged(ratings: list[list[int | None]], conversations: list[str], repeats: int) -> pa.Table:
    n = len(ratings)
    table = {
        "conversation_id": conversations, "system": ["s"] * n, "judge": ["j"] * n,
        "replicate": [i % repeats for i in range(n)],
    }  # fmt: skip
    columns = {a: pa.array([r[0] for r in ratings], pa.int8()) for a in ATTRIBUTES}
    return pa.table({**table, **columns})


def test_scores_by_hand() -> None:
    table = _judged([[5], [3], [None], [1]], ["a", "a", "b", "c"], 1)
    rows = {r["score"]: r for r in score_table(table).to_pylist()}
    assert rows["Safety"]["mean"] == 3
    assert (rows["Safety"]["n"], rows["Safety"]["n_unscored"]) == (3, 1)
    assert rows["CSS"]["n"] == 3
    # Conversations a (mean 4) and c (1) are what is resampled.
    assert rows["Safety"]["low"] == 1
    assert rows["Safety"]["high"] == 4
    values, clusters = np.array([[2.0], [4.0]]), np.array([0, 0])
    ((mean, low, high),) = cluster_means(values, clusters)
    assert mean == 3
    assert np.isnan([low, high]).all()


def test_repeats_by_hand() -> None:
    table = _judged([[5], [5], [2], [4], [None], [3], [1], [1]], list("aabbccdd"), 2)
    row = repeat_table(table).to_pylist()[0]
    assert (row["n"], row["n_incomplete"]) == (3, 1)
    assert row["exact"] == pytest.approx(2 / 3)
    assert row["sd"] == pytest.approx(np.sqrt(2 / 3))
    scores = {r["score"]: r for r in score_table(table).to_pylist()}
    assert scores["Safety"]["mean"] == pytest.approx((5 + 3 + 3 + 1) / 4)


def test_a_judged_run_is_compared_with_own_ratings(server: ScriptedServer, tmp_path: Path) -> None:
    replies, judged, own = tmp_path / "replies", tmp_path / "judged", tmp_path / "own.csv"
    made = command(
        "generate", "--source", "sample", "--limit", 12, "--system", "mine", "--out", replies,
        *reach(server),
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert command(
        "judge", replies, "--judge", "j", "--out", judged, *reach(server)
    ).exit_code == 0  # fmt: skip
    ids = pq.read_table(judged / "data" / "judgments.parquet")["conversation_id"].to_pylist()
    own.write_text(
        "target,chat,system,attribute,doc\n"
        + "".join(f"{i},{c},mine,Safety,{i % 5 + 1}\n" for i, c in enumerate(ids))
    )
    result = command(
        "reliability", own, "--reference", "doc", "--cluster", "chat", "--system", "system",
        "--attribute", "attribute", "--with-run", judged,
        "--level", "response", "--n-resamples", 50, "--format", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert (row["judge"], row["attribute"], row["n_targets"]) == ("j", "Safety", 12)
    assert "SYNTHETIC SAMPLE" in result.stderr
