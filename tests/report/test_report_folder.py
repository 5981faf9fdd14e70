"""The report: whole, self-contained, labelled, and the same numbers in every form."""

from __future__ import annotations

import html
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentalbench_hf.data.fault_variants import FAULT_VARIANTS
from mentalbench_hf.data.reply_words import ReplyWords
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError
from mentalbench_hf.report.findings import Results, compute
from mentalbench_hf.report.folder import write_report
from mentalbench_hf.report.of_benchmark import results_of_benchmark
from mentalbench_hf.sources import open_source

#: What the module builds once is built by one worker.
pytestmark = pytest.mark.xdist_group("report")


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of_benchmark(open_source("sample"), n_resamples=100)


@pytest.fixture(scope="module")
def folder(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "made"
    write_report(results, out, source="SYNTHETIC SAMPLE", latex=True)
    return out


def test_every_promised_file_is_there(folder: Path) -> None:
    tables = {p.stem for p in (folder / "tables").glob("*.csv")}
    assert tables >= {
        "unsafe", "unsafe_missed", "reliability_system", "reliability_response", "verdicts",
        "systems", "systems_pairs", "low_replies", "bias_surface", "severity", "sensitivity",
        "sensitivity_moved", "audit",
    }  # fmt: skip
    assert {p.stem for p in (folder / "tables").glob("*.json")} == tables
    pictures = {p.stem for p in (folder / "figures").glob("*.png")}
    assert {p.stem for p in (folder / "figures").glob("*.svg")} == pictures
    assert pictures >= {"icc_system", "icc_response", "intervals_system", "unsafe_Safety_3"}
    assert list((folder / "tables").glob("*.tex"))


def test_the_page_asks_nobody_for_anything(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    without_pictures = re.sub(r'src="data:[^"]+"', "", page)
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", without_pictures)
    assert "<script" not in page
    assert "@import" not in page


def test_unsafe_replies_stand_first(folder: Path) -> None:
    for name in ("report.html", "report.md"):
        text = (folder / name).read_text(encoding="utf-8")
        places = [text.index(w) for w in ("let pass", "be trusted with", "reliability at the")]
        assert text.index("Unsafe replies") < text.rindex("What each judge may be trusted with")
        assert places[0] < places[2]


def test_everything_made_from_the_sample_says_so(folder: Path) -> None:
    assert "SYNTHETIC SAMPLE" in (folder / "report.html").read_text(encoding="utf-8")[:1000]
    assert "SYNTHETIC SAMPLE" in (folder / "report.md").read_text(encoding="utf-8")[:200]
    for path in (folder / "tables").glob("*.csv"):
        frame = pd.read_csv(path)
        assert (frame["notice"] == "SYNTHETIC SAMPLE").all(), path.name
    assert json.loads((folder / "report.json").read_text())["synthetic"] is True


def test_page_and_tables_hold_the_same_numbers(folder: Path, results: Results) -> None:
    frame = pd.read_csv(folder / "tables" / "reliability_response.csv")
    text = (folder / "report.md").read_text(encoding="utf-8")
    for row, shown in zip(results.rows["response"], frame.itertuples(), strict=True):
        assert shown.icc_a1 == pytest.approx(row.icc_a1)
        assert f"| {row.icc_a1:.3f} [".replace("-", "−") in text
    for card in results.unsafe[:4]:
        low = card.true_positives + card.false_negatives
        assert f"{card.judge} missed {card.false_negatives:,} of {low:,}." in text


def test_tables_are_strict_json(folder: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    for path in (folder / "tables").glob("*.json"):
        assert json.loads(path.read_text(), parse_constant=refuse)


def test_an_earlier_report_is_replaced_by_the_same_bytes(
    results: Results, folder: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    (again / "tables" / "stale.csv").write_text("old")
    write_report(results, again, source="SYNTHETIC SAMPLE", latex=True)
    files = {p.relative_to(folder) for p in folder.rglob("*.*")}
    assert {p.relative_to(again) for p in again.rglob("*.*")} == files
    for name in files:
        if name.suffix != ".png":
            assert (folder / name).read_bytes() == (again / name).read_bytes(), name


def test_a_foreign_folder_is_left_alone(results: Results, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(DataError, match="not an earlier report"):
        write_report(results, tmp_path, source="x")
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_own_ratings_without_systems(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, size=60)
    noise = np.clip(truth + rng.integers(-1, 2, size=60), 1, 5)
    targets = RatedTargets(
        ratings=np.stack([truth, noise], axis=1)[:, :, None].astype(float),
        raters=("doc <b>", "bot"),
        attributes=("tone & taste",),
        axes={},
        clusters=np.arange(60) // 3,
        cluster_names=np.arange(20).astype(object),
        systems=np.zeros(60, dtype=np.int64),
        system_names=("all",),
        reference="doc <b>",
        scale=(1, 5),
    )
    page = write_report(compute(targets, n_resamples=50), tmp_path / "own", source="own.csv")
    text = page.read_text(encoding="utf-8")
    assert "doc &lt;b&gt;" in text
    assert "<b>" not in re.sub(r'src="[^"]+"', "", text)
    assert "level of the system" not in text


def section(page: str, heading: str) -> str:
    """The text of one section of the page, without its marks."""
    (found,) = re.findall(rf"<section id=\"s\d+\"><h2>{heading}.*?</section>", page, re.DOTALL)
    return re.sub(r"<[^>]+>", " ", found)


def test_it_opens_with_a_summary_in_plain_words(folder: Path, results: Results) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"<section id=\"s\d+\"><h2>(.*?)</h2>", page)[0] == "In short"
    text = section(page, "In short")
    # A minute: a reader takes in about 240 words, and names of judges are read as one.
    assert len(text.split()) < 340
    for word in ("ICC", "GR", "MV", "LR", "bootstrap", "sensitivity", "_", "`", "level"):
        assert word not in text, word
    cards = [c for c in results.unsafe if (c.attribute, c.threshold) == ("Safety", 3)]
    best = max(cards, key=lambda c: c.sensitivity.estimate)
    assert f"{best.true_positives} of {best.sensitivity.n}" in text
    board = results.boards[0]
    assert f"{board.rows[0].system} stands first" in text


def test_the_page_has_no_code_names(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    text = re.sub(r'src="data:[^"]+"', "", page)
    assert "`" not in text[text.index("<body") :]
    for name in FAULT_VARIANTS:
        if "_" in name:
            assert name not in text


def test_the_headline_stands_with_and_without_incomplete_replies(tmp_path: Path) -> None:
    results = results_of_benchmark(open_source("sample"), n_resamples=50)
    card = results.unsafe[0]
    assert card.complete is not None
    # No reply of the sample is cut off, so nothing is said of it.
    page = write_report(results, tmp_path / "plain", source="sample").read_text(encoding="utf-8")
    assert "cut off, as at least two judges say" not in page
    targets = results.targets
    low = targets.scores(targets.reference, "Safety") <= 3
    marked = compute(targets, incomplete=low & (np.arange(len(low)) % 2 == 0), n_resamples=50)
    page = write_report(marked, tmp_path / "cut", source="sample").read_text(encoding="utf-8")
    complete = marked.unsafe[0].complete
    assert complete is not None
    assert f"{card.judge} {complete.false_negatives} of {complete.sensitivity.n}" in page


class Hostile(ReplyWords):
    """Words that would run if they were not shown as text."""

    def context(self, conversation_id: int) -> str:
        return f"<img src=x onerror=alert(1)> post {conversation_id} " + "word " * 60

    def reply(self, conversation_id: int, system: str) -> str | None:
        return "</blockquote><script>alert(1)</script> `code` [link](javascript:alert(1))"

    def explanation(self, judge: str, conversation_id: int, system: str) -> str | None:
        return "<b>fine</b>"


def test_words_of_missed_replies_are_text_and_stand_in_the_page_alone(
    results: Results, tmp_path: Path
) -> None:
    assert results.words is not None
    hostile = replace(results, words=Hostile(results.words.ratings))
    page = write_report(hostile, tmp_path / "made", source="sample")
    text = re.sub(r'src="data:[^"]+"', "", page.read_text(encoding="utf-8"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "<b>" not in text
    # The first words of a post, not all of it.
    assert 0 < text.count("word ") < 45 * text.count("The post begins")
    for other in (tmp_path / "made").rglob("*"):
        if other.suffix in (".md", ".csv", ".json", ".tex"):
            content = other.read_text(encoding="utf-8")
            assert "alert(1)" not in content, other.name
            assert "word word" not in content, other.name


def test_real_words_are_shown_where_they_are_here(folder: Path, results: Results) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert results.words is not None
    miss = results.unsafe[1].missed[0]
    reply = results.words.reply(int(miss.conversation_id), miss.system)
    assert reply is not None
    assert html.escape(reply) in page
    assert "Content warning" in page
