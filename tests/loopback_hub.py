"""The Hub's API on the loopback address, as far as the stock libraries use it.

No maintained self-hostable Hub is to be had, so this is the smallest stand-in that creates
repositories, takes commits and LFS uploads, tags, lists, and serves files, whole or by ranges. It
proves our calls, not the rules of the real Hub (size limits, gating, Xet).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_" + "loopback" * 4
_API = re.compile(r"/api/(model|dataset|space)s/([^/]+/[^/]+)(?:/(.*))?$")
_FILES = re.compile(r"/(datasets/|spaces/|)([^/]+/[^/]+)/resolve/([^/]+)/(.+)$")
_LFS = re.compile(r"/(datasets/|spaces/|)([^/]+/[^/]+)\.git/info/lfs/objects/batch$")
#: What the real Hub puts into a new repository.
_INITIAL = {".gitattributes": b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"}


@dataclass
class Repo:
    """A repository: its commits and what points to them."""

    private: bool
    sdk: str | None = None
    trees: dict[str, dict[str, bytes]] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    head: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, bytes]:
        """What main holds."""
        return self.trees[self.head]

    def commit(self, files: dict[str, bytes], message: str) -> str:
        seen = "".join(f"{p}{git_hash(c)}" for p, c in sorted(files.items()))
        sha = hashlib.sha1(f"{self.head}{message}{seen}".encode()).hexdigest()
        self.trees[sha], self.parents[sha], self.messages[sha] = files, self.head or None, message
        self.head = sha
        return sha

    def resolve(self, revision: str) -> str | None:
        if revision in ("main", "refs/heads/main"):
            return self.head
        return self.tags.get(revision.removeprefix("refs/tags/")) or (
            revision if revision in self.trees else None
        )


class LoopbackHub:
    """A Hub that listens on loopback until it is closed.

    `repos` is keyed by (kind, id). `failures` maps a step (create, preupload, lfs, put, commit,
    commit-lost, tag, delete) to the status to answer with, or 0 to drop the connection.
    `namespaces` are those the token may write to.
    """

    def __init__(self, namespaces: tuple[str, ...] = ("ns",)) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.namespaces = namespaces
        self.failures: dict[str, int] = {}
        self.requests: list[tuple[str, str]] = []
        self.holding = threading.Event()
        self._held: str | None = None
        self._dropped = False
        self._go = threading.Event()
        self.blobs: dict[str, bytes] = {}
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self) -> LoopbackHub:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def hold(self, step: str) -> None:
        """Let requests of a step wait; ``holding`` is set when one does."""
        self._held = step
        self.holding.clear()
        self._go.clear()

    def release(self, *, drop: bool) -> None:
        """Let the waiting request go on, or drop it as if it had never come."""
        self._dropped = drop
        self._held = None
        self._go.set()

    def failure(self, step: str) -> int | None:
        """Return how a request of a step fails, once it may go on; None where it does not."""
        if step == self._held:
            self.holding.set()
            self._go.wait()
            return 0 if self._dropped else None
        return self.failures.get(step)

    def environment(self, *, token: str | None = TOKEN) -> dict[str, str]:
        """Variables with which the stock libraries take this for the Hub."""
        own = {"HF_ENDPOINT": self.url, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
        return own if token is None else {**own, "HF_TOKEN": token}

    def state(self) -> dict[tuple[str, str], tuple[str, dict[str, str], bool]]:
        """Everything a reader can see: heads, tags and visibility by repository."""
        return {key: (r.head, dict(r.tags), r.private) for key, r in self.repos.items()}


class _Handler(BaseHTTPRequestHandler):
    hub: LoopbackHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Keep test output clean."""

    def reply(self, content: Any, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        if "Content_Type" not in headers and not isinstance(content, bytes):
            headers["Content_Type"] = "application/json"
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str, text: str) -> None:
        self.reply({"error": text}, status, X_Error_Code=code, X_Error_Message=text)

    def fails(self, step: str) -> bool:
        """Answer an injected failure, if there is one for this step."""
        status = self.hub.failure(step)
        if status is None:
            return False
        if status:
            self.refuse(status, "", f"injected failure of {step}")
        else:
            self.close_connection = True
            self.connection.close()
        return True

    def may_write(self, namespace: str) -> bool:
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self.refuse(401, "", "Invalid username or password.")
        elif namespace not in self.hub.namespaces:
            self.refuse(403, "", f"You don't have the rights to create under {namespace}")
        else:
            return True
        return False

    def found(self, kind: str, name: str) -> Repo | None:
        repo = self.hub.repos.get((kind, name))
        if repo is None or (
            repo.private and self.headers.get("authorization") != f"Bearer {TOKEN}"
        ):
            self.refuse(404, "RepoNotFound", "Repository not found")
            return None
        return repo

    def handle_any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        path, query = parts.path, parse_qs(parts.query)
        self.hub.requests.append((self.command, unquote(path)))
        if path == "/api/repos/create":
            self.create(json.loads(raw))
        elif path == "/api/repos/delete":
            self.delete(json.loads(raw))
        elif path == "/api/validate-yaml":
            self.reply({"errors": [], "warnings": []})
        elif path == "/api/whoami-v2":
            orgs = [{"name": n, "type": "org"} for n in self.hub.namespaces]
            if self.may_write(self.hub.namespaces[0]):
                self.reply({"name": "someone", "type": "user", "orgs": orgs, "auth": {}})
        elif match := _LFS.match(path):
            self.lfs_batch(match, json.loads(raw))
        elif path.startswith("/lfs/"):
            if not self.fails("put"):
                self.hub.blobs[path.removeprefix("/lfs/")] = raw
                self.reply(b"")
        elif match := _API.match(path):
            self.api(match[1], match[2], [unquote(p) for p in (match[3] or "").split("/")], raw,
                     query)  # fmt: skip
        elif match := _FILES.match(path):
            kind = match[1].rstrip("s/") or "model"
            self.serve(kind, match[2], unquote(match[3]), unquote(match[4]))
        else:
            self.refuse(404, "", f"no such path: {path}")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def create(self, wanted: dict[str, Any]) -> None:
        kind = wanted.get("type") or "model"
        name = f"{wanted.get('organization') or 'someone'}/{wanted['name']}"
        if not self.may_write(name.split("/")[0]) or self.fails("create"):
            return
        url = f"{self.hub.url}/{'' if kind == 'model' else kind + 's/'}{name}"
        if (kind, name) in self.hub.repos:
            self.reply({"url": url, "error": "You already created this repo"}, 409)
            return
        private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        repo = self.hub.repos[kind, name] = Repo(private, wanted.get("sdk"))
        repo.commit(dict(_INITIAL), "initial commit")
        self.reply({"url": url, "name": name, "id": name})

    def delete(self, wanted: dict[str, Any]) -> None:
        name = f"{wanted.get('organization') or 'someone'}/{wanted['name']}"
        if self.may_write(name.split("/")[0]) and not self.fails("delete"):
            self.hub.repos.pop((wanted.get("type") or "model", name), None)
            self.reply({})

    def lfs_batch(self, match: re.Match[str], wanted: dict[str, Any]) -> None:
        if self.fails("lfs"):
            return
        objects = []
        for item in wanted["objects"]:
            upload = {"href": f"{self.hub.url}/lfs/{item['oid']}"}
            there = item["oid"] in self.hub.blobs
            objects.append(item if there else {**item, "actions": {"upload": upload}})
        self.reply({"transfer": "basic", "objects": objects})

    def api(self, kind: str, name: str, rest: list[str], raw: bytes, query: dict[str, Any]) -> None:
        verb, arguments = rest[0], rest[1:]
        if self.command == "POST" and verb in ("preupload", "commit", "tag"):
            if not self.may_write(name.split("/")[0]):
                return
            if self.fails(verb):
                return
        repo = self.found(kind, name)
        if repo is None:
            return
        if verb == "preupload":
            files = [
                {
                    "path": f["path"],
                    "uploadMode": "lfs" if f["path"].endswith(".parquet") else "regular",
                    "shouldIgnore": False,
                    "oid": git_hash(repo.files[f["path"]]) if f["path"] in repo.files else None,
                }
                for f in json.loads(raw)["files"]
            ]
            self.reply({"files": files})
        elif verb == "commit":
            self.commit(kind, name, repo, raw)
        elif verb == "tag":
            self.tag(repo, arguments[0], json.loads(raw)["tag"])
        elif verb == "refs":
            tags = [
                {"name": t, "ref": f"refs/tags/{t}", "targetCommit": s}
                for t, s in repo.tags.items()
            ]
            main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.head}
            self.reply({"branches": [main], "converts": [], "tags": tags})
        elif verb in ("", "revision"):
            sha = self.at(repo, arguments[0] if arguments else "main")
            if sha is not None:
                self.reply(_info(name, repo, sha))
        elif verb == "tree":
            sha = self.at(repo, arguments[0])
            if sha is not None:
                self.tree(repo.trees[sha], "/".join(arguments[1:]), query)
        elif verb == "paths-info":
            sha = self.at(repo, arguments[0])
            if sha is not None:
                self.paths_info(repo.trees[sha], raw)
        else:
            self.refuse(404, "EntryNotFound", f"no such call: {verb}")

    def at(self, repo: Repo, revision: str) -> str | None:
        sha = repo.resolve(revision)
        if sha is None:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return sha

    def commit(self, kind: str, name: str, repo: Repo, raw: bytes) -> None:
        files = dict(repo.files)
        message = ""
        for line in map(json.loads, raw.splitlines()):
            key, value = line["key"], line["value"]
            if key == "header":
                message = value["summary"]
                if value.get("parentCommit") not in (None, repo.head):
                    self.refuse(412, "", "A commit has happened since. Please refresh.")
                    return
            elif key == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif key == "lfsFile":
                if value["oid"] not in self.hub.blobs:
                    self.refuse(400, "", f"LFS object {value['oid']} was not uploaded")
                    return
                files[value["path"]] = self.hub.blobs[value["oid"]]
            elif key == "deletedFile":
                del files[value["path"]]
        sha = repo.commit(files, message)
        if not self.fails("commit-lost"):
            prefix = "" if kind == "model" else f"{kind}s/"
            url = f"{self.hub.url}/{prefix}{name}/commit/{sha}"
            self.reply({"success": True, "commitUrl": url, "commitOid": sha})

    def tag(self, repo: Repo, revision: str, tag: str) -> None:
        if tag in repo.tags:
            self.refuse(409, "", f"Tag {tag} exists")
        elif (sha := self.at(repo, revision)) is not None:
            repo.tags[tag] = sha
            self.reply({})

    def tree(self, files: dict[str, bytes], folder: str, query: dict[str, Any]) -> None:
        inside = {p: c for p, c in files.items() if not folder or p.startswith(f"{folder}/")}
        if folder and not inside:
            self.refuse(404, "EntryNotFound", f"{folder} does not exist")
            return
        deep = query.get("recursive", ["false"])[0].lower() == "true"
        start = len(folder) + 1 if folder else 0
        entries: dict[str, Any] = {}
        for path, content in sorted(inside.items()):
            steps = path[start:].split("/")
            for depth in range(1, len(steps) if deep else min(2, len(steps))):
                parent = path[:start] + "/".join(steps[:depth])
                entries[parent] = _folder(parent)
            if deep or len(steps) == 1:
                entries[path] = _entry(path, content)
        self.reply(list(entries.values()))

    def paths_info(self, files: dict[str, bytes], raw: bytes) -> None:
        if self.headers.get("Content-Type", "").startswith("application/json"):
            paths = json.loads(raw)["paths"]
        else:
            paths = parse_qs(raw.decode())["paths"]
        found = []
        for path in paths:
            if path in files:
                found.append(_entry(path, files[path]))
            elif any(p.startswith(f"{path}/") for p in files):
                found.append(_folder(path))
        self.reply(found)

    def serve(self, kind: str, name: str, revision: str, path: str) -> None:
        repo = self.found(kind, name)
        sha = None if repo is None else self.at(repo, revision)
        if repo is None or sha is None:
            return
        if path not in repo.trees[sha]:
            self.refuse(404, "EntryNotFound", f"{path} does not exist")
            return
        content = repo.trees[sha][path]
        headers = {
            "ETag": f'"{git_hash(content)}"',
            "X_Repo_Commit": sha,
            "Accept_Ranges": "bytes",
            "Content_Type": "application/octet-stream",
        }
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            self.reply(content, **headers)
            return
        last = len(content) - 1
        if asked[1]:
            start, end = int(asked[1]), min(int(asked[2] or last), last)
        else:
            start, end = max(0, len(content) - int(asked[2])), last
        part = content[start : end + 1]
        headers["Content_Range"] = f"bytes {start}-{end}/{len(content)}"
        self.reply(part, 206, **headers)


def git_hash(content: bytes) -> str:
    """What git calls a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _entry(path: str, content: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "file",
        "path": path,
        "size": len(content),
        "oid": git_hash(content),
    }
    if path.endswith(".parquet"):
        sha256 = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 130}
    return entry


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "oid": git_hash(path.encode())}


def _info(name: str, repo: Repo, sha: str) -> dict[str, Any]:
    siblings = [{"rfilename": p} for p in sorted(repo.trees[sha])]
    return {
        "_id": "0",
        "id": name,
        "sha": sha,
        "private": repo.private,
        "siblings": siblings,
        "tags": [],
        "downloads": 0,
        "likes": 0,
        "lastModified": "2026-01-01T00:00:00.000Z",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "sdk": repo.sdk,
        "disabled": False,
        "gated": False,
    }
