"""Who only reads the page's HTML finds its name, and nothing of Gradio's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mentalbench_hf.space.preview import Preview

PAGE = """<html><head><meta charset="utf-8" />
<meta property="og:title" content="Gradio" /><meta
 property="og:image" content="https://elsewhere.example/picture.jpg" />
<meta name="twitter:creator" content="@Gradio" /><title>Gradio</title></head>
<body>og: &amp; ä</body></html>"""


def ask(app: Any, path: str = "/", method: str = "GET") -> tuple[dict[str, str], str]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    scope = {"type": "http", "path": path, "method": method, "root_path": ""}
    asyncio.run(app(scope, receive, send))
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return headers, b"".join(m.get("body", b"") for m in sent[1:]).decode()


def answers(kind: str, *parts: str) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        size = str(sum(len(p.encode()) for p in parts)).encode()
        headers = [(b"content-type", kind.encode()), (b"content-length", size)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for i, part in enumerate(parts):
            more = i + 1 < len(parts)
            await send({"type": "http.response.body", "body": part.encode(), "more_body": more})

    return app


@pytest.mark.parametrize("cut", [0, 100])
def test_the_head_names_the_page(cut: int) -> None:
    parts = (PAGE[:cut], PAGE[cut:]) if cut else (PAGE,)
    headers, page = ask(Preview(answers("text/html; charset=utf-8", *parts), "A & B", 'say "x"'))
    assert "Gradio" not in page
    assert "elsewhere.example" not in page
    assert page.count("<title>A &amp; B</title>") == page.count("</head>") == 1
    assert 'og:title" content="A &amp; B"' in page
    assert 'og:description" content="say &quot;x&quot;"' in page
    assert page.endswith("<body>og: &amp; ä</body></html>")
    assert int(headers["content-length"]) == len(page.encode())


def test_nothing_else_is_changed() -> None:
    for app, path in ((answers("text/html", PAGE), "/other"), (answers("text/plain", PAGE), "/")):
        assert ask(Preview(app, "A", "B"), path)[1] == PAGE
