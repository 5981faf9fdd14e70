"""Real servers for the judging tests."""

from __future__ import annotations

from collections.abc import Iterator

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
