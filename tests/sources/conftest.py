"""A real HTTP server on loopback that serves what a test offers."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from fileserver import FileServer, ranged, status


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    served = FileServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(self.path.partition("?")[0])
            served.requests.append((path, self.headers.get("Range")))
            served.headers.append(dict(self.headers))
            reply = served.script.pop(0) if served.script else ranged
            if path not in served.files:
                status(404)(self, b"")
                return
            reply(self, served.files[path])

        def do_HEAD(self) -> None:
            """Answer as the Hub does when it is asked what a file is."""
            content = served.files.get(unquote(self.path))
            commit = self.path.partition("/resolve/")[2].partition("/")[0]
            self.send_response(404 if content is None else 200)
            self.send_header("ETag", f'"{hashlib.sha256(content or b"").hexdigest()}"')
            self.send_header("X-Repo-Commit", commit)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep test output clean."""

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        served.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        yield served
        http.shutdown()
        thread.join()


@pytest.fixture
def content() -> bytes:
    """Bytes of no meaning, longer than a few network packets."""
    return random.Random(7).randbytes(300_000)
