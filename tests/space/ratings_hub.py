"""As much of the Hub as a dataset repository of small text files needs: create, commit, read."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHA = "0" * 40
REPO = "someone/ratings"


class RatingsHub:
    """A repository on the loopback address; `files` is what was committed."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.private: bool | None = None
        self.commits = 0
        self.tokens: set[str | None] = set()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def reply(self, content: Any, status: int = 200, **headers: str) -> None:
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                hub.tokens.add(self.headers.get("authorization"))
                base = f"{hub.url}/datasets/{REPO}"
                if self.path == "/api/repos/create":
                    if hub.private is None:
                        wanted = json.loads(raw)
                        hub.private = wanted.get("private") or wanted["visibility"] == "private"
                    self.reply({"url": base})
                elif "/preupload/" in self.path:
                    files = json.loads(raw)["files"]
                    self.reply(
                        {
                            "files": [
                                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                                for f in files
                            ]
                        }
                    )
                elif "/commit/" in self.path:
                    for line in map(json.loads, raw.splitlines()):
                        if line["key"] == "file":
                            content = base64.b64decode(line["value"]["content"])
                            hub.files[line["value"]["path"]] = content
                    hub.commits += 1
                    self.reply({"commitUrl": f"{base}/commit/{SHA}", "commitOid": SHA})
                else:
                    self.reply({"error": "unknown"}, 404)

            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                if hub.private is None:
                    self.reply({"error": "none"}, 404, X_Error_Code="RepoNotFound")
                elif path.startswith(f"/api/datasets/{REPO}/tree/"):
                    self.reply(
                        [
                            {"type": "file", "path": p, "size": len(c), "oid": SHA}
                            for p, c in hub.files.items()
                        ]
                    )
                elif path.startswith(f"/api/datasets/{REPO}"):
                    names = [{"rfilename": p} for p in hub.files]
                    self.reply({"id": REPO, "sha": SHA, "siblings": names, "private": True})
                elif "/resolve/" in path:
                    content = hub.files[path.split("/resolve/")[1].split("/", 1)[1]]
                    etag = hashlib.sha256(content).hexdigest()
                    self.reply(content, ETag=f'"{etag}"', X_Repo_Commit=SHA)
                else:
                    self.reply({"error": "unknown"}, 404)

            do_HEAD = do_GET  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
