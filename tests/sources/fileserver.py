"""A real HTTP server on loopback that can misbehave on request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from mentalbench_hf.sources import UpstreamFile

Reply = Callable[[BaseHTTPRequestHandler, bytes], None]


@dataclass
class FileServer:
    """Serves `files` by path; each request first uses up one entry of `script`."""

    files: dict[str, bytes] = field(default_factory=dict)
    script: list[Reply] = field(default_factory=list)
    #: (path, Range header) of every request, in order.
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def offer(self, record: UpstreamFile, content: bytes) -> None:
        self.files[f"/{record.repo}/raw/{record.commit}/{record.path}"] = content


def whole(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Send everything, whatever range was asked for."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def ranged(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Honour a Range header as a good server does."""
    asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range") or "")
    if asked is None:
        whole(handler, content)
        return
    start = int(asked[1])
    if start >= len(content):
        handler.send_response(416)
        handler.send_header("Content-Range", f"bytes */{len(content)}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    rest = content[start:]
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    handler.send_header("Content-Length", str(len(rest)))
    handler.end_headers()
    handler.wfile.write(rest)


def truncated(n: int) -> Reply:
    """Promise the whole body, send `n` bytes, hang up."""

    def reply(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:n])
        handler.close_connection = True

    return reply


def unframed(n: int) -> Reply:
    """Send `n` bytes without saying how many there should be, then hang up."""

    def reply(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(content[:n])
        handler.close_connection = True

    return reply


def dropped(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Hang up without an answer."""
    handler.close_connection = True


def status(code: int, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return reply


def other(body: bytes) -> Reply:
    """Answer 200 with other bytes."""
    return lambda handler, content: whole(handler, body)


def record_of(content: bytes, name: str = "file.bin", *, size_known: bool = True) -> UpstreamFile:
    """A record for made-up bytes; without a known size it is recognised by its git blob id."""
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return UpstreamFile(
        name=name,
        repo="someone/some-repo",
        commit="abc1234",
        path=f"a folder/{name}",
        size=len(content) if size_known else None,
        sha256=hashlib.sha256(content).hexdigest() if size_known else None,
        git_blob=None if size_known else blob,
    )
