"""No table cuts a number, however narrow the terminal is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mentalbench_hf.cli import app
from mentalbench_hf.report.markdown import number

WIDTHS = [40, 60, 80, 120, 200]
QUICK = ["own.csv", "--reference", "clinician-of-the-ward", "--cluster", "chat", "--system",
         "model", "--attribute", "what", "--scale", "1-5"]  # fmt: skip
FEW = ["--n-resamples", "100"]
COMMANDS = {
    "reliability": ([*FEW], {
        "n_targets": 3, "n_missing": 3, "icc_c1": 3, "icc_c1_low": 3, "icc_c1_high": 3,
        "icc_a1": 3, "icc_a1_low": 3, "icc_a1_high": 3, "bias": 3, "bias_low": 3, "bias_high": 3,
        "mse": 3,
    }),
    "statistics": ([*FEW], {"estimate": 3, "low": 3, "high": 3, "n_targets": 3}),
    "compare": ([*FEW], {"icc": 3, "other_icc": 3, "difference": 3, "low": 3, "high": 3,
                         "p_holm": 3}),
    "calibrate": ([], {"n_targets": 3, "before_bias": 3, "before_rmse": 3, "after_rmse": 3,
                       "skill": 3, "skill_low": 3, "skill_high": 3}),
    "plan": (["--judge", "a-judge-with-quite-a-long-name-2", "--name", "warmth"], {
        "n_conversations": 3, "n_systems": 3, "ratings_per_reply": 3, "n_human_ratings": 3,
        "reliability": 3, "low": 3, "high": 3, "width": 3}),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    lines = ["target,chat,model,what,rater,rating"]
    for c in range(30):
        for s in range(6):
            for what in ("warmth", "clarity of the advice given"):
                quality = rng.normal(3 + s / 4, 1)
                for rater, noise in (
                    ("clinician-of-the-ward", 0.3),
                    ("a-judge-with-quite-a-long-name-1", 0.6),
                    ("a-judge-with-quite-a-long-name-2", 1.0),
                ):
                    rating = int(np.clip(round(quality + rng.normal(0, noise)), 1, 5))
                    lines.append(f"{c}-{s},{c},m{s},{what},{rater},{rating}")
    (path / "own.csv").write_text("\n".join(lines))
    return path


def printed(folder: Path, command: str, *options: str, width: int = 80) -> str:
    runner = CliRunner(env={"COLUMNS": str(width)})
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = runner.invoke(app, [command, *QUICK, *COMMANDS[command][0], *options])
    finally:
        os.chdir(before)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_number_is_shown_whole_at_every_width(folder: Path, command: str) -> None:
    records = json.loads(printed(folder, command, "--format", "json"))
    keys = COMMANDS[command][1]
    assert set(keys) <= set(records[0])
    wanted = {number(row[k], d) for row in records for k, d in keys.items() if row[k] is not None}
    assert len(wanted) > 10
    for width in WIDTHS:
        text = printed(folder, command, width=width)
        assert "…" not in text
        found = set(re.findall(r"−?\d[\d,]*(?:\.\d+)?", text))
        assert wanted <= found, (width, sorted(wanted - found))
        # A table keeps within the terminal, and so does a record.
        lines = text.splitlines()
        assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_the_audit_keeps_its_counts(width: int) -> None:
    result = CliRunner(env={"COLUMNS": str(width)}).invoke(app, ["audit", "--source", "sample"])
    whole = CliRunner(env={"COLUMNS": "500"}).invoke(app, ["audit", "--source", "sample"])
    assert result.exit_code == 0
    assert "…" not in re.sub(r", … \(\d+ in all\)", "", result.stdout)
    for row in re.findall(r"\((\d+)\)", whole.stdout):
        assert f"({row})" in result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal")
def test_a_real_terminal_of_sixty_columns(folder: Path) -> None:
    code = (
        "import fcntl, os, pty, struct, sys, termios\n"
        "pid, fd = pty.fork()\n"
        "if pid == 0:\n"
        "    os.execvp(sys.executable, [sys.executable, '-c', 'import fcntl, struct, sys, termios;"
        'fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0));'
        "from mentalbench_hf.cli import main; main()', *sys.argv[1:]])\n"
        "text = b''\n"
        "while True:\n"
        "    try:\n"
        "        read = os.read(fd, 4096)\n"
        "    except OSError:\n"
        "        break\n"
        "    if not read:\n"
        "        break\n"
        "    text += read\n"
        "os.waitpid(pid, 0)\n"
        "sys.stdout.buffer.write(text)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    done = subprocess.run(
        [sys.executable, "-c", code, "reliability", *QUICK, *FEW],
        cwd=folder, env=environment | {"TERM": "xterm"}, capture_output=True, check=True,
    )  # fmt: skip
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.decode())
    assert "a-judge-with-quite-a-long-name-1, warmth: " in text
    assert "…" not in text
    records = json.loads(printed(folder, "reliability", "--format", "json"))
    for row in records:
        assert f"[{number(row['icc_c1_low'])}, {number(row['icc_c1_high'])}]" in text
