"""The report: whole, self-contained, labelled, and the same numbers in every form."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentalbench_hf.data.audit import audit
from mentalbench_hf.data.fault_variants import fault_variants
from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError
from mentalbench_hf.report.findings import Results, compute
from mentalbench_hf.report.folder import write_report
from mentalbench_hf.sources import open_source


@pytest.fixture(scope="module")
def results() -> Results:
    data = read_mentalalign(open_source("sample"))
    return compute(
        data.targets(), variants=fault_variants(data), audit=audit(data), n_resamples=100
    )


@pytest.fixture(scope="module")
def folder(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "made"
    write_report(results, out, source="SYNTHETIC SAMPLE", latex=True)
    return out


def test_every_promised_file_is_there(folder: Path) -> None:
    tables = {p.stem for p in (folder / "tables").glob("*.csv")}
    assert tables >= {
        "unsafe", "unsafe_missed", "reliability_system", "reliability_response", "verdicts",
        "bias_surface", "severity", "sensitivity", "sensitivity_moved", "audit",
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
