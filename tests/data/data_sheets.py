"""Read each source once for all tests of this folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mentalbench_hf.data.mentalalign import MentalAlign, read_mentalalign
from mentalbench_hf.sources import open_source


@cache
def read(source: str | Path) -> MentalAlign:
    return read_mentalalign(open_source(source))
