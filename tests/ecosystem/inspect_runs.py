"""Evaluations with inspect's own mock model: its runner, its log files, our tasks."""

from __future__ import annotations

import gc
import hashlib
import json
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import inspect_ai
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model

from mentalbench_hf.schema import ATTRIBUTES

REFUSAL = "I cannot rate this response."
BROKEN = '{"Guidance": 4, "Informativeness": '


def judgment(*ratings: int | None, explanation: str = "Plain and kind.") -> str:
    """A judge's words: seven ratings, or one for all of them."""
    seven = ratings * len(ATTRIBUTES) if len(ratings) == 1 else ratings
    return json.dumps(dict(zip(ATTRIBUTES, seven, strict=True)) | {"Explanation": explanation})


def mock(answer: Callable[[list[Any]], str] | str) -> Model:
    """A model that answers the same, or by what it is sent."""

    def reply(messages: list[Any], *_: object) -> ModelOutput:
        text = answer if isinstance(answer, str) else answer(messages)
        output = ModelOutput.from_content("mockllm/model", text)
        output.usage = ModelUsage()  # otherwise tokens are counted with a downloaded table
        return output

    return get_model("mockllm/model", custom_outputs=reply)


def evaluate(task: inspect_ai.Task, folder: Path, **options: Any) -> EvalLog:
    """Run one task and return its log as it stands on disk."""
    with warnings.catch_warnings():
        # inspect leaves streams of its display unclosed, and calls tenacity by an old name.
        warnings.simplefilter("ignore")
        (log,) = inspect_ai.eval(
            task, log_dir=str(folder), display="none", log_level="error", **options
        )
        gc.collect()
    return inspect_ai.log.read_eval_log(log.location, resolve_attachments=True)


def metrics(log: EvalLog, name: str) -> dict[str, float]:
    """The metrics of an attribute or axis."""
    assert log.results is not None
    (score,) = [s for s in log.results.scores if s.name == name]
    return {key.rpartition("/")[2]: m.value for key, m in score.metrics.items()}


def opinion(text: str) -> str:
    """The words of a judge who always says the same about a text, and often nothing usable."""
    # Whatever the code is that this run asks for; it is not given back.
    digest = hashlib.sha256(re.sub(r'"Code": "[A-Z]+"', "", text).encode()).digest()
    ratings: list[int | None] = [1 + byte % 5 for byte in digest[: len(ATTRIBUTES)]]
    kind = digest[-1] % 8
    if kind == 0:
        return REFUSAL
    if kind == 1:
        return BROKEN
    if kind == 2:
        ratings[3] = None
    return judgment(*ratings)


@contextmanager
def judging_server() -> Iterator[str]:
    """An OpenAI-compatible server on this machine that holds that opinion; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            choice = {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": opinion(asked["messages"][-1]["content"]),
                },
                "finish_reason": "stop",
            }
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            body = {"id": "1", "object": "chat.completion", "created": 0, "model": asked["model"],
                    "choices": [choice], "usage": usage}  # fmt: skip
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
