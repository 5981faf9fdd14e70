"""Stores for the tests of the Space: the bundled sample, and one with hostile texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mentalbench_hf.space.find_data import open_store
from mentalbench_hf.space.store import Store

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def sample_store() -> Store:
    return open_store("sample")
