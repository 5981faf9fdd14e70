"""Reading and rating in a real browser: nothing half shown, marks that lead there, keys, lists."""

from __future__ import annotations

import csv
import io
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.about import TITLE
from mentalbench_hf.space.finder import Finder
from mentalbench_hf.space.state import Order, Query
from mentalbench_hf.space.store import Store

from .browsing import accept, opened, picture, tab, title_changes
from .serving import MAIN, SpaceServer, Trap

pytestmark = [
    pytest.mark.browser,
    pytest.mark.needs("gradio"),
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
]
_CUT = """() => [...document.querySelectorAll('.mb-region')].filter(e => e.offsetParent !== null
    && (e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)).length"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpaceServer]:
    home, trap = tmp_path_factory.mktemp("reading"), Trap()
    space = SpaceServer(home, trap, ["-c", MAIN, "space", "--source", "sample"])
    space.start()
    # A page on which nobody rated has made no folder where it was started.
    assert not (home / "ratings").exists()
    yield space
    space.kill()
    trap.close()
    assert trap.caught == [], "the server itself must not call out"
    assert "Traceback" not in space.log(), space.log()[-6000:]


def test_the_html_bears_the_pages_name(server: SpaceServer) -> None:
    page = urllib.request.urlopen(server.url).read().decode()
    assert f"<title>{TITLE}</title>" in page
    assert f'<meta property="og:title" content="{TITLE}">' in page
    assert page.count("og:title") == page.count("og:description") == 1
    assert "og:image" not in page


@pytest.mark.parametrize("width", [1280, 400])
def test_no_text_is_half_shown(browser: Any, server: SpaceServer, width: int) -> None:
    with opened(browser, width) as page:
        accept(page, f"{server.url}/?c=14")
        page.wait_for_selector(".mb-card")
        assert page.title() == TITLE
        assert page.locator(".mb-card .mb-region").count() >= 10
        assert page.evaluate(_CUT) == 0
        cells = page.locator(".mb-card .mb-scores td")
        heights = cells.evaluate_all("cells => cells.map(cell => cell.offsetHeight)")
        assert max(heights) < 32, "a score stands on one line"
        tab(page, "Rate")
        page.wait_for_selector("#mb-rate-text .mb-text")
        assert page.evaluate(_CUT) == 0


def test_unsafe_and_missed_is_marked_and_reached(
    browser: Any, server: SpaceServer, sample_store: Store
) -> None:
    query = Query(order=Order.UNSAFE_MISSED, judge="sample-judge-2")
    finder = Finder(sample_store)
    second = int(finder.find(query)[1])
    inside = """() => { const r = document.querySelector('.mb-unsafe').getBoundingClientRect();
        return r.top >= 0 && r.top < innerHeight / 2; }"""
    with opened(browser) as page:
        accept(page, f"{server.url}/?judge=sample-judge-2&order=unsafe-missed")
        page.wait_for_selector(".mb-unsafe")
        page.wait_for_function(inside)
        first = page.inner_text(".mb-title")
        page.keyboard.press("ArrowRight")
        assert title_changes(page, first) == f"Conversation {sample_store.keys[second]}"
        page.wait_for_function(inside)
        missed = finder.missed(query, second)
        names = [sample_store.system_label(s) for s in missed]
        assert page.locator(".mb-unsafe h4").all_inner_texts() == names
        assert page.locator(".mb-go").all_inner_texts() == names
        picture(page, "missed")
        page.evaluate("scrollTo(0, 0)")
        page.locator(".mb-go").last.press("Enter")
        page.wait_for_function("scrollY > 0")
        # Where nothing is marked, the page stays where it is.
        page.evaluate("scrollTo(0, 0)")
        page.fill("#mb-number input, #mb-number textarea", "99")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "document.querySelector('#mb-position textarea, #mb-position input')"
            ".value.includes('no conversation 99')"
        )


def test_search_marks_and_jump_goes(browser: Any, server: SpaceServer) -> None:
    with opened(browser) as page:
        accept(page, f"{server.url}/?q=bus")
        page.wait_for_selector(".mb-card mark")
        found = {m.lower() for m in page.locator("#mb-cards mark").all_inner_texts()}
        assert found == {"bus"}
        page.goto(f"{server.url}/?c=3")
        page.wait_for_selector(".mb-card")
        page.fill("#mb-number input, #mb-number textarea", "17")
        page.keyboard.press("Enter")
        assert title_changes(page, "Conversation 3") == "Conversation 17"
        assert page.input_value("#mb-number input, #mb-number textarea") == ""
        page.wait_for_function("location.search.includes('c=17')")


def test_figures_stay_and_tables_are_sorted(browser: Any, server: SpaceServer) -> None:
    mark = "name => { document.querySelector(name + ' img').mine = true; }"
    kept = "name => document.querySelector(name + ' img').mine === true"
    with opened(browser) as page:
        accept(page, f"{server.url}/?tab=reliability")
        page.wait_for_selector("#mb-effect img")
        assert "moderate: validate" in page.inner_text("#mb-legend")
        for name in ("#mb-heatmap", "#mb-intervals", "#mb-unsafe"):
            page.evaluate(mark, name)
        page.locator("button[data-cell='sample-judge-3|Safety']").click()
        page.wait_for_function(
            "document.querySelector('#mb-detail').innerText.includes('sample-judge-3 on Safety')"
        )
        page.wait_for_function(
            "document.querySelector('#mb-effect').innerText.includes('sample-judge-3')"
        )
        assert all(page.evaluate(kept, n) for n in ("#mb-heatmap", "#mb-intervals", "#mb-unsafe"))
        page.locator("button[data-cell='sample-judge-3|CSS']").click()
        page.wait_for_function(
            "document.querySelector('#mb-intervals h3').innerText.includes('CSS')"
        )
        assert page.evaluate(kept, "#mb-unsafe"), "an axis has the card of Safety, which stands"
        button = page.get_by_role("button", name="Bias: judge − human")
        for order, sign in (("ascending", 1), ("descending", -1)):
            button.press("Enter")
            assert page.locator("#mb-intervals [aria-sort]").get_attribute("aria-sort") == order
            cells = page.locator("#mb-intervals tbody td:nth-child(4)").all_inner_texts()
            values = [sign * float(c.replace("−", "-")) for c in cells]
            assert values == sorted(values)
            assert len(values) == 4
        tab(page, "Systems")
        page.wait_for_selector("#mb-systems-board table")
        first = page.inner_text("#mb-systems-board strong")
        page.click("#mb-systems-name input")
        page.get_by_role("option", name="Safety").click()
        page.wait_for_function(
            "old => document.querySelector('#mb-systems-board strong').innerText !== old",
            arg=first,
        )
        assert "highest Safety" in page.inner_text("#mb-systems-board")


def test_a_reader_rates_by_keys_and_keeps_a_list(browser: Any, server: SpaceServer) -> None:
    def says(page: Any, words: str) -> None:
        page.wait_for_function(
            "words => document.querySelector('#mb-rate-progress').innerText.includes(words)",
            arg=words,
        )

    def title(page: Any, number: int) -> None:
        page.wait_for_function(
            "n => document.querySelector('#mb-rate-text .mb-title').innerText"
            ".startsWith(`Response ${n} `)",
            arg=number,
        )

    with opened(browser) as page:
        accept(page, f"{server.url}/?tab=rate")
        page.wait_for_selector("#mb-rate-text .mb-text")
        for key in "1234553":
            page.keyboard.press(key)
        says(page, "This response: complete.")
        chosen = [
            page.locator(f"#mb-rate-{a} input:checked").get_attribute("value") for a in ATTRIBUTES
        ]
        assert "".join(chosen) == "1234553"
        page.keyboard.press("Enter")  # the focus is on "Next unrated"
        title(page, 2)
        # In a text, digits are digits; going on keeps the comment with its response.
        page.fill("#mb-rate-comment textarea", "=2+2 ")
        page.locator("#mb-rate-comment textarea").press("End")
        page.keyboard.type("and 5")
        page.locator("#mb-rate-flag input").check()
        says(page, "You flagged it")
        page.keyboard.press("4")
        says(page, "1 of 7 saved")
        page.click("#mb-rate-next")
        title(page, 3)
        assert page.input_value("#mb-rate-comment textarea") == ""
        page.click("#mb-rate-skip")
        says(page, "choose why first")
        page.click("#mb-rate-reason input")
        page.get_by_role("option", name="I cannot judge this").click()
        page.click("#mb-rate-skip")
        title(page, 2)  # the next without a full rating
        assert page.input_value("#mb-rate-comment textarea") == "=2+2 and 5"
        page.click("#mb-rate-undo")
        title(page, 3)  # the skip is taken back where it was made
        assert "skipped" not in page.inner_text("#mb-rate-progress")
        page.click("#mb-rate-undo")  # the comment, saved on going on
        title(page, 2)
        assert page.input_value("#mb-rate-comment textarea") == ""
        page.fill("#mb-rate-comment textarea", "=2+2")
        page.click("#mb-rate-save")
        page.wait_for_timeout(300)
        page.click("#mb-list-button")
        page.wait_for_selector("#mb-list table")
        rows = page.locator("#mb-list tbody tr").all_inner_texts()
        assert [r.split("\t")[0] for r in rows] == ["Open 1", "Open 2"]
        assert rows[0].split("\t")[2:9] == list("1234553")
        assert "yes" in rows[1]
        assert "=2+2" in rows[1]
        picture(page, "my-list")
        page.locator("#mb-list .mb-open").first.click()
        title(page, 1)
        with page.expect_download() as download:
            page.click("#mb-export")
        assert download.value.suggested_filename == "synthetic-sample-my-ratings.csv"
        text = Path(download.value.path()).read_text(encoding="utf-8")
        table = list(csv.DictReader(io.StringIO(text)))
        assert len(table) == 14
        complete = [r for r in table if not r["comment"]]
        by_name = {r["attribute"]: r["rating"] for r in complete}
        assert "".join(by_name[a] for a in ATTRIBUTES) == "1234553"
        assert {(r["comment"], r["flag"]) for r in table} == {("", ""), ("'=2+2", "yes")}
        page.click("#mb-agreement-button")
        page.wait_for_selector("#mb-agreement h3")
        assert "Nobody else has rated" in page.inner_text("#mb-agreement")
        with opened(browser) as other:
            accept(other, f"{server.url}/?tab=rate")
            other.wait_for_selector("#mb-rate-text .mb-text")
            # The first response is the same for every reader.
            assert other.inner_text("#mb-rate-text") == page.inner_text("#mb-rate-text")
            for key in "1234553":
                other.keyboard.press(key)
            says(other, "This response: complete.")
            other.click("#mb-agreement-button")
            other.wait_for_selector("#mb-agreement h3")
            assert "2 readers, you among them" in other.inner_text("#mb-agreement")
            picture(other, "agreement")
