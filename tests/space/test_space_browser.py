"""The page in a real browser: every tab, as a reader uses it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mentalbench_hf.reliability import reliability, settings_of
from mentalbench_hf.space.store import Store

from .browsing import accept, axe_script, opened, picture, tab, title_changes
from .serving import MAIN, ScriptedJudge, SpaceServer, Trap

pytestmark = [
    pytest.mark.browser,
    pytest.mark.needs("gradio"),
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
]
TABS = ("Compare", "Reliability", "Systems", "Rate", "Judge", "About")


@pytest.fixture(scope="module")
def judge() -> Iterator[ScriptedJudge]:
    server = ScriptedJudge()
    yield server
    server.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, judge: ScriptedJudge) -> Iterator[SpaceServer]:
    home, trap = tmp_path_factory.mktemp("space"), Trap()
    command = ["-c", MAIN, "space", "--source", "sample", "--judge-model", "scripted-judge"]
    command += ["--judge-base-url", judge.url, "--judge-limit", "3", "--ratings-dir", "kept"]
    space = SpaceServer(home, trap, command)
    space.start()
    yield space
    space.kill()
    trap.close()
    assert trap.caught == [], "the server itself must not call out"
    log = space.log()
    assert "Traceback" not in log, log[-6000:]


def _served(home: Path, program: str) -> Iterator[SpaceServer]:
    trap = Trap()
    space = SpaceServer(home, trap, [str(Path(__file__).with_name(program))])
    space.start()
    yield space
    space.kill()
    trap.close()


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpaceServer]:
    yield from _served(tmp_path_factory.mktemp("hostile"), "hostile_page.py")


@pytest.fixture(scope="module")
def styled_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpaceServer]:
    yield from _served(tmp_path_factory.mktemp("styled"), "styled_page.py")


def test_warning_comes_before_the_first_text_and_is_remembered(
    browser: Any, server: SpaceServer
) -> None:
    with opened(browser) as page:
        page.goto(server.url)
        page.wait_for_selector("#mb-accept")
        assert page.locator(".mb-text").count() == 0
        gate = page.inner_text("#mb-gate")
        for words in ("self-harm", "emergency number", "findahelpline.com", "Not clinical advice"):
            assert words in gate
        assert "SYNTHETIC SAMPLE" in page.inner_text("#mb-banner")
        page.click("#mb-accept")
        page.wait_for_selector(".mb-card")
        assert page.locator(".mb-card").count() == 10
        assert not page.is_visible("#mb-gate")
        for name in TABS:
            tab(page, name)
            assert page.is_visible("#mb-banner")
            if name == "Reliability":  # leaving while it is being filled would break it off
                page.wait_for_selector("#mb-table details", state="attached")
        page.goto(server.url)
        page.wait_for_selector(".mb-card")
        assert not page.is_visible("#mb-accept")


def test_keyboard(browser: Any, server: SpaceServer) -> None:
    with opened(browser) as page:
        accept(page, server.url)
        page.wait_for_selector(".mb-card")
        first = page.inner_text(".mb-title")
        assert first == "Conversation 1"
        page.keyboard.press("ArrowRight")
        assert title_changes(page, first) == "Conversation 2"
        page.keyboard.press("ArrowLeft")
        assert title_changes(page, "Conversation 2") == first
        page.keyboard.press("ArrowLeft")
        assert title_changes(page, first) == "Conversation 24"
        # While typing, the arrows move the caret.
        page.fill("#mb-search textarea, #mb-search input", "bus")
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
        assert title_changes(page, "Conversation 24") == "Conversation 1"
        page.wait_for_function(
            "document.querySelector('#mb-position textarea, #mb-position input')"
            ".value.includes('of 8')"
        )
        # The texts are reached by tabbing.
        page.locator(".mb-region").first.focus()
        assert page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_a_copied_link_opens_the_same_view(browser: Any, server: SpaceServer) -> None:
    with opened(browser) as page:
        accept(page, f"{server.url}/?judge=sample-judge-2&order=unsafe-missed&attribute=Safety")
        page.wait_for_selector(".mb-card")
        first = page.inner_text(".mb-title")
        page.click("#mb-next")
        second = title_changes(page, first)
        page.wait_for_function("location.search.includes('c=')")
        page.click("#mb-copy")
        page.wait_for_function("document.querySelector('#mb-copy').textContent.includes('copied')")
        link = page.evaluate("navigator.clipboard.readText()")
        cards = page.inner_text("#mb-cards")
    params = parse_qs(urlsplit(link).query)
    assert params["judge"] == ["sample-judge-2"]
    assert params["order"] == ["unsafe-missed"]
    with opened(browser) as page:
        accept(page, link)
        page.wait_for_selector(".mb-card")
        assert page.inner_text(".mb-title") == second
        assert page.inner_text("#mb-cards") == cards
        assert page.input_value("#mb-judge input") == "Sample judge 2"
        assert page.input_value("#mb-order input").startswith("Unsafe")
        page.click("#mb-more button")
        assert page.input_value("#mb-attribute input") == "Safety"


def test_blind_mode_hides_the_systems_until_revealed(
    browser: Any, server: SpaceServer, sample_store: Store
) -> None:
    with opened(browser) as page:
        accept(page, f"{server.url}/?blind=1&c=7")
        page.wait_for_selector(".mb-card")
        shown = page.evaluate("document.querySelector('#mb-cards').outerHTML").lower()
        for system in sample_store.roster.systems:
            assert system.id not in shown
            assert system.label.lower() not in shown
            assert system.id not in page.url
        assert page.inner_text(".mb-card h4 >> nth=0") == "Response A"
        page.click("#mb-reveal")
        page.wait_for_function(
            "document.querySelector('.mb-card h4').innerText.startsWith('Response A: ')"
        )
        names = {h.split(": ")[1] for h in page.locator(".mb-card h4").all_inner_texts()}
        assert len(names) == 10
        # The next conversation is blind again.
        page.click("#mb-next")
        title_changes(page, "Conversation 7")
        assert page.inner_text(".mb-card h4 >> nth=0") == "Response A"


def test_reliability(browser: Any, server: SpaceServer, sample_store: Store) -> None:
    with opened(browser) as page:
        accept(page, f"{server.url}/?tab=reliability&level=response")
        page.wait_for_selector("#mb-heatmap img")
        cell = page.locator("button[data-cell='sample-judge-3|Empathy']")
        label = cell.get_attribute("aria-label")
        expected = {
            (r.judge, r.attribute): r
            for r in reliability(sample_store.ratings.targets(), settings_of("response"))
        }
        row = expected["sample-judge-3", "Empathy"]
        assert f"ICC(A,1) {row.icc_a1:.2f}" in label
        assert row.verdict in label
        cell.click()
        page.wait_for_function(
            "document.querySelector('#mb-detail').innerText.includes('sample-judge-3 on Empathy')"
        )
        assert "score a single reply on Empathy" in page.inner_text("#mb-detail")
        page.wait_for_function(
            "document.querySelector('#mb-unsafe').innerText.includes('card: Empathy')"
        )
        page.locator("button[data-cell='sample-judge-1|Safety']").press("Enter")
        page.wait_for_function(
            "document.querySelector('#mb-detail').innerText.includes('sample-judge-1 on Safety')"
        )
        with page.expect_download() as download:
            page.click("#mb-csv")
        assert download.value.suggested_filename == "synthetic-sample-reliability-response.csv"
        text = Path(download.value.path()).read_text(encoding="utf-8")
        rows = {(r["judge"], r["attribute"]): r for r in csv.DictReader(io.StringIO(text))}
        assert float(rows["sample-judge-3", "Empathy"]["icc_a1"]) == pytest.approx(row.icc_a1)
        with page.expect_download() as download:
            page.click("#mb-png")
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
        # What did not change is not sent again.
        tab(page, "About")
        before = page.evaluate("document.querySelector('#mb-heatmap img')?.src.length ?? 0")
        tab(page, "Reliability")
        page.wait_for_selector("#mb-heatmap img")
        assert page.evaluate("document.querySelector('#mb-heatmap img').src.length") >= before
        page.get_by_label("May the judge rank systems? (level system)").check()
        page.wait_for_function(
            "document.querySelector('#mb-heatmap img').alt.includes('level system')"
        )
        assert "level" not in parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_experts(browser: Any, styled_server: SpaceServer, scheme: str, width: int) -> None:
    with opened(browser, width, scheme) as page:

        def accessible(name: str) -> None:
            page.evaluate(axe_script())
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert [v["id"] for v in found["violations"]] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            picture(page, f"{name}-{scheme}-{width}")

        accept(page, f"{styled_server.url}/?style=B")
        page.wait_for_selector(".mb-card")
        assert page.locator("#mb-position :is(textarea, input)").input_value() == (
            "1 of 12 conversations that match"
        )
        assert "style B" in page.inner_text(".mb-by")
        page.click(".mb-by summary")
        assert "stricter expert" in page.inner_text(".mb-by")
        accessible("experts-compare")
        before = page.inner_text(".mb-title")
        page.click("#mb-next")
        title_changes(page, before)
        assert parse_qs(urlsplit(page.url).query)["style"] == ["B"]

        tab(page, "Reliability")
        page.wait_for_selector("#mb-experts img", timeout=60_000)
        assert "Experts: how far they agree on Safety" in page.inner_text("#mb-ceiling")
        assert "With another expert" in page.inner_text("#mb-detail")
        page.click("#mb-ceiling summary")
        accessible("experts-reliability")
        page.locator("button[data-cell='sample-judge-3|Empathy']").click()
        wanted = "sample-judge-3 on Empathy, expert by expert"
        page.wait_for_function(
            f"document.querySelector('#mb-experts').innerText.includes('{wanted}')", timeout=60_000
        )
        page.wait_for_function(
            "document.querySelector('#mb-ceiling').innerText.includes('agree on Empathy')"
        )


def test_ratings_survive_a_killed_server(browser: Any, server: SpaceServer) -> None:
    def choose(page: Any, attribute: str, value: int, n: int) -> None:
        page.locator(f"#mb-rate-{attribute} label", has_text=str(value)).click()
        page.wait_for_function(
            "n => document.querySelector('#mb-rate-progress').innerText.includes(n)",
            arg="complete." if n == 7 else f"{n} of 7 saved",
        )

    refused = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "Failed to fetch", "ERR_EMPTY",
               "ERR_INCOMPLETE", "Connection errored", "Could not")  # fmt: skip
    with opened(browser, wrong=refused) as page:
        accept(page, f"{server.url}/?tab=rate")
        page.wait_for_selector("#mb-rate-text .mb-text")
        response = page.inner_text("#mb-rate-text")
        attributes = ("Guidance", "Informativeness", "Relevance", "Safety", "Empathy",
                      "Helpfulness", "Understanding")  # fmt: skip
        for i, attribute in enumerate(attributes[:4]):
            choose(page, attribute, i + 1, i + 1)
        server.kill()
        server.start()
        page.goto(f"{server.url}/?tab=rate")
        page.wait_for_selector("#mb-rate-text .mb-text")
        assert page.inner_text("#mb-rate-text") == response
        assert "4 of 7 saved" in page.inner_text("#mb-rate-progress")
        assert page.locator("#mb-rate-Safety input:checked").get_attribute("value") == "4"
        for i, attribute in enumerate(attributes[4:], 5):
            choose(page, attribute, 5, i)
        page.click("#mb-rate-resume")
        page.wait_for_function(
            "old => document.querySelector('#mb-rate-text').innerText !== old", arg=response
        )
        # The page shows the next text first and clears the ratings a moment later.
        page.wait_for_function("() => !document.querySelector('#mb-rate-Safety input:checked')")
        page.click("#mb-agreement-button")
        page.wait_for_selector("#mb-agreement h3")
        assert "Too few" in page.inner_text("#mb-agreement")
        assert "Sample experts" in page.inner_text("#mb-agreement")
        with opened(browser) as other:
            accept(other, f"{server.url}/?tab=rate")
            other.wait_for_selector("#mb-rate-text .mb-text")
            assert "0 of 7 saved" in other.inner_text("#mb-rate-progress")
    lines = [
        json.loads(line)
        for path in (server.home / "kept").glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert len(lines) == 7
    assert {line["attribute"] for line in lines} == set(attributes)
    assert set(lines[0]) == {
        "at", "session", "conversation", "system", "attribute", "rating", "rubric", "synthetic",
    }  # fmt: skip


def test_judge(browser: Any, server: SpaceServer, judge: ScriptedJudge) -> None:
    ratings = {"Guidance": 1, "Informativeness": 2, "Relevance": 3, "Safety": 4, "Empathy": 5,
               "Helpfulness": 1, "Understanding": 2}  # fmt: skip
    said = {**ratings, "Explanation": "<img src=x onerror='window.pwned=1'> plain words"}
    judge.script(json.dumps({"default": {"text": json.dumps(said)}, "latency": 1.5}))
    with opened(browser) as page, opened(browser) as other:
        for reader in (page, other):
            accept(reader, f"{server.url}/?tab=judge")
            reader.fill("#mb-judge-context textarea", "I cannot sleep.")
        page.click("#mb-judge-ask")
        page.wait_for_function(
            "document.querySelector('#mb-judge-out').innerText.includes('Paste the response')"
        )
        for reader in (page, other):
            reader.fill("#mb-judge-response textarea", "Try to rest.")
            reader.click("#mb-judge-ask")
        other.wait_for_function(
            "document.querySelector('#mb-judge-out').innerText.includes('ahead of you: 1')"
        )
        assert "queue now: 2" in other.inner_text("#mb-judge-line")
        for reader in (page, other):
            reader.wait_for_selector("#mb-judge-out table")
            rows = reader.locator("#mb-judge-out tbody tr").all_inner_texts()
            found = {r.split("\t")[0]: int(r.split("\t")[1]) for r in rows}
            assert found == ratings
            assert all("none: not certified" in row for row in rows)
            assert "<img src=x" in reader.inner_text("#mb-judge-out")
            assert reader.evaluate("window.pwned") is None
        judge.script(json.dumps({"default": {"text": "I would rather not."}, "latency": 0.01}))
        page.click("#mb-judge-ask")
        page.wait_for_function(
            "document.querySelector('#mb-judge-out').innerText.includes('no usable rating')"
        )
        # Three are allowed for one address; both readers share it.
        page.click("#mb-judge-ask")
        page.wait_for_function(
            "document.querySelector('#mb-judge-out').innerText.includes('of this hour')"
        )
        picture(page, "judge-limit")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_every_tab_is_accessible_and_fits(
    browser: Any, server: SpaceServer, scheme: str, width: int
) -> None:
    script = axe_script()
    with opened(browser, width, scheme) as page:

        def check(name: str) -> None:
            page.evaluate(script)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            told = [
                f"{v['id']}: {n['html'][:120]} {n['failureSummary'][:200]}"
                for v in found["violations"]
                for n in v["nodes"][:2]
            ]
            assert not told, (name, told)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            picture(page, f"{name}-{scheme}-{width}")

        page.goto(f"{server.url}/?c=5")
        page.wait_for_selector("#mb-accept")
        check("gate")
        page.click("#mb-accept")
        page.wait_for_selector(".mb-card")
        page.click("#mb-more button")
        page.wait_for_selector("#mb-status")
        waits = {"Compare": ".mb-card", "Reliability": "#mb-table details",
                 "Systems": "#mb-systems-board table",
                 "Rate": "#mb-rate-text .mb-text", "Judge": "#mb-judge-ask",
                 "About": "h2"}  # fmt: skip
        for name in TABS:
            tab(page, name)
            page.wait_for_selector(waits[name], state="attached")
            page.wait_for_timeout(500)
            check(name.lower())


def test_hostile_texts_run_and_restyle_nothing(browser: Any, hostile_server: SpaceServer) -> None:
    look = """() => [document.title, document.body.children.length,
        document.querySelectorAll('script, style, link, base, iframe').length,
        getComputedStyle(document.body).display,
        getComputedStyle(document.querySelector('#mb-tabs')).opacity,
        getComputedStyle(document.querySelector('.mb-card')).opacity].join('|')"""
    with opened(browser) as page:
        accept(page, f"{hostile_server.url}/?c=2")
        page.wait_for_selector(".mb-card")
        page.wait_for_timeout(300)
        before = page.evaluate(look)
        for number in range(3, 13):
            page.click("#mb-next")
            title_changes(page, f"Conversation {number - 1}")
            assert page.evaluate(look) == before
            assert page.evaluate("window.pwned") is None
            inside = page.evaluate(
                """() => [...document.querySelectorAll('#mb-cards *')]
                .filter(e => /^(script|style|img|svg|iframe|link|base|input|a|b)$/i.test(e.tagName)
                  || [...e.attributes].some(x => x.name.startsWith('on'))).length"""
            )
            assert inside == 0
        shown = page.inner_text("#mb-cards")
        for words in ("<script>window.pwned", "onerror=", "![x](http://", "[U+001B][31m",
                      "[U+202E]",
                      "${window.pwned=7}", "{{constructor"):  # fmt: skip
            assert words in shown
        rest = page.locator(".mb-rest").first
        rest.locator("summary").click()
        whole = page.evaluate(
            "() => [...document.querySelector('.mb-rest').parentElement"
            ".querySelectorAll('.mb-text')].map(e => e.textContent.length)"
        )
        assert sum(whole) > 100_000
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        picture(page, "hostile")
        tab(page, "Rate")
        page.wait_for_selector("#mb-rate-text .mb-text")
        for _ in range(8):
            old = page.inner_text("#mb-rate-text .mb-title")
            page.click("#mb-rate-next")
            page.wait_for_function(
                "old => document.querySelector('#mb-rate-text .mb-title').innerText !== old",
                arg=old,
            )
            assert page.evaluate("window.pwned") is None
