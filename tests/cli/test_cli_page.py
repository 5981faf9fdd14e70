"""docs/cli.md is what the commands themselves say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_page_of_commands_is_up_to_date(tmp_path: Path) -> None:
    page = tmp_path / "cli.md"
    subprocess.run(
        [
            sys.executable, "-m", "typer", "mentalbench_hf.cli.main", "utils", "docs",
            "--name", "mentalbench", "--output", str(page),
        ],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        check=True,
        capture_output=True,
    )  # fmt: skip
    shown = (CHECKOUT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8") == shown, "run: make cli-page"
