"""Stores for the tests of the Space: the bundled sample, and one with hostile texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mentalbench_hf.space.find_data import open_store
from mentalbench_hf.space.store import Store

from .browsing import FLAGS, chromium

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def sample_store() -> Store:
    return open_store("sample")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield found
        found.close()
