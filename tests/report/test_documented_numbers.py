"""The README and the pages show the numbers of the released ratings, not older ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.upstream
def test_the_tables_are_those_of_the_released_ratings(
    upstream: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(CHECKOUT / "benchmarks"), *sys.path])
    from doc_numbers import _moved, _unsafe
    from readme_table import PAGES, experts_block, readme_table

    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.sources import open_source

    data = read_mentalalign(open_source(upstream))
    page = (CHECKOUT / "docs" / "reliability.md").read_text(encoding="utf-8")
    levels = readme_table(str(upstream))
    who_rates = experts_block(str(upstream))
    assert all(who_rates in place.read_text(encoding="utf-8") for place in PAGES)
    assert levels in page
    assert _unsafe(data.targets("audited")) in page
    assert _moved(data) in page


def test_the_number_beside_a_verdict_is_the_one_that_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [str(CHECKOUT / "benchmarks"), *sys.path])
    from readme_table import readme_table

    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.reliability import reliability, settings_of
    from mentalbench_hf.sources import open_source

    targets = read_mentalalign(open_source("sample")).targets("audited")
    table = readme_table("sample")
    judge, name = "sample-judge-2", "Guidance"
    (system,) = reliability(targets, settings_of("system"), judges=[judge], names=[name])
    (reply,) = reliability(targets, settings_of("response"), judges=[judge], names=[name])
    assert round(reply.icc_a1, 2) != round(reply.icc_c1, 2)
    row = next(line for line in table.splitlines() if judge in line)
    assert f"{system.icc_c1:.2f} {system.verdict} / {reply.icc_a1:.2f} {reply.verdict}" in row
