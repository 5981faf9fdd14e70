"""A backend of the user's own: an object, or a name in the registry. Nothing is patched."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from judging_server import ScriptedServer

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.clients import factory
from mentalbench_hf.inference.clients.factory import make_client, register_backend, resolve_model
from mentalbench_hf.inference.generate import GenerateConfig, generate
from mentalbench_hf.inference.items import list_items
from mentalbench_hf.inference.judge import JudgeConfig, judge
from mentalbench_hf.inference.messages import ChatRequest, Completion
from mentalbench_hf.inference.run.calls import Limits
from mentalbench_hf.inference.run_tables import generated_rows, judged_rows
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.schema.models import ModelEntry

QUIET = Limits(progress=False)
MINE = ModelEntry("mine", "mine")


@dataclass
class Own:
    """Answers from this process; knows nothing of HTTP."""

    identity: dict[str, Any] = field(default_factory=lambda: {"via": "own", "model": "one"})
    asked: list[ChatRequest] = field(default_factory=list)
    closed: bool = False

    async def complete(self, request: ChatRequest) -> Completion:
        self.asked.append(request)
        carried = {"Code": request.code} if request.code else {}
        return Completion(json.dumps({**carried, **dict.fromkeys(ATTRIBUTES, 4)}))

    async def close(self) -> None:
        self.closed = True


def test_judge_and_generate_take_a_client(tmp_path: Path) -> None:
    own = Own()
    items = list_items(["a", "b"], ["x", "y"])
    summary = judge(tmp_path / "j", items, JudgeConfig((MINE,)), limits=QUIET, client=own)
    assert (summary.done, summary.unbound) == (2, 0)
    assert [row["Safety"] for row in judged_rows(tmp_path / "j")] == [4, 4]
    assert own.closed
    assert len(own.asked) == 2  # not probed
    manifest = json.loads((tmp_path / "j" / "run.json").read_text())
    assert manifest["models"]["mine"]["identity"] == own.identity
    generate(tmp_path / "g", items, GenerateConfig(MINE), limits=QUIET, client=Own())
    assert {row["system"] for row in generated_rows(tmp_path / "g")} == {"mine"}
    with pytest.raises(RunError, match="one judge, and 2"):
        judge(tmp_path / "k", items, JudgeConfig((MINE, ModelEntry("b", "b"))), client=Own())


def test_a_client_that_constrains_is_given_the_schema(tmp_path: Path) -> None:
    own = Own()
    config = JudgeConfig((MINE,), reply_format="constrained")
    judge(tmp_path / "j", list_items(["a"], None), config, limits=QUIET, client=own)
    assert own.asked[0].schema is not None
    assert own.asked[0].schema["properties"]["Code"]["enum"] == [own.asked[0].code]


def test_a_backend_is_registered_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factory, "_BACKENDS", dict(factory._BACKENDS))
    entry = ModelEntry("mine", "mine", via="own")
    with pytest.raises(RunError, match=r"via 'own'.*known: hub, openai, local"):
        make_client(entry)
    register_backend("own", lambda entry, settings, scoring: Own({"model": entry.model_id}))
    assert make_client(entry).identity == {"model": "mine"}
    assert resolve_model(None, {}, model="m", via="own").via == "own"


@pytest.mark.parametrize("path", ["/no/such.gguf", "./none", "~/no-such-model", "weights.gguf"])
def test_a_path_where_nothing_is_is_not_taken_for_a_hub_id(path: str) -> None:
    for via in (None, "local"):
        with pytest.raises(RunError, match="no file or folder"):
            resolve_model(None, {}, model=path, via=via)
    assert resolve_model(None, {}, model=path, base_url="http://127.0.0.1:1").model_id == path


def test_a_server_that_is_down_is_named(server: ScriptedServer, tmp_path: Path) -> None:
    from test_inference_commands import command

    reach = ["--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--attempts", "1"]
    result = command(
        "judge", "--source", "sample", "--limit", 1, "--out", tmp_path / "r", "--no-progress",
        *reach,
    )  # fmt: skip
    told = str(result.exception) + result.output
    assert "127.0.0.1:9" in told
    assert "Is the server running" in told


def test_a_judge_of_which_nothing_can_be_read_is_an_error(
    server: ScriptedServer, tmp_path: Path
) -> None:
    from test_inference_commands import command, reach

    server.script(default={"text": "Lovely."})
    result = command(
        "judge", "--source", "sample", "--limit", 1, "--out", tmp_path / "r", *reach(server)
    )
    assert result.exit_code == 1
    assert "holds no rating" in result.stderr


def test_a_run_whose_calls_all_failed_is_an_error_every_time(
    server: ScriptedServer, tmp_path: Path
) -> None:
    from test_inference_commands import command, reach

    server.script(default={"status": 422})
    arguments = ["judge", "--source", "sample", "--limit", 1, "--reply-format", "plain"]
    for _ in range(2):
        result = command(*arguments, "--out", tmp_path / "r", *reach(server))
        assert result.exit_code == 1
        assert "holds no rating" in result.stderr


def test_a_run_that_a_limit_stops_before_its_first_reply_says_so(
    server: ScriptedServer, tmp_path: Path
) -> None:
    from test_inference_commands import command, reach

    for name, more in (("judge", ["--limit", 1]), ("certify", ["--conversations", 2])):
        result = command(
            name, "--source", "sample", "--max-requests", 0, "--reply-format", "plain",
            "--out", tmp_path / name, *more, *reach(server),
        )  # fmt: skip
        assert result.exit_code == 1
        assert "stopped: the limit" in result.stderr
