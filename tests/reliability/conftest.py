"""The released sheets, read once for all tests of the statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.data.mentalalign import MentalAlign
    from mentalbench_hf.data.targets import RatedTargets


@pytest.fixture(scope="session")
def mentalalign(upstream: Path) -> MentalAlign:
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.sources import open_source

    return read_mentalalign(open_source(str(upstream)))


@pytest.fixture(scope="session")
def audited(mentalalign: MentalAlign) -> RatedTargets:
    return mentalalign.targets("audited")
