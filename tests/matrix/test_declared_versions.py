"""The declared ranges: met here, and met at their very ends where `make test-matrix` says so."""

from __future__ import annotations

import importlib.metadata
import os

import pytest
from lowest import lowest
from packaging.version import Version

INSTALLED = {
    # Without what a local build adds, such as +cpu.
    name: Version(Version(distribution.version).public)
    for distribution in importlib.metadata.distributions()
    if (name := distribution.name.lower().replace("_", "-"))
}


@pytest.mark.parametrize(("name", "version"), list(lowest()))
def test_the_installed_version_is_in_the_declared_range(name: str, version: str) -> None:
    if name not in INSTALLED:
        assert os.environ.get("MENTALBENCH_DEFAULT_INSTALL") == "1", f"{name} is not installed"
        return
    if os.environ.get("MENTALBENCH_LOWEST") == "1":
        assert INSTALLED[name] == Version(version), "not what this run is to prove"
    assert INSTALLED[name] >= Version(version)


def test_the_extras_are_there_or_left_out_on_purpose() -> None:
    heavy = {"accelerate", "gradio", "inspect-ai", "pingouin", "torch", "transformers"}
    there = heavy & INSTALLED.keys()
    assert there == (set() if os.environ.get("MENTALBENCH_DEFAULT_INSTALL") == "1" else heavy)
