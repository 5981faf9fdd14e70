"""The bare names: real data keep them, and a user can see and undo what they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import evaluate.config
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_process import environment, mentalbench, python
from typer.testing import CliRunner

from mentalbench_hf.cli.main import app
from mentalbench_hf.errors import DataError
from mentalbench_hf.hub.bare_names import Kind, entries, forget, held, home
from mentalbench_hf.hub.build import build, folder_name
from mentalbench_hf.hub.install import install
from mentalbench_hf.hub.status import statuses, uninstall
from mentalbench_hf.schema import DATASETS
from mentalbench_hf.sources import open_source

ALIGN, BENCH = "mentalalign-70k", "mentalbench-100k"


@pytest.fixture(autouse=True)
def _caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf" / "datasets")
    monkeypatch.setattr(evaluate.config, "HF_MODULES_CACHE", str(tmp_path / "hf" / "modules"))
    monkeypatch.setattr(evaluate.loading, "HF_MODULES_CACHE", str(tmp_path / "hf" / "modules"),
                        raising=False)  # fmt: skip


def load_folder(folder: Path, rater: str = "human", rows: int = 3) -> None:
    """Load a folder of ratings once, as a user may: its name becomes a name in the cache."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table({"system": ["gpt-4o"] * rows if rater == "human" else ["sample-human"] * rows,
                      "rater": [rater] * rows, "rating": [1] * rows})  # fmt: skip
    pq.write_table(table, folder / "data.parquet")
    datasets.load_dataset(str(folder))


