"""Importing the package and asking for help stay light."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
HEAVY = (
    "accelerate", "datasets", "evaluate", "gradio", "huggingface_hub", "inspect_ai", "matplotlib",
    "pandas", "pingouin", "pyarrow", "scipy", "sklearn", "torch", "transformers", "trl",
)  # fmt: skip
REPORT = "import json, sys; print(json.dumps([n for n in {names!r} if n in sys.modules]))"


def loaded(before: str, cwd: Path) -> list[str]:
    """Which heavy modules a fresh interpreter has loaded after some statements."""
    code = f"{before}\n{REPORT.format(names=HEAVY)}"
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=cwd, capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "import mentalbench_hf",
        "import mentalbench_hf.schema, mentalbench_hf.errors, mentalbench_hf.parsing",
        "import mentalbench_hf.cli",
    ],
)
def test_importing_is_light(tmp_path: Path, statement: str) -> None:
    assert loaded(statement, tmp_path) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["reliability", "--help"],
        ["build", "--help"],
        ["reliability", "--protocol", "x"],
    ],
)
def test_help_and_wrong_usage_are_light(tmp_path: Path, arguments: list[str]) -> None:
    before = f"""
import sys
from mentalbench_hf.cli import main
sys.argv = ["mentalbench", *{arguments!r}]
try:
    main()
except SystemExit:
    pass
else:
    raise RuntimeError("the command did not exit")
"""
    assert loaded(before, tmp_path) == []


def test_this_test_can_fail(tmp_path: Path) -> None:
    assert "pyarrow" in loaded("import pyarrow", tmp_path)


def test_the_version_is_public() -> None:
    import mentalbench_hf
    from mentalbench_hf._version import __version__

    assert mentalbench_hf.__version__ == __version__
