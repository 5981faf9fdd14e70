"""A scripted, OpenAI-compatible chat server: real HTTP that can be made to misbehave.

Run as a program (it must not share a process with what it measures):

    python scripted_server.py --latency 0.05

The first line on stdout is the port. ``POST /v1/chat/completions`` answers; ``POST /script``
with ``{"rules": [{"contains": TEXT, "actions": [...]}], "default": {...}}`` sets what happens to
requests whose body contains TEXT: each such request takes the next action, and once they are used
up the default reply is given. ``GET /stats`` counts what arrived, ``GET /seen`` lists the bodies.

Actions: ``{"status": 429, "headers": {...}, "body": ...}``, ``{"drop": true}``,
``{"sleep": seconds}``, ``{"text": ...}``, ``{"raw": ...}``, ``{"message": {...}}``,
``{"finish_reason": ...}``, ``{"truncate": true}``, ``{"forget_code": true}``. The default reply
is decided by the request alone (but for its code), so that two runs over the same requests agree:
seven ratings when a judgment is asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import re
import sys
from collections import Counter
from typing import Any

ATTRIBUTES = (
    "Guidance", "Informativeness", "Relevance", "Safety",
    "Empathy", "Helpfulness", "Understanding",
)  # fmt: skip

#: The code that a judge is asked to put into its answer, as it stands in JSON.
CODE = re.compile(r'\\"Code\\": \\"([A-Z]+)\\"')


def digest_of(body: dict[str, Any]) -> str:
    """One text per distinct request: what was asked of which model, in whichever run."""
    text = json.dumps([body.get("model"), body.get("messages")], sort_keys=True)
    return hashlib.sha256(CODE.sub("", text).encode()).hexdigest()


def ratings_of(digest: str) -> dict[str, int]:
    """Seven ratings that depend on the request and on nothing else."""
    return {name: 1 + int(digest[i * 4 : i * 4 + 4], 16) % 5 for i, name in enumerate(ATTRIBUTES)}


class State:
    def __init__(self, latency: float, keep: bool) -> None:
        self.latency = latency
        self.keep = keep
        self.open = 0
        self.reset()

    def reset(self) -> None:
        self.hits: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.rules: list[dict[str, Any]] = []
        self.default: dict[str, Any] = {}
        self.in_flight = 0
        self.max_in_flight = 0

    def action_for(self, raw: bytes) -> dict[str, Any]:
        for rule in self.rules:
            if rule["actions"] and rule["contains"].encode() in raw:
                action = rule["actions"].pop(0)
                return {**self.default, **action}
        return self.default


def logprobs_of(text: str, digest: str) -> dict[str, Any]:
    """One token per character; a digit comes with its alternatives on the scale."""
    content = []
    for i, char in enumerate(text):
        top = [{"token": char, "logprob": 0.0, "bytes": None}]
        if char.isdigit():
            weights = [1 + int(digest[(i + k) % 60 : (i + k) % 60 + 2], 16) % 7 for k in range(5)]
            total = sum(weights) / 0.9  # a tenth of the mass is not on the scale
            top = [
                {"token": str(k + 1), "logprob": math.log(w / total)} for k, w in enumerate(weights)
            ]
            top.append({"token": "x", "logprob": math.log(0.1)})
        content.append({"token": char, "logprob": 0.0, "top_logprobs": top})
    return {"content": content}


def completion(body: dict[str, Any], action: dict[str, Any]) -> bytes:
    digest = digest_of(body)
    prompt = json.dumps(body.get("messages", []))
    text = action.get("text")
    if text is None:
        if '"Guidance"' in prompt.replace("\\", ""):
            code = CODE.findall(prompt)
            carried = {"Code": code[-1]} if code and not action.get("forget_code") else {}
            text = json.dumps(
                {**carried, **ratings_of(digest), "Overall": 3, "Explanation": "scripted"}
            )
        else:
            text = f"A scripted reply, number {digest[:8]}."
    message = {"role": "assistant", "content": text, **action.get("message", {})}
    choice = {
        "index": 0, "message": message, "finish_reason": action.get("finish_reason", "stop"),
    }  # fmt: skip
    if body.get("logprobs") and not action.get("no_logprobs"):
        choice["logprobs"] = logprobs_of(text, digest)
    return json.dumps(
        {
            "id": "x", "object": "chat.completion", "created": 0,
            "model": action.get("model", f"{body.get('model')}-resolved"),
            "choices": [choice],
            "usage": {
                "prompt_tokens": len(prompt) // 4, "completion_tokens": len(text) // 4,
                "total_tokens": len(prompt) // 4 + len(text) // 4,
            },
        }
    ).encode()  # fmt: skip


class Connection(asyncio.Protocol):
    def __init__(self, state: State) -> None:
        self.state = state
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.state.open += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.state.open -= 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {
                k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:] if ": " in line)
            }
            length = int(headers.get("content-length", 0))
            if len(self.buffer) < end + 4 + length:
                return
            raw = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            method, path, _ = head[0].split(" ", 2)
            self.handle(method, path, headers, raw)

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        if self.transport.is_closing():
            return
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
        lines += [
            f"{k}: {v}" for k, v in {"content-type": "application/json", **(headers or {})}.items()
        ]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)

    def handle(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> None:
        state = self.state
        if path.endswith("/chat/completions"):
            body = json.loads(raw)
            state.hits[digest_of(body)] += 1
            if state.keep:
                state.bodies.append(body)
                state.headers.append(headers)
            state.in_flight += 1
            state.max_in_flight = max(state.max_in_flight, state.in_flight)
            action = state.action_for(raw)
            delay = action.get("sleep", state.latency)
            asyncio.get_running_loop().call_later(delay, self.answer, body, action)
        elif path == "/script":
            script = json.loads(raw)
            state.reset()
            state.rules = script.get("rules", [])
            state.default = script.get("default", {})
            state.latency = script.get("latency", state.latency)
            self.send(200, b"{}")
        elif path == "/stats":
            self.send(
                200,
                json.dumps(
                    {
                        "hits": state.hits, "answered": state.answered,
                        "total": sum(state.hits.values()), "max_in_flight": state.max_in_flight,
                        "open": state.open,
                    }
                ).encode(),
            )  # fmt: skip
        elif path == "/seen":
            self.send(200, json.dumps({"bodies": state.bodies, "headers": state.headers}).encode())
        else:
            self.send(404, b'{"error": {"message": "no such path"}}')

    def answer(self, body: dict[str, Any], action: dict[str, Any]) -> None:
        state = self.state
        state.in_flight -= 1
        if action.get("drop"):
            self.transport.abort()
            return
        status = action.get("status", 200)
        if status != 200:
            reply = action.get("body", {"error": {"message": f"scripted {status}"}})
            raw = reply.encode() if isinstance(reply, str) else json.dumps(reply).encode()
            self.send(status, raw, action.get("headers"))
            return
        raw = action["raw"].encode() if "raw" in action else completion(body, action)
        if action.get("truncate"):
            head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(raw)}\r\n\r\n".encode()
            self.transport.write(head + raw[: len(raw) // 2])
            self.transport.close()
            return
        if not self.transport.is_closing():
            state.answered[digest_of(body)] += 1
        self.send(200, raw, action.get("headers"))


async def serve(latency: float, keep: bool) -> None:
    state = State(latency, keep)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(state), "127.0.0.1", 0, backlog=512
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--latency", type=float, default=0.0)
    arguments.add_argument("--keep", action="store_true", help="keep bodies and headers for /seen")
    options = arguments.parse_args()
    asyncio.run(serve(options.latency, options.keep))
