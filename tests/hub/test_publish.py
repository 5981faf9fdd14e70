"""Publish to a Hub on loopback and load back with the stock libraries, in other processes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hub_process import environment, mentalbench, python
from loopback_hub import TOKEN, LoopbackHub

from mentalbench_hf._version import __version__
from mentalbench_hf.hub.install import METRIC_VERSIONS
from mentalbench_hf.hub.reading import read_dataset
from mentalbench_hf.schema import DATASETS
from mentalbench_hf.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERYTHING = (
    "publish", "all", "--namespace", "ns", "--source", "sample", "--synthetic",
)  # fmt: skip
METRICS = ("publish", "metrics", "--namespace", "ns", "--only", "mentalalign_icc")


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub() as hub:
        yield hub


def run(
    hub: LoopbackHub, folder: Path, *arguments: str, token: str | None = TOKEN
) -> subprocess.CompletedProcess[str]:
    home = folder / "maker"
    home.mkdir(exist_ok=True)
    done = mentalbench(arguments, home, environment(home, **hub.environment(token=token)))
    assert TOKEN not in done.stdout + done.stderr
    return done


def listed(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    start = done.stdout.index("[\n")
    files: list[dict[str, Any]] = json.loads(done.stdout[start : done.stdout.index("\n]") + 2])
    return files


@pytest.mark.slow
def test_one_command_publishes_all_and_the_stock_libraries_load_it(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    done = run(hub, tmp_path, *EVERYTHING)
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC SAMPLE" in done.stderr
    assert {key: (r.private, list(r.tags)) for key, r in hub.repos.items()} == {
        **{("dataset", f"ns/{n}"): (False, [f"v{s.version}"]) for n, s in DATASETS.items()},
        **{("space", f"ns/{m}"): (False, [f"v{v}"]) for m, v in METRIC_VERSIONS.items()},
        ("space", "ns/mentalbench"): (False, [f"v{__version__}"]),
    }
    for repo in hub.repos.values():
        # One commit upon the Hub's own first one, and the tag upon that.
        assert list(repo.trees) == [repo.parents[repo.head], repo.head]
        assert set(repo.tags.values()) == {repo.head}
        assert TOKEN.encode() not in b"".join(repo.files.values())
    assert f"mentalbench-hf[space]=={__version__}" in hub.repos["space", "ns/mentalbench"].files[
        "requirements.txt"
    ].decode()  # fmt: skip

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    wanted = [(name, config) for name, spec in DATASETS.items() for config in spec.configs]
    code = f"""
from datasets import get_dataset_config_names, load_dataset
import evaluate
result = {{}}
versions = { {n: s.version for n, s in DATASETS.items()}!r}
for name, config in {wanted!r}:
    tag = "v" + versions[name]
    loaded = load_dataset(f"ns/{{name}}", config, revision=tag)
    (split,) = loaded
    rows = loaded[split]
    stream = load_dataset(f"ns/{{name}}", config, revision=tag, split=split, streaming=True)
    same = next(iter(stream)) == rows[0]
    result[f"{{name}}/{{config}}"] = [split, len(rows), rows.column_names, same]
    result[name] = get_dataset_config_names(f"ns/{{name}}", revision=tag)
