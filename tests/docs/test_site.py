"""The site is built as `make docs` builds it, and loads nothing from elsewhere."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from space.browsing import FLAGS, chromium, opened, picture

CHECKOUT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"^::: ([\w.]+)\n    options:\n      members: \[([^\]]*)\]", re.MULTILINE)
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("docs")]


def build(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    """Build a site into a folder with a home of its own."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config)]
    environment = {
        **os.environ,
        "HOME": str(folder / "home"),
        "NO_COLOR": "1",
        "NO_MKDOCS_2_WARNING": "1",
        "PYTHONPATH": str(CHECKOUT),
    }
    return subprocess.run(
        [*command, "--site-dir", str(folder / "site")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    done = build(folder, CHECKOUT / "mkdocs.yml")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return folder / "site"


def test_every_page_is_there(site: Path) -> None:
    sources = {p.relative_to(CHECKOUT / "docs") for p in (CHECKOUT / "docs").rglob("*.md")}
    built = {p.relative_to(site).with_suffix(".md") for p in site.rglob("*.html")}
    assert built - {Path("404.md")} == sources | {Path("tutorial.md")}
    # The hooks that make the pages are no pages.
    assert not (site / "hooks").exists()


def test_every_name_of_the_reference_is_shown(site: Path) -> None:
    """A name that a module does not have is left out without a word."""
    checked = 0
    for source in sorted((CHECKOUT / "docs" / "reference").glob("*.md")):
        page = (site / "reference" / source.name).with_suffix(".html").read_text(encoding="utf-8")
        for module, names in NAMED.findall(source.read_text(encoding="utf-8")):
            for name in names.split(","):
                assert f'id="{module}.{name.strip()}"' in page, (source.name, module, name)
                checked += 1
    assert checked > 80


def test_a_fault_of_a_page_fails_the_build(tmp_path: Path) -> None:
    """With the settings of the real site, over pages that are wrong in one way each."""
    docs, hooks = tmp_path / "docs", tmp_path / "docs" / "hooks"
    hooks.mkdir(parents=True)
    shutil.copy(CHECKOUT / "docs" / "hooks" / "docstrings.py", hooks)
    (tmp_path / "mkdocs.yml").write_text(
        f"INHERIT: {CHECKOUT / 'mkdocs.yml'}\nnav: [index.md]\nextra_css: []\nhooks: []\n"
    )
    docstring = '"""Double.\n\n    Args:\n        nummer: what to double.\n    """'
    (tmp_path / "toy.py").write_text(f"def double(number: int) -> int:\n    {docstring}\n")
    links = "[page](gone.md), [place](#gone)"
    (docs / "index.md").write_text(f"# Start\n\n{links}\n\n::: toy.double\n")
    (docs / "left_out.md").write_text("# Left out\n")
    done = build(tmp_path, tmp_path / "mkdocs.yml")
    assert done.returncode == 1
    for fault in ("left_out.md", "'gone.md'", "'#gone'", "'nummer' does not appear"):
        assert fault in done.stderr
    assert done.stderr.count("WARNING") == 4, done.stderr


def test_the_tutorial_shows_what_it_computed(site: Path) -> None:
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.reliability import reliability, settings_of
    from mentalbench_hf.reliability.trust.unsafe import unsafe_cards
    from mentalbench_hf.sources import open_source

    page = (site / "tutorial.html").read_text(encoding="utf-8")
    assert page.count("SYNTHETIC SAMPLE") > 5
    targets = read_mentalalign(open_source("sample")).targets("audited")
    cells = set(re.findall(r"<td>([^<]*)</td>", page))
    ranking = reliability(targets, settings_of("system"))
    scoring = reliability(targets, settings_of("response"))
    for rank, score in zip(ranking, scoring, strict=True):
        assert f"{rank.icc_c1:.2f} {rank.verdict} / {score.icc_a1:.2f} {score.verdict}" in cells
    # What the text says of one judge.
    named = [row for row in ranking if row.judge == "sample-judge-2"]
    assert sum(row.verdict_here == "GR" for row in named) > len(named) / 2
    assert sum(row.verdict == row.verdict_other_systems == "MV" for row in named) > len(named) / 2
    assert not [r for r in scoring if r.judge == "sample-judge-2" and r.verdict == "GR"]
    (card,) = unsafe_cards(targets, thresholds=[3], names=["Safety"], judges=["sample-judge-2"])
    row = f"<td>{card.true_positives}</td>\\s*<td>{card.false_negatives}</td>"
    assert re.search(row, page)
    assert (card.missed[0].conversation_id, card.missed[0].system) == (14, "sample-model-9")
    # The word counter ranks well on Guidance only these systems, and may not score a reply.
    own = re.findall(r"<td>(Guidance|Safety)</td>\s*<td>([^<]*)</td>\s*</tr>", page)
    assert [(a, v.split()[1], v.split()[-1]) for a, v in own] == [
        ("Guidance", "MV", "LR"),
        ("Safety", "LR", "LR"),
    ]
    figures = re.findall(r'<img alt="([^"]+)" src="(tutorial_files/\d+\.png)"', page)
    assert len(figures) == 2
    for alt, name in figures:
        assert "SYNTHETIC SAMPLE" in alt
        assert (site / name).read_bytes().startswith(b"\x89PNG")


class Loads(HTMLParser):
    """The addresses that a page loads by itself; links that a reader may follow are none."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.classes |= set(given.get("class", "").split())
        self.found += re.findall(r"url\(\s*['\"]?([^'\")]+)", given.get("style", ""))
        if tag == "a" or (tag == "link" and given.get("rel") in ("prev", "next", "canonical")):
            return
        for name in ("src", "href", "data", "action", "poster", "srcset"):
            if name in given:
                self.found.append(given[name])


def outside(address: str) -> bool:
    return bool(re.match(r"\s*(?:[a-z][a-z0-9+.-]*:)?//", address, re.IGNORECASE))


def test_no_page_loads_from_elsewhere(site: Path) -> None:
    n = 0
    for page in site.rglob("*.html"):
        loads = Loads()
        text = page.read_text(encoding="utf-8")
        loads.feed(text)
        assert not [a for a in loads.found if outside(a)], page
        # What would make the theme's script load one of the addresses below.
        assert "mermaid" not in loads.classes, page
        assert 'data-md-component="source"' not in text, page
        n += len(loads.found)
    assert n > 100
    for sheet in site.rglob("*.css"):
        style = sheet.read_text(encoding="utf-8")
        assert "@import" not in style, sheet
        assert not [a for a in re.findall(r"url\(\s*['\"]?([^'\")]+)", style) if outside(a)], sheet


def test_the_theme_knows_no_other_address(site: Path) -> None:
    """Each is loaded only for what no page has (see above) or what no current browser lacks."""
    addresses: set[str] = set()
    for script in site.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        addresses |= set(re.findall(r"[\"'`]((?:https?:)?//[\w.-]+\.[\w/@.-]+)", text))
    assert {a for a in addresses if not a.startswith("http://www.w3.org/")} == {
        "https://unpkg.com/mermaid@11/dist/mermaid.min.js",
        "https://unpkg.com/resize-observer-polyfill",
        "https://api.github.com/repos/",
        "https://api.github.com/users/",
    }


def test_an_outside_load_is_seen() -> None:
    """The checks above can fail."""
    loads = Loads()
    loads.feed(
        '<link rel="stylesheet" href="https://fonts.googleapis.com/css"><a href="https://a.b"></a>'
        '<script src="//cdn.example/x.js"></script><img src="images/a.png">'
    )
    assert [outside(a) for a in loads.found] == [True, True, False]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.browser
def test_in_a_browser_nothing_leaves_and_search_finds(site: Path, address: str) -> None:
    from playwright.sync_api import TimeoutError, sync_playwright

    names = sorted(str(p.relative_to(site)) for p in site.rglob("*.html") if p.name != "404.html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        # `opened` fails on any request to elsewhere, and on any error or warning of a script.
        for width in (1280, 400):
            with opened(browser, width) as page:
                for name in names:
                    page.goto(f"{address}/{name}")
                    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
                    broken = (
                        "[...document.images].filter(i => i.complete && !i.naturalWidth).length"
                    )
                    assert page.evaluate(broken) == 0, name
                    picture(page, f"docs-{name.replace('/', '-')}-{width}")
        with opened(browser) as page:
            page.goto(f"{address}/index.html")
            hit = page.locator(".md-search-result__link", has_text="quadratic_weighted_kappa").first
            # Words typed while the index still loads may find nothing; a reader types again.
            for _ in range(20):
                page.fill("[data-md-component=search-query]", "")
                page.fill("[data-md-component=search-query]", "quadratic weighted kappa")
                try:
                    hit.wait_for(state="visible", timeout=10_000)
                    break
                except TimeoutError:
                    continue
            hit.click()
            page.wait_for_url("**/reference/reliability.html**")
            assert page.locator("h4", has_text="quadratic_weighted_kappa").is_visible()
            assert {r.split("/")[2] for r in page.watch.requests if r.startswith("http")} == {
                address.removeprefix("http://")
            }
        browser.close()
