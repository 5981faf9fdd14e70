"""The report's page in a real browser: whole at every width, readable in the dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.report.findings import compute
from mentalbench_hf.report.folder import write_report
from mentalbench_hf.report.of_benchmark import results_of_benchmark
from mentalbench_hf.sources import open_source
from tests.space.browsing import FLAGS, axe_script, chromium, opened, picture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.needs("playwright"),
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
]
WIDTHS = (400, 800, 1280)

#: Everything wider than the box that holds it, unless a box around it scrolls by itself.
CROPPED = """
() => {
  const scrolls = e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX);
  const wrong = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    const box = e.getBoundingClientRect();
    if (!box.width) continue;
    for (let up = e.parentElement; up && up !== document.body; up = up.parentElement) {
      if (scrolls(up)) break;
      const outer = up.getBoundingClientRect();
      if (box.right > outer.right + 1) {
        wrong.push(`${e.tagName} ${e.alt || e.innerText || ''}`.slice(0, 80));
        break;
      }
    }
  }
  return wrong;
}
"""
#: Figures of which a part lies outside their own box, with its width and theirs.
HIDDEN = """
() => [...document.querySelectorAll('figure')].flatMap(f => {
  const img = f.querySelector('img');
  const over = img.getBoundingClientRect().width - f.clientWidth;
  return over > 1 ? [[img.alt, over, f.clientWidth]] : [];
})
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Seven attributes, four judges, with the words of the missed replies."""
    source = os.environ.get("MENTALBENCH_REPORT_SOURCE", "sample")
    results = results_of_benchmark(open_source(source), n_resamples=100)
    out = tmp_path_factory.mktemp("report") / "whole"
    return write_report(results, out, source="SYNTHETIC SAMPLE").as_uri()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two attributes, one judge: the narrowest figures."""
    rng = np.random.default_rng(0)
    expert = rng.integers(1, 6, size=(120, 2)).astype(float)
    judge = np.clip(expert + rng.integers(-1, 2, size=(120, 2)), 1, 5)
    targets = RatedTargets(
        ratings=np.stack([expert, judge], axis=1),
        raters=("expert", "judge"),
        attributes=("Tone", "Care"),
        axes={},
        clusters=np.arange(120) // 3,
        cluster_names=np.arange(40).astype(object),
        systems=np.tile(np.arange(3), 40),
        system_names=("a", "b", "c"),
        reference="expert",
        scale=(1, 5),
    )
    out = tmp_path_factory.mktemp("report") / "small"
    return write_report(compute(targets, n_resamples=50), out, source="own.csv").as_uri()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["whole", "small"])
def test_nothing_is_cropped(
    browser: Any, name: str, width: int, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue(name)
    with opened(browser, width, wrong=("outside request: file:",)) as page:
        page.goto(address)
        for closed in page.query_selector_all("details"):
            closed.evaluate("e => e.open = true")
        assert page.evaluate(CROPPED) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(HIDDEN) == []
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = false)")
        picture(page, f"report-{name}-{width}")


def test_the_card_of_unsafe_replies_fits_a_laptop(browser: Any, whole: str) -> None:
    with opened(browser, 1280, wrong=("outside request: file:",)) as page:
        page.goto(whole)
        cut = page.evaluate(
            "() => [...document.querySelectorAll('section > .wide')]"
            ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 80))"
        )
        assert cut == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_light_and_dark(browser: Any, whole: str, scheme: str) -> None:
    with opened(browser, 1280, scheme, wrong=("outside request: file:",)) as page:
        page.goto(whole)
        colours = page.evaluate(
            "() => ['backgroundColor', 'color'].map(c => getComputedStyle(document.body)[c])"
        )
        levels = [sum(map(int, c.strip("rgb()").split(",")[:3])) / 3 for c in colours]
        assert (levels[0] < 60 < 200 < levels[1]) == (scheme == "dark")
        plate = page.evaluate(
            "() => getComputedStyle(document.querySelector('img')).backgroundColor"
        )
        assert plate == "rgb(255, 255, 255)"
        # Figures keep their own light plate; what axe sees must hold the contrast of WCAG AA.
        page.evaluate(axe_script())
        found = page.evaluate(
            "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})"
            ".then(r => r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html)]))"
        )
        assert found == []
        picture(page, f"report-{scheme}")


def test_words_of_missed_replies_are_closed_behind_a_warning(browser: Any, whole: str) -> None:
    with opened(browser, 800, wrong=("outside request: file:",)) as page:
        page.goto(whole)
        box = page.locator("details.words")
        assert box.count() == 1
        assert not page.locator("details.words blockquote").first.is_visible()
        warning = page.locator(".warning")
        assert warning.is_visible()
        assert "distress" in warning.inner_text()
        page.locator("details.words > summary").click()
        assert page.locator("details.words blockquote").first.is_visible()
        picture(page, "report-words")
