"""The two commands of a newcomer say what they need and what they do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def fake(path: Path, version: tuple[int, int, int], venv: str = "exit 9") -> None:
    """Write a Python that says it is of some version; `venv` is what its -m venv does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"""#!/bin/sh
if [ "$1" = -c ]; then
  exec {sys.executable} -c 'import sys; sys.version_info = {version}; exec(sys.argv[1])' "$2"
fi
echo "ran: $*"
{venv}
""",
        encoding="utf-8",
    )
    path.chmod(0o755)


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    for name in ("Makefile", "pyproject.toml", "constraints-test.txt"):
        shutil.copy(CHECKOUT / name, folder / name)
    # As from a shell: a make that runs the tests would have this one say its folder.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, env=env)


@pytest.fixture(autouse=True)
def _has_make() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not there")


@pytest.mark.parametrize("target", ["demo", "test", "check", "docs", "test-matrix"])
def test_an_old_python_is_named_in_one_line(tmp_path: Path, target: str) -> None:
    fake(tmp_path / "python3", (3, 10, 12))
    done = make(tmp_path, target, f"PYTHON={tmp_path / 'python3'}", "-o", "browser")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert said == [
        f"mentalbench-hf needs Python 3.11 or later; {tmp_path / 'python3'} is 3.10.12. "
        f"Name another: make PYTHON=python3.11 {target}"
    ]
    assert done.stdout == ""
    assert not (tmp_path / ".venv").exists()


def test_no_python_at_all_is_said_too(tmp_path: Path) -> None:
    done = make(tmp_path, "demo", "PYTHON=no-such-python")
    assert "needs Python 3.11 or later; no-such-python is not there. Name another" in done.stderr


def test_an_environment_of_an_old_python_is_named(tmp_path: Path) -> None:
    fake(tmp_path / ".venv" / "bin" / "python", (3, 9, 1))
    done = make(tmp_path, "demo")
    assert ".venv/bin/python is 3.9.1. Start anew: make clean" in done.stderr
    assert done.stdout == ""


def test_each_step_of_the_demo_is_announced(tmp_path: Path) -> None:
    fake(tmp_path / "new", (3, 12, 0), "mkdir -p .venv/bin; cp $0 .venv/bin/python; exit 0")
    for name in ("pip", "mentalbench"):
        fake(tmp_path / ".venv" / "bin" / name, (3, 12, 0), "exit 0")
    done = make(tmp_path, "demo", f"PYTHON={tmp_path / 'new'}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"making .venv with {tmp_path / 'new'} …"
    assert lines[2].startswith(
        "installing into .venv, once: the package and its libraries (about a m"
    )
    assert "ran: --disable-pip-version-check --quiet install -e ." in lines
    assert lines[-1] == "ran: demo"
