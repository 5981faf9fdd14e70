"""What the report says of the experts comes from the numbers, and is left out without experts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.report.expert_findings import comparable
from mentalbench_hf.report.experts_page import NOT_KNOWN
from mentalbench_hf.report.findings import Results, compute
from mentalbench_hf.report.folder import write_report


def rated(*, agree: bool, seed: int = 0) -> RatedTargets:
    """Two experts on 40 conversations each, five systems, and a judge that sides with the first."""
    rng = np.random.default_rng(seed)
    n, systems = 80, np.tile(np.arange(5), 80)
    clusters = np.repeat(np.arange(n), 5)
    expert = (clusters >= n // 2).astype(np.int64)
    level = 1 + systems.astype(float)
    turned = np.where((expert == 1) & (not agree), 6 - level, level)
    noise = rng.integers(-1, 2, size=(2, len(level)))
    ratings = np.clip(np.stack([turned + noise[0], level + noise[1]], axis=1), 1, 5)
    return RatedTargets(
        ratings=ratings[:, :, None],
        raters=("human", "bot"),
        attributes=("Safety",),
        axes={},
        clusters=clusters,
        cluster_names=np.arange(n).astype(object),
        systems=systems,
        system_names=tuple("vwxyz"),
        reference="human",
        scale=(1, 5),
        experts=expert,
        expert_names=("A", "B"),
    )


def summary(results: Results, folder: Path) -> str:
    page = write_report(results, folder, source="made")
    text = page.with_name("report.md").read_text(encoding="utf-8")
    return text[text.index("## In short") : text.index("## Unsafe")]


@pytest.mark.parametrize("agree", [True, False])
def test_the_summary_follows_the_numbers(agree: bool, tmp_path: Path) -> None:
    results = compute(rated(agree=agree), n_resamples=100)
    text = summary(results, tmp_path / "made")
    assert ("Where experts agree." in text) is agree
    assert ("Where experts differ." in text) is not agree
    page = (tmp_path / "made" / "report.md").read_text(encoding="utf-8")
    assert NOT_KNOWN not in page
    assert results.experts is not None
    assert results.experts.ceiling is not None
    (another,) = results.experts.ceiling.another
    assert (another.icc_c1 > 0.5) is agree
    row = next(line for line in page.splitlines() if line.startswith("| another expert"))
    assert f"{another.icc_c1:.3f}".replace("-", "−") in row
    assert {p.stem for p in (tmp_path / "made" / "tables").glob("*.csv")} >= {
        "baselines", "by_expert_system", "by_expert_response", "ceiling_experts", "ceiling_judges",
        "unsafe_by_expert", "low_by_expert", "expert_severity", "net_bias",
    }  # fmt: skip
    assert {p.stem for p in (tmp_path / "made" / "figures").glob("*.png")} >= {
        "ceiling", "by_expert_system_bot", "by_expert_response_bot"
    }  # fmt: skip


def test_rows_are_those_of_the_reliability_command() -> None:
    from mentalbench_hf.reliability.protocol import reliability

    targets = rated(agree=True)
    results = compute(targets, n_resamples=100)
    for level, rows in results.rows.items():
        assert rows == reliability(targets, results.settings[level])


def test_without_experts_one_sentence_says_so(tmp_path: Path) -> None:
    targets = replace(rated(agree=True), experts=None, expert_names=())
    assert not comparable(targets)
    results = compute(targets, n_resamples=50)
    assert results.experts is None
    text = summary(results, tmp_path / "made")
    assert "experts agree" not in text
    assert "experts differ" not in text
    page = (tmp_path / "made" / "report.md").read_text(encoding="utf-8")
    assert page.count(NOT_KNOWN) == 1
    assert "\n| another expert |" not in page
