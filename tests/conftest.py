"""Shared fixtures: no test may touch the user's home, caches or the network."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
#: Set by `make test-matrix`, where the extras are left out on purpose. Anywhere else a test of an
#: extra that is not installed fails.
DEFAULT_INSTALL = os.environ.get("MENTALBENCH_DEFAULT_INSTALL") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out the tests of extras where only the default install is meant to be there."""
    for mark in item.iter_markers("needs"):
        for module in mark.args:
            if DEFAULT_INSTALL and importlib.util.find_spec(module) is None:
                pytest.skip(f"default install: {module} is not there")


@pytest.fixture(scope="session")
def upstream() -> Path:
    """The folder of the released rating sheets: absent means skip here, failure in CI."""
    folder = Path(
        os.environ.get("MENTALBENCH_UPSTREAM") or CHECKOUT.parent / "shared" / "upstream"
    ).resolve()
    if (folder / "Human_judge.xlsx").is_file():
        return folder
    message = (
        f"the released rating sheets are not at {folder}; "
        "set MENTALBENCH_UPSTREAM to the folder that holds Human_judge.xlsx"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send every cache to a temporary folder and keep the Hub out of reach."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("MENTALBENCH_CACHE", str(home / "mentalbench"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
