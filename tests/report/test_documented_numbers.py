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
    from doc_numbers import _moved, _unsafe, readme_table

    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.sources import open_source

    data = read_mentalalign(open_source(upstream))
    page = (CHECKOUT / "docs" / "reliability.md").read_text(encoding="utf-8")
    levels = readme_table(str(upstream))
    assert levels in (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert levels in page
    assert _unsafe(data.targets("audited")) in page
    assert _moved(data) in page
