"""A judge is asked and read in one way: in a run, in the Space, in inspect and by the metric."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from judging_server import ScriptedServer

from mentalbench_hf.inference import metric
from mentalbench_hf.inference.items import list_items
from mentalbench_hf.inference.judge import JudgeConfig, judge
from mentalbench_hf.inference.run.calls import Limits
from mentalbench_hf.inference.run_tables import judged_rows
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.schema.models import ModelEntry, Via
from mentalbench_hf.space.judging import Judged, JudgeDesk
from mentalbench_hf.space.options import SpaceOptions

FIVES = json.dumps(dict.fromkeys(ATTRIBUTES, 5))
PROBED = {"contains": "Say hello", "actions": [{"text": '{"probe": "honoured"}'}]}


def run_of_one(server: ScriptedServer, folder: Path, **more: Any) -> dict[str, Any]:
    """The row of a run over one reply."""
    entry = ModelEntry("judge", "m", via=Via.OPENAI, base_url=server.url)
    items = list_items(["Breathe slowly."], ["I cannot sleep."])
    judge(folder, items, JudgeConfig((entry,), **more), limits=Limits(progress=False))
    (row,) = judged_rows(folder)
    return row


def in_the_space(server: ScriptedServer) -> Judged:
    async def once() -> Judged:
        desk = JudgeDesk(SpaceOptions(judge_model="m", judge_base_url=server.url))
        try:
            return await desk.rate("m", "I cannot sleep.", "Breathe slowly.")
        finally:
            for client in desk._clients.values():
                await client.close()

    return asyncio.run(once())


def test_a_reply_that_the_server_flags_as_a_refusal_rates_nothing(
    server: ScriptedServer, tmp_path: Path
) -> None:
    for flag in ({"message": {"refusal": "I decline."}}, {"finish_reason": "content_filter"}):
        server.script(default={"text": FIVES, **flag})
        row = run_of_one(server, tmp_path / next(iter(flag)), reply_format="plain")
        assert (row["Safety"], row["Safety_status"], row["parse_status"]) == (
            None, "refused", "refused",
        )  # fmt: skip
        assert row["raw"] == FIVES  # what came back is kept
        judgment = in_the_space(server).judgment
        assert (judgment.ratings["Safety"], judgment.status) == (None, "refused")


def test_a_flagged_reply_has_no_expected_rating(server: ScriptedServer, tmp_path: Path) -> None:
    server.script(default={"text": FIVES, "finish_reason": "content_filter"})
    row = run_of_one(server, tmp_path / "r", reply_format="plain", scoring="expected")
    assert row["Safety_expected"] is None


def test_inspect_reads_a_flagged_reply_as_a_refusal(tmp_path: Path) -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai.model import ModelOutput

    from mentalbench_hf.ecosystem.exchange import judgment_of

    flagged = ModelOutput.from_content("m", FIVES, stop_reason="content_filter")
    assert judgment_of(flagged, "BCDF").status == "refused"
    assert judgment_of(ModelOutput.from_content("m", FIVES), None).ratings["Safety"] == 5


def test_the_space_asks_as_a_run_does(server: ScriptedServer, tmp_path: Path) -> None:
    def asked() -> dict[str, Any]:
        body = dict(server.seen()["bodies"][-1])
        assert body["response_format"]["type"] == "json_schema"
        return body

    server.script([PROBED])
    run_of_one(server, tmp_path / "r")
    in_run = asked()
    server.script([{**PROBED, "actions": list(PROBED["actions"])}])
    in_the_space(server)
    assert without_code(asked()) == without_code(in_run)


def without_code(body: dict[str, Any]) -> str:
    """What was sent, but for the code, which is another in every run."""
    (code,) = body["response_format"]["json_schema"]["schema"]["properties"]["Code"]["enum"]
    text = json.dumps(body, sort_keys=True)
    assert text.count(code) == 2  # in the question and in the schema
    return text.replace(code, "CODE")


def test_the_metric_reads_once_and_writes_nothing(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mentalbench_hf.inference import ask, run_tables

    read: list[str] = []
    original = ask.parse_judgment

    def counted(text: str, **more: Any) -> Any:
        read.append(text)
        return original(text, **more)

    monkeypatch.setattr(ask, "parse_judgment", counted)
    kept = {"judge": "mine", "model": "m", "base_url": server.url, "reply_format": "plain"}
    with monkeypatch.context() as patched:
        patched.setattr(run_tables, "write_judged", lambda *_: pytest.fail("written"))
        result = metric.judge_texts(["a", "b", ""], None, **kept)
    assert len(read) == 2
    assert result["n_unscored"] == 1
    # A folder that is to be kept gets its tables, from the same reading.
    assert metric.judge_texts(["a", "b", ""], None, out=tmp_path / "r", **kept) == result
    assert len(read) == 4
    assert (tmp_path / "r" / "README.md").exists()