def command(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def bare(name: str) -> datasets.Dataset:
    """What a user who types the bare name gets."""
    (split,) = datasets.load_dataset(name).values()
    return split


def test_the_sample_does_not_take_the_place_of_real_data(tmp_path: Path) -> None:
    load_folder(tmp_path / ALIGN)
    with pytest.raises(DataError, match=r"holds real data: audited.*3 rows.*add replace="):
        install(open_source("sample"))
    assert bare(ALIGN).num_rows == 3
    assert held(BENCH) is None
    install(open_source("sample"), replace=True)
    assert [e.kind for e in entries(ALIGN)] == [Kind.SAMPLE]
    assert bare(ALIGN).num_rows == 8_400


def test_real_data_behind_a_sample_are_as_safe(tmp_path: Path) -> None:
    load_folder(tmp_path / ALIGN)
    load_folder(tmp_path / "other" / ALIGN, rater="sample-expert", rows=4)
    assert [e.kind for e in entries(ALIGN)] == [Kind.REAL, Kind.SAMPLE]
    with pytest.raises(DataError, match="holds real data"):
        install(open_source("sample"))


def test_what_cannot_be_read_is_not_replaced_either(tmp_path: Path) -> None:
    broken = home(ALIGN) / "default" / "1.0.0" / "abc"
    broken.mkdir(parents=True)
    (broken / "x.arrow").write_bytes(b"not arrow")
    found = held(ALIGN)
    assert found is not None
    assert (found.kind, found.rows) == (Kind.UNKNOWN, 0)
    with pytest.raises(DataError, match="holds unknown"):
        install(open_source("sample"))


def test_the_demo_leaves_real_data_alone_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    load_folder(tmp_path / "mine" / ALIGN)
    done = command("demo")
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert f'left alone: load_dataset("{ALIGN}") holds real data' in words
    assert f'load_dataset("demo/{ALIGN}-sample")' in words
    assert bare(ALIGN).num_rows == 3
    assert datasets.load_dataset(ALIGN, revision="v1.0.0")["train"].num_rows == 3
    assert held(BENCH) is None
    assert datasets.load_dataset(f"demo/{ALIGN}-sample")["test"].num_rows == 8_400
    # Loading the sample by its folder leaves the name alone too.
    assert bare(ALIGN).num_rows == 3
    assert [f"[{i}/5]" in done.stderr for i in range(1, 6)] == [True] * 5


def test_a_build_of_the_sample_carries_no_real_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = open_source("sample")
    for folder in (ALIGN, BENCH, "Mentalalign-70k"):
        with pytest.raises(DataError, match=r"give another out=, such as .*-sample"):
            build(ALIGN, source, tmp_path / folder)
    done = command("build", ALIGN, "--source", "sample")
    assert done.exit_code == 0, done.output
    (made,) = tmp_path.glob(f"{ALIGN}*")
    assert made.name == folder_name(ALIGN, source) == f"{ALIGN}-sample"
    assert "pretty_name: 'SYNTHETIC SAMPLE: MentalAlign-70k-sample'" in (
        made / "README.md"
    ).read_text(encoding="utf-8")
    datasets.load_dataset(str(made))
    assert held(ALIGN) is None
    assert f"./{ALIGN}" not in command("status").output


def test_status_says_what_the_names_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    none = command("status")
    assert [line.split()[-1] for line in none.output.splitlines()] == ["nothing"] * 4
    install(open_source("sample"))
    shown = " ".join(command("status").output.split())
    assert (
        f'load_dataset("{ALIGN}") SYNTHETIC SAMPLE: audited 1.1.0, configuration default, '
        "8,400 rows, from SYNTHETIC SAMPLE in " in shown
    )
    records = {r["call"]: r for r in json.loads(command("status", "--format", "json").output)}
    record = records[f'load_dataset("{BENCH}")']
    assert (record["holds"], record["rows"], record["variant"]) == ("sample", 24, "audited")
    assert Path(record["folder"]).is_dir()
    assert records['evaluate.load("mentalalign_icc")']["holds"] == "installed"
    # A folder in the way, and an entry that hides another.
    load_folder(tmp_path / ALIGN)
    words = " ".join(command("status").output.split())
    assert "real data: audited, configuration default, 3 rows, from a folder" in words
    assert "hidden behind it: SYNTHETIC SAMPLE" in words
    assert f"./{ALIGN} comes first: a folder that `mentalbench build` did not make" in words


def test_uninstall_takes_away_and_asks_nothing(tmp_path: Path) -> None:
    install(open_source("sample"))
    load_folder(tmp_path / "mine" / ALIGN)
    done = command("uninstall", "--sample-only")
    assert done.exit_code == 0, done.output
    assert f"removed {BENCH}: SYNTHETIC SAMPLE" in done.output
    assert f"left {ALIGN}: real data" in done.output
    assert [e.kind for e in entries(ALIGN)] == [Kind.REAL]
    assert not home(BENCH).exists()
    assert statuses(tmp_path)[2].words() == "installed"
    assert command("uninstall", ALIGN, "mentalalign_icc").exit_code == 0
    assert [s.words() for s in statuses(tmp_path)] == ["nothing", "nothing", "nothing", "installed"]
    assert uninstall() == [
        *(f"{name}: nothing to remove" for name in (*DATASETS, "mentalalign_icc")),
        "removed mentalbench_judge",
    ]
    assert command("uninstall", "mine").exit_code == 2


def test_downloads_go_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENTALBENCH_CACHE", str(tmp_path / "cache"))
    kept = tmp_path / "cache" / "upstream" / "abc" / "sheet.xlsx"
    kept.parent.mkdir(parents=True)
    kept.touch()
    (tmp_path / "cache" / "other").mkdir()
    uninstall()
    assert kept.exists()
    uninstall(downloads=True)
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["other"]


def test_forgetting_nothing_is_no_error() -> None:
    assert forget(ALIGN) == []
    assert forget(ALIGN, sample_only=True) == []


@pytest.mark.slow
@pytest.mark.upstream
def test_installed_real_data_stay_under_their_name(upstream: Path, tmp_path: Path) -> None:
    """The demo, a build, and loading folders of the same name come after the installation."""
    env = environment(tmp_path / "home")
    work = tmp_path / "work"
    work.mkdir()
    sample = mentalbench(["install", "--source", "sample"], work, env)
    assert sample.returncode == 0, sample.stderr
    real = mentalbench(["install", "--source", upstream], work, env)
    assert f'load_dataset("{ALIGN}")' in real.stdout
    assert "350,000 rows; replaces the SYNTHETIC SAMPLE" in real.stdout
    assert "the SYNTHETIC SAMPLE that was there is removed" in real.stdout
    refused = mentalbench(["install", "--source", "sample"], work, env)
    assert refused.returncode == 1
    assert "real data: audited 1.1.0" in refused.stderr
    demo = mentalbench(["demo"], work, env)
    assert demo.returncode == 0, demo.stderr
    assert "left alone" in demo.stdout
    code = f"""
import pathlib
from datasets import load_dataset
def bare(**more):
    return load_dataset({ALIGN!r}, **more)["test"].num_rows
result = [bare(), bare(revision="v1.0.0")]
# A copy under the real name, loaded once: what the name gives is decided by time of change.
folder = pathlib.Path("renamed", {ALIGN!r})
folder.parent.mkdir()
pathlib.Path("demo", {ALIGN!r} + "-sample").rename(folder)
for config in (None, "judgments"):
    result.append(load_dataset(str(folder), config)["test"].num_rows)
result += [bare(), bare(revision="v1.0.0")]
"""
    found = python(code, work, env)
    assert found == [350_000, 350_000, 8_400, 960, 350_000, 350_000]
