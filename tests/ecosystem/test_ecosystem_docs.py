"""The commands of docs/ecosystem.md, run as written, with a server on this machine as model."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from inspect_runs import judging_server

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "ecosystem.md"
BLOCK = re.compile(r"<!-- run -->\n```(\w*)\n(.*?)```", re.DOTALL)
MENTALBENCH = "import sys; from mentalbench_hf.cli import main; sys.argv[0] = 'mentalbench'; main()"
INSPECT = "import sys; from inspect_ai._cli.main import main; sys.argv[0] = 'inspect'; main()"


def commands(folder: Path) -> dict[str, str]:
    """The two commands and the entry point as an installation has them; returns variables."""
    for name, code in (("mentalbench", MENTALBENCH), ("inspect", INSPECT)):
        command = folder / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
        command.chmod(0o755)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (name, module) = next(iter(project["entry-points"]["inspect_ai"].items()))
    info = folder / "site" / "mentalbench_hf-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mentalbench-hf\nVersion: 0\n")
    origin = {"url": ROOT.as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(origin))
    (info / "entry_points.txt").write_text(f"[inspect_ai]\n{name} = {module}\n")
    return {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{folder / 'site'}{os.pathsep}{ROOT}",
    }


@pytest.mark.slow
def test_every_command_of_the_page_runs(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 4
    work = tmp_path / "work"
    work.mkdir()
    said = ""
    with judging_server() as url:
        environment = {
            **os.environ,
            **commands(tmp_path),
            "MODEL": "openai-api/loop/model",
            "JUDGE": "openai-api/loop/judge",
            "LOOP_BASE_URL": url,
            "LOOP_API_KEY": "none",
            "INSPECT_DISPLAY": "plain",
        }
        for language, text in blocks:
            program = [sys.executable, "-c", text] if language == "python" else ["sh", "-ec", text]
            done = subprocess.run(
                program, cwd=work, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
            said += done.stdout
    assert "SYNTHETIC SAMPLE: Certificate of the judge openai-api/loop/judge" in said
    assert "SYNTHETIC-SAMPLE" in next((work / "judge-logs").iterdir()).name
    assert "SYNTHETIC SAMPLE" in (work / "preferences" / "README.md").read_text()


def test_the_table_names_the_arguments_of_the_tasks() -> None:
    from mentalbench_hf.ecosystem.tasks import mentalalign, mentalbench

    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", page, re.MULTILINE)
    shown = {
        task: {name for name, where in rows if where in ("both", task)}
        for task in ("mentalbench", "mentalalign")
    }
    assert shown == {
        made.__name__: set(inspect.signature(made).parameters)
        for made in (mentalbench, mentalalign)
    }
