"""The scripted server as the tests start, script and question it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

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
