"""Which of these tests are about extras that a default install does not have."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator

import pytest

# Their modules import inspect, so a mark on the tests would come too late.
collect_ignore_glob = []
if os.environ.get("MENTALBENCH_DEFAULT_INSTALL") == "1":
    if importlib.util.find_spec("inspect_ai") is None:
        collect_ignore_glob += ["test_inspect_*.py", "test_ecosystem_docs.py"]
    if importlib.util.find_spec("trl") is None:
        collect_ignore_glob += ["test_preferences_trl.py"]


@pytest.fixture(autouse=True)
def _logging_as_python_has_it() -> Iterator[None]:
    """Undo what an evaluation does to the loggers: it takes those of the task's package over."""
    yield
    logging.getLogger().setLevel(logging.WARNING)
    own = logging.getLogger("mentalbench_hf")
    own.setLevel(logging.NOTSET)
    own.propagate = True
    own.handlers.clear()
