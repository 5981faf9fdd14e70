"""The page's name and preview for who only reads its HTML: chats, search engines, link lists.

Gradio writes its own name and picture there, and sets the title only when the page runs.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OTHERS: Final = re.compile(
    r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*|<title>.*?</title>'
)


class Preview:
    """ASGI middleware that puts a title and a description into the head of the page."""

    def __init__(self, app: ASGIApp, title: str, description: str) -> None:
        """Wrap `app`."""
        self.app = app
        name, about = escape(title, quote=True), escape(description, quote=True)
        self._head = (
            f'<title>{name}</title><meta name="description" content="{about}">'
            f'<meta property="og:type" content="website"><meta property="og:title" '
            f'content="{name}"><meta property="og:description" content="{about}">'
            f'<meta name="twitter:card" content="summary"></head>'
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; only the page itself is changed."""
        root = str(scope.get("root_path", "")).rstrip("/")
        path = str(scope.get("path", "")).removeprefix(root)
        if scope["type"] != "http" or path not in ("", "/"):
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = b""

        async def changed(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
            if any(k.lower() == b"content-type" and b"text/html" in v for k, v in headers):
                body = self._page(body.decode()).encode()
            headers.append((b"content-length", str(len(body)).encode()))
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, changed if scope["method"] == "GET" else send)

    def _page(self, page: str) -> str:
        head, end, rest = page.partition("</head>")
        return _OTHERS.sub("", head) + (self._head + rest if end else "")
