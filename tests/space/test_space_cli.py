"""The command and the deployed folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from .serving import CHECKOUT, MAIN, free_port


def run(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(
        [sys.executable, "-c", MAIN, "space", *args],
        env=env, cwd=folder, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.needs("gradio")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--source", "nowhere"), "unknown source 'nowhere'"),
        (("--source", "sample", "--judge-model", "m", "--judge-base-url", "ftp://x"), "http"),
        (("--source", "sample", "--certified-dir", "nowhere"), "--certified-dir"),
        (("--source", "sample", "--ratings-dir", "file"), "--ratings-dir"),
    ],
)
def test_what_cannot_start_says_why(args: tuple[str, ...], message: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(*args, folder=tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_help_needs_no_gradio(tmp_path: Path) -> None:
    program = MAIN.replace("main()", "").strip("; ") + (
        "\nimport sys\ntry:\n    main()\nfinally:\n    print('gradio' in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-c", program, "space", "--help"],
        env=env, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert "--judge-base-url" in done.stdout
    assert done.stdout.strip().endswith("False")


@pytest.mark.needs("gradio")
def test_the_header_of_the_space() -> None:
    import gradio

    text = (CHECKOUT / "space" / "README.md").read_text(encoding="utf-8")
    header = yaml.safe_load(text.split("---")[1])
    assert header["sdk"] == "gradio"
    assert header["license"] == "mit"
    assert (CHECKOUT / "space" / header["app_file"]).is_file()
    assert header["sdk_version"].split(".")[0] == gradio.__version__.split(".")[0]
    assert len(header["short_description"]) <= 60  # the Hub refuses longer ones


@pytest.mark.needs("gradio")
@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_the_folder_runs_as_it_is_deployed(tmp_path: Path) -> None:
    port = free_port()
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT), "GRADIO_SERVER_PORT": str(port),
           "GRADIO_SERVER_NAME": "127.0.0.1", "MENTALBENCH_SPACE_SOURCE": "sample"}  # fmt: skip
    command = [sys.executable, str(CHECKOUT / "space" / "app.py")]
    with subprocess.Popen(command, env=env, cwd=tmp_path) as process:
        try:
            deadline = time.monotonic() + 600
            page = b""
            while not page and process.poll() is None and time.monotonic() < deadline:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as reply:
                        page = reply.read()
                except OSError:
                    time.sleep(0.3)
        finally:
            process.terminate()
    assert b"MentalBench: ten responses side by side" in page
    assert not (tmp_path / "ratings").exists()
