"""The published tables from the released sheets, and what happens when a number is off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from mentalbench_hf.cli import app
from mentalbench_hf.data.mentalalign import MentalAlign
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.published import PUBLISHED, PUBLISHED_MEANS
from mentalbench_hf.reliability.reproduce import NOT_REPRODUCIBLE, reproduce
from mentalbench_hf.report.reproduction import reproduction_markdown
from mentalbench_hf.schema import ATTRIBUTES, JUDGE_IDS, SYSTEM_IDS

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.data.targets import RatedTargets


def shifted(targets: RatedTargets, judge: str, by: float) -> RatedTargets:
    """A copy in which one judge rates all higher."""
    ratings = targets.ratings.copy()
    ratings[:, targets.raters.index(judge)] += by
    return replace(targets, ratings=ratings)


def test_the_published_tables_are_whole() -> None:
    assert len(PUBLISHED) == 28
    assert set(PUBLISHED) == {(j, a) for j in JUDGE_IDS for a in ATTRIBUTES}
    assert {c.verdict for c in PUBLISHED.values()} == {"GR", "MV", "LR"}
    assert set(PUBLISHED_MEANS) == set(SYSTEM_IDS) - {"human"}
    for system, row in PUBLISHED_MEANS.items():
        # The row whose 3.07 contradicts its own average is the one that is named.
        off = abs(float(np.mean(row[:7])) - row[7])
        assert (off > 0.011) == (system == "qwen3-4b")
    assert any("3.07" in text for text in NOT_REPRODUCIBLE)
    assert any("width" in text for text in NOT_REPRODUCIBLE)


@pytest.mark.upstream
def test_every_point_icc_and_bias_is_reproduced(mentalalign: MentalAlign) -> None:
    result = reproduce(mentalalign.published_targets())
    counts = {q: result.count(q) for q in ("icc_c1", "icc_a1", "bias")}
    assert counts == {"icc_c1": (28, 28), "icc_a1": (28, 28), "bias": (28, 28)}
    assert result.ok
    worst = {
        quantity: max(abs(c.difference) for c in result.cells if c.quantity == quantity)
        for quantity in counts
    }
    assert max(worst["icc_c1"], worst["icc_a1"]) < 0.0045
    assert worst["bias"] < 0.003
    for cell in result.cells:
        assert cell.difference == cell.ours - cell.published
        assert cell.published == getattr(PUBLISHED[cell.judge, cell.attribute], cell.quantity)
    off = [(c.judge, c.attribute) for c in result.means if not c.reproduced]
    assert ("qwen3-4b", "Guidance") in off
    ours = {(c.judge, c.attribute): c.ours for c in result.means}
    assert ours["qwen3-4b", "Guidance"] == pytest.approx(2.76, abs=0.006)
    page = reproduction_markdown(result)
    assert "ICC(C,1) within 0.005: 28/28" in page
    assert "bias within 0.003: 28/28" in page
    assert all(text in page for text in NOT_REPRODUCIBLE)


@pytest.mark.upstream
def test_the_seed_moves_no_point(mentalalign: MentalAlign) -> None:
    targets = mentalalign.published_targets()
    one, other = reproduce(targets, seed=0), reproduce(targets, seed=1)
    assert one.cells == other.cells
    assert [r.icc_c1_low for r in one.rows] != [r.icc_c1_low for r in other.rows]


@pytest.mark.upstream
def test_the_published_protocol_is_what_it_says(mentalalign: MentalAlign) -> None:
    targets = mentalalign.published_targets()
    settings = settings_of("published")
    rows = reliability(targets, settings, names=ATTRIBUTES)
    assert {(r.level, r.data, r.n_targets) for r in rows} == {("system", "released", 9)}
    # Nothing outside [0, 1] is left in the intervals, and what was discarded is counted.
    free = reliability(targets, replace(settings, within_unit=False), names=ATTRIBUTES)
    assert sum(r.n_degenerate for r in rows) > sum(r.n_degenerate for r in free) == 0
    for kept, row in zip(rows, free, strict=True):
        assert 0 <= kept.icc_c1_low <= kept.icc_c1_high <= 1
        # A narrower interval is what discarding buys.
        assert kept.icc_c1_low >= row.icc_c1_low
        assert kept.icc_a1_low >= row.icc_a1_low
    # Zero and six are still there; a response is read whole or not at all.
    assert {0.0, 6.0} <= set(np.unique(targets.ratings[~np.isnan(targets.ratings)]))
    gaps = np.isnan(targets.ratings).sum(axis=-1)
    assert set(np.unique(gaps)) == {0, 7}


@pytest.mark.upstream
@pytest.mark.parametrize(("by", "off"), [(0.0025, False), (0.01, True)])
def test_a_shifted_judge_is_noticed(mentalalign: MentalAlign, by: float, off: bool) -> None:
    targets = shifted(mentalalign.published_targets(), "gpt-4o", by)
    result = reproduce(targets)
    biases = [c for c in result.cells if c.quantity == "bias" and not c.reproduced]
    assert bool(biases) is (not result.ok)
    assert {c.judge for c in biases} <= {"gpt-4o"}
    assert (len(biases) == 7) is off


@pytest.mark.upstream
def test_the_command_exits_by_the_result(
    upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["reproduce", "--source", str(upstream), "--out", str(tmp_path)]
    good = CliRunner().invoke(app, command)
    assert good.exit_code == 0, good.output
    for line in ("ICC(C,1) within 0.005: 28/28", "ICC(A,1) within 0.005: 28/28"):
        assert line in good.stdout
    assert "bias within 0.003: 28/28" in good.stdout
    assert "3.07" in good.stdout
    assert (tmp_path / "reproduction.md").read_text(encoding="utf-8").startswith("# Published")
    true = MentalAlign.published_targets
    monkeypatch.setattr(
        MentalAlign, "published_targets", lambda self: shifted(true(self), "o4-mini", 0.05)
    )
    bad = CliRunner().invoke(app, command[:3])
    assert bad.exit_code == 1
    assert "bias within 0.003: 21/28" in bad.stdout