result["bare"] = len(load_dataset("ns/mentalbench-100k", revision="v1.0.0")["test"])
icc = evaluate.load("ns/mentalalign_icc")
result["icc"] = icc.compute(
    predictions=[5, 4, 2, 1, 3, 4], references=[4, 4, 2, 1, 2, 5], n_resamples=50
)["icc_c1"]
tagged = evaluate.load("ns/mentalalign_icc", revision="v1.0.0")
result["same"] = type(tagged).__name__ == type(icc).__name__
result["judge"] = evaluate.load("ns/mentalbench_judge").name
"""
    env = environment(elsewhere, **hub.environment(token=None))
    result = python(code, elsewhere, env)
    for name, spec in DATASETS.items():
        dataset = read_dataset(name, open_source("sample"))
        assert sorted(result[name]) == sorted(spec.configs)
        for config in spec.configs:
            table = dataset.table(config)
            assert result[f"{name}/{config}"] == ["test", len(table), table.column_names, True]
    assert result["bare"] == 24
    assert result["icc"] == pytest.approx(0.8759, abs=1e-4)
    assert result["same"]
    assert result["judge"] == "mental_bench_judge"

    before = hub.state()
    done = run(hub, tmp_path, *EVERYTHING)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("nothing to do") == 5
    assert hub.state() == before


def test_a_dry_run_lists_and_changes_nothing(hub: LoopbackHub, tmp_path: Path) -> None:
    done = run(hub, tmp_path, *METRICS, "--dry-run", "--format", "json", token=None)
    files = listed(done)
    assert {f["file"]: f["change"] for f in files} == dict.fromkeys(
        ("LICENSE", "README.md", "app.py", "build.json", "mentalalign_icc.py", "requirements.txt"),
        "add",
    )
    assert "dry run: ns/mentalalign_icc (new repository, public): 6 files" in done.stderr
    assert hub.repos == {}
    assert not [r for r in hub.requests if r[0] not in ("GET", "HEAD")]

    assert run(hub, tmp_path, *METRICS).returncode == 0
    repo = hub.repos["space", "ns/mentalalign_icc"]
    assert repo.sdk == "gradio"
    sizes = {path: len(content) for path, content in repo.files.items()}
    assert {f["file"]: f["bytes"] for f in files} == {
        p: n for p, n in sizes.items() if p != ".gitattributes"
    }
    repo.tags.clear()
    changed = {**repo.files, "app.py": b"print()", "old.py": b"import this"}
    del changed["LICENSE"]
    repo.commit(changed, "by hand")
    before = hub.state()
    files = listed(run(hub, tmp_path, *METRICS, "--dry-run", "--format", "json"))
    assert {f["file"]: f["change"] for f in files if f["change"] != "same"} == {
        "app.py": "change", "LICENSE": "add", "old.py": "delete",
    }  # fmt: skip
    assert hub.state() == before
    assert run(hub, tmp_path, *METRICS).returncode == 0
    assert {p: len(c) for p, c in repo.files.items()} == sizes


def test_an_existing_tag_is_never_moved(hub: LoopbackHub, tmp_path: Path) -> None:
    assert run(hub, tmp_path, *METRICS).returncode == 0
    repo = hub.repos["space", "ns/mentalalign_icc"]
    repo.commit({**repo.files, "app.py": b"print()"}, "by hand")
    repo.tags["v1.0.0"] = repo.head
    before = hub.state()
    done = run(hub, tmp_path, *METRICS)
    assert done.returncode == 1
    assert "has the tag v1.0.0 already" in done.stderr
    assert "1 file(s) differ there: app.py" in " ".join(done.stderr.split())
    assert hub.state() == before
    done = run(hub, tmp_path, *METRICS, "--tag", "v1.1.0")
    assert done.returncode == 1
    assert "is version 1.0.0, so its tag is v1.0.0, not v1.1.0" in " ".join(done.stderr.split())
    assert hub.state() == before
    assert (
        run(hub, tmp_path, "publish", "space", "--namespace", "ns", "--tag", "v9").returncode == 0
    )
    assert list(hub.repos["space", "ns/mentalbench"].tags) == ["v9"]


@pytest.mark.parametrize(
    ("step", "status", "said"),
    [
        ("create", 403, "may not write"),
        ("preupload", 400, "answered 400"),
        ("commit", 500, "answered 500"),
        ("commit", 0, "the exchange with the Hub failed"),
        ("commit", 401, "hf auth login"),
        ("commit", 412, "somebody committed at the same time"),
    ],
)
def test_a_refused_upload_leaves_the_remote_as_it_was(
    hub: LoopbackHub, tmp_path: Path, step: str, status: int, said: str
) -> None:
    hub.failures = {step: status}
    done = run(hub, tmp_path, *METRICS)
    assert done.returncode == 1
    told = " ".join(done.stderr.split())
    assert said in told
    assert "The remote is as it was" in told
    assert "Traceback" not in told
    assert hub.repos == {}


def test_a_repository_that_is_there_stays_as_it_was(hub: LoopbackHub, tmp_path: Path) -> None:
    assert run(hub, tmp_path, *METRICS).returncode == 0
    repo = hub.repos["space", "ns/mentalalign_icc"]
    repo.tags.clear()
    repo.commit({**repo.files, "app.py": b"print()"}, "by hand")
    before = hub.state()
    for step, status in (("preupload", 400), ("commit", 500)):
        hub.failures = {step: status}
        assert run(hub, tmp_path, *METRICS).returncode == 1
        assert hub.state() == before
    hub.failures = {}
    assert run(hub, tmp_path, *METRICS).returncode == 0
    assert repo.files["app.py"] != b"print()"
    assert repo.tags == {"v1.0.0": repo.head}


@pytest.mark.parametrize("step", ["lfs", "put"])
def test_a_failed_transfer_of_data_leaves_nothing(
    hub: LoopbackHub, tmp_path: Path, step: str
) -> None:
    # 403, since the client tries again after an error of the server.
    hub.failures = {step: 403}
    arguments = (
        "publish", "datasets", "--namespace", "ns", "--source", "sample", "--synthetic",
        "--only", "mentalbench-100k",
    )  # fmt: skip
    done = run(hub, tmp_path, *arguments)
    assert done.returncode == 1, done.stdout
    assert "The remote is as it was" in " ".join(done.stderr.split())
    assert hub.repos == {}


def test_a_lost_answer_and_a_failed_tag_are_made_good(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.failures = {"commit-lost": 0, "tag": 500}
    done = run(hub, tmp_path, *METRICS)
    repo = hub.repos["space", "ns/mentalalign_icc"]
    assert done.returncode == 1
    assert f"The files are on main at {repo.head[:8]}, without the tag" in " ".join(
        done.stderr.split()
    )
    assert "mentalalign_icc.py" in repo.files
    hub.failures = {}
    head = repo.head
    done = run(hub, tmp_path, *METRICS)
    assert done.returncode == 0, done.stderr
    assert "the files are there; tag v1.0.0" in done.stderr
    assert (repo.head, repo.tags) == (head, {"v1.0.0": head})


def test_what_could_not_be_cleaned_up_is_said(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.failures = {"commit": 500, "delete": 403}
    done = run(hub, tmp_path, *METRICS)
    assert done.returncode == 1
    told = " ".join(done.stderr.split())
    assert "The new repository, still empty, could not be removed again" in told
    assert "The remote is as it was" not in told
    assert set(hub.repos["space", "ns/mentalalign_icc"].files) == {".gitattributes"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_upload_leaves_nothing_of_ours(
    hub: LoopbackHub, tmp_path: Path, how: signal.Signals
) -> None:
    hub.hold("commit")
    home = tmp_path / "maker"
    home.mkdir()
    code = "from mentalbench_hf.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *METRICS],
        cwd=home,
        env=environment(home, **hub.environment()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    hub.holding.wait()
    process.send_signal(how)
    _, told = process.communicate()
    hub.release(drop=True)
    assert process.returncode != 0
    assert "Traceback" not in told
    if how is signal.SIGKILL:
        # Nobody was left to remove the empty repository; it holds nothing of ours.
        assert set(hub.repos["space", "ns/mentalalign_icc"].files) == {".gitattributes"}
    else:
        assert hub.repos == {}
    assert run(hub, tmp_path, *METRICS).returncode == 0
    assert "mentalalign_icc.py" in hub.repos["space", "ns/mentalalign_icc"].files


def test_what_should_not_be_published_is_refused(hub: LoopbackHub, tmp_path: Path) -> None:
    sample = ("publish", "datasets", "--namespace", "ns", "--source", "sample")
    (tmp_path / "sheets").mkdir()
    for file in open_source("sample").folder.iterdir():  # type: ignore[union-attr]
        if file.suffix == ".xlsx":
            shutil.copy(file, tmp_path / "sheets")
    refused = {
        "would publish invented texts and ratings": run(hub, tmp_path, *sample),
        "sample: not among metrics": run(hub, tmp_path, *METRICS, "--only", "sample"),
        "You are not logged in": run(hub, tmp_path, *METRICS, token=None),
        "cannot be a namespace": run(
            hub, tmp_path, "publish", "metrics", "--namespace", "a/b", "--dry-run"
        ),
        "may not write there": run(hub, tmp_path, "publish", "metrics", "--namespace", "theirs"),
    }
    for said, done in refused.items():
        assert done.returncode == 1, said
        assert said in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
    assert hub.repos == {}


def test_a_repository_of_somebody_else_is_left_alone(hub: LoopbackHub, tmp_path: Path) -> None:
    from loopback_hub import Repo

    repo = hub.repos["space", "ns/mentalalign_icc"] = Repo(private=False)
    repo.commit({"README.md": b"my own", "thesis.txt": b"years of work"}, "mine")
    before = hub.state()
    done = run(hub, tmp_path, *METRICS)
    assert done.returncode == 1
    assert "this package did not publish it" in " ".join(done.stderr.split())
    assert hub.state() == before


def test_private_repositories(hub: LoopbackHub, tmp_path: Path) -> None:
    assert run(hub, tmp_path, *METRICS, "--private").returncode == 0
    repo = hub.repos["space", "ns/mentalalign_icc"]
    assert repo.private
    done = run(hub, tmp_path, *METRICS)
    assert done.returncode == 0
    assert repo.private
    repo.private = False
    done = run(hub, tmp_path, *METRICS, "--private")
    assert done.returncode == 1
    assert "is public, and --private was given" in " ".join(done.stderr.split())
