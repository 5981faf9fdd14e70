"""From the built wheel, in an environment of its own, outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
NAMES = """
import json
import datasets
import evaluate
import mentalbench_hf
names = ("mentalbench-100k", "mentalalign-70k")
rows = {n: datasets.load_dataset(n)["test"].num_rows for n in names}
icc = evaluate.load("mentalalign_icc").compute(
    predictions=[5, 4, 2, 1, 3, 4], references=[4, 4, 2, 1, 2, 5], n_resamples=50
)
print(json.dumps([rows, icc["icc_c1"], mentalbench_hf.__file__]))
"""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    made = subprocess.run([*command, str(CHECKOUT)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with the wheel; its dependencies are those of the test environment."""
    home = tmp_path_factory.mktemp("env")
    venv.create(home, with_pip=False)
    bin_folder = home / ("Scripts" if os.name == "nt" else "bin")
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
         "--target", str(site), str(wheel)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return bin_folder / "python"


def run(python: Path, folder: Path, *arguments: str) -> str:
    """Run Python in an empty folder, without the checkout and without the Hub."""
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")},
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(folder / "hf"),
        "HOME": str(folder),
        "MENTALBENCH_CACHE": str(folder / "cache"),
    }
    work = folder / "work"
    work.mkdir(exist_ok=True)
    done = subprocess.run(
        [str(python), *arguments],
        cwd=work, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_thin_folders_travel_inside_the_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert len(tops) == 2
    assert "mentalbench_hf" in tops
    inside = {name.removeprefix("mentalbench_hf/bundled/") for name in names if "bundled/" in name}
    assert inside >= {
        "DATASET_CARD.md",
        "LICENSE",
        "dataset_scripts/mentalalign_70k.py",
        "dataset_scripts/mentalbench_100k.py",
        "metrics/mentalalign_icc/mentalalign_icc.py",
        "metrics/mentalalign_icc/README.md",
        "metrics/mentalbench_judge/mentalbench_judge.py",
        "space/app.py",
    }
    assert "mentalbench_hf/py.typed" in names
    assert "mentalbench_hf/hub/fingerprints.json" in names
    assert "mentalbench_hf/sample/SHA256SUMS" in names
    assert not [n for n in names if "/tests/" in n or n.endswith("Human_judge.xlsx")]


def test_the_quick_start_works_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    command = ["-c", "from mentalbench_hf.cli import main; main()"]
    assert "SYNTHETIC SAMPLE" in run(installed, tmp_path, *command, "demo")
    page = (tmp_path / "work" / "demo" / "report" / "reliability_system.md").read_text("utf-8")
    assert "SYNTHETIC SAMPLE" in page
    run(installed, tmp_path, *command, "install", "--source", "sample")
    rows, icc, origin = json.loads(run(installed, tmp_path, "-c", NAMES).splitlines()[-1])
    assert rows == {"mentalbench-100k": 24, "mentalalign-70k": 24 * 350}
    assert icc == pytest.approx(0.8759, abs=1e-4)
    assert not Path(origin).is_relative_to(CHECKOUT)
    assert "Human rows" in run(installed, tmp_path, *command, "audit", "--source", "sample")
    table = run(
        installed, tmp_path, *command, "reliability", "--source", "sample", "--n-resamples", "50",
        "--format", "json",
    )  # fmt: skip
    assert len(json.loads(table)) == 4 * 9


@pytest.mark.needs("inspect_ai")
def test_inspect_finds_the_tasks_by_their_names(installed: Path, tmp_path: Path) -> None:
    code = """
from inspect_ai import eval
from inspect_ai.model import ModelOutput, ModelUsage, get_model
def answer(*_):
    output = ModelOutput.from_content("mockllm/model", "I hear you.")
    output.usage = ModelUsage()
    return output
model = get_model("mockllm/model", custom_outputs=answer)
for name, arguments in (("mentalbench", {"limit": 1}), ("mentalalign", {"conversations": 2})):
    (log,) = eval(
        f"mentalbench_hf/{name}", task_args={"source": "sample", **arguments}, model=model,
        model_roles={"grader": model}, display="none", log_dir="logs",
    )
    print(name, log.status, log.eval.task)
"""
    assert run(installed, tmp_path, "-c", code).splitlines() == [
        "mentalbench success mentalbench-SYNTHETIC-SAMPLE",
        "mentalalign success mentalalign-SYNTHETIC-SAMPLE",
    ]
