"""A real headless Chromium, and a watch over what its pages do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_AXE = Path(__file__).resolve().parents[1] / "browser" / "node_modules" / "axe-core" / "axe.min.js"


def lacking(message: str) -> None:
    """Fail in CI, skip elsewhere: what a browser test needs is not installed."""
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def chromium() -> str:
    names = (os.environ.get("CHROMIUM_PATH"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for n in names if n and (path := shutil.which(n))), None)
    if found is None:
        lacking("no Chromium: run `make browser`")
    return str(found)


def axe_script() -> str:
    path = Path(os.environ.get("AXE_PATH") or _AXE)
    if not path.is_file():
        lacking("axe-core is not installed: run `make browser`")
    return path.read_text(encoding="utf-8")


class Watch:
    """Everything on a page that must not happen."""

    def __init__(self, page: Any) -> None:
        self.wrong: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("dialog", lambda dialog: (self.wrong.append("dialog"), dialog.dismiss()))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console {message.type}: {message.text} {message.location}")

    def _request(self, request: Any) -> None:
        self.requests.append(request.url)
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.wrong.append(f"outside request: {request.url}")


@contextmanager
def opened(
    browser: Any, width: int = 1280, scheme: str = "light", *, wrong: tuple[str, ...] = ()
) -> Iterator[Any]:
    """Yield a page of a new reader; nothing but `wrong` may go wrong on it."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(120_000)
    watch = Watch(page)
    page.watch = watch
    try:
        yield page
        unexpected = [w for w in watch.wrong if not any(known in w for known in wrong)]
        assert not unexpected, unexpected
    finally:
        context.close()


def accept(page: Any, url: str) -> None:
    """Open an address and accept the content warning."""
    page.goto(url)
    page.click("#mb-accept")
    page.wait_for_selector("#mb-tabs")


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def title_changes(page: Any, before: str) -> str:
    page.wait_for_function(
        "before => document.querySelector('.mb-title')?.innerText !== before", arg=before
    )
    return str(page.inner_text(".mb-title"))


def picture(page: Any, name: str) -> None:
    """Keep a screenshot for a person to look at, where MENTALBENCH_SCREENSHOTS names a folder."""
    if folder := os.environ.get("MENTALBENCH_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
