"""Real servers in processes of their own: the page, a scripted judge, and a trap for requests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
MAIN = "from mentalbench_hf.cli import main; main()"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Trap:
    """Stands where a proxy would: whatever connects here wanted to leave the machine."""

    def __init__(self) -> None:
        self.caught: list[bytes] = []
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.caught.append(connection.recv(300))

    def close(self) -> None:
        self._socket.close()


class SpaceServer:
    """One page under test; it can be killed and started again on the same port."""

    def __init__(self, home: Path, trap: Trap, command: list[str]) -> None:
        self.home, self.trap, self.command = home, trap, command
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env |= {
            "HOME": str(self.home), "HF_HOME": str(self.home / "hf"),
            "MENTALBENCH_CACHE": str(self.home / "cache"), "PYTHONPATH": str(CHECKOUT),
            "HTTP_PROXY": self.trap.url, "HTTPS_PROXY": self.trap.url, "ALL_PROXY": self.trap.url,
            "http_proxy": self.trap.url, "https_proxy": self.trap.url,
            "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost",
        }  # fmt: skip
        # The page must keep quiet by itself, without these.
        for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "GRADIO_ANALYTICS_ENABLED"):
            env.pop(name, None)
        log = (self.home / f"server-{self.port}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, *self.command, "--port", str(self.port)],
            env=env, stdout=log, stderr=log, cwd=self.home,
        )  # fmt: skip
        log.close()
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(self.url, timeout=2).close()
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError(f"the page did not start:\n{self.log()}")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return (self.home / f"server-{self.port}.log").read_text(errors="replace")


class ScriptedJudge:
    """An OpenAI-compatible server in a process of its own."""

    def __init__(self) -> None:
        script = CHECKOUT / "tests" / "inference" / "scripted_server.py"
        self.process = subprocess.Popen(
            [sys.executable, str(script), "--latency", "0.05"], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/v1"

    def script(self, body: str) -> None:
        request = urllib.request.Request(
            self.url.replace("/v1", "/script"), data=body.encode(), method="POST"
        )
        urllib.request.urlopen(request, timeout=5).close()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
