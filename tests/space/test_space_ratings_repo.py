"""With a dataset repository: a server with an empty disk goes on where readers stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback_hub import TOKEN, LoopbackHub, Repo

REPO = "ns/ratings"
CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
from pathlib import Path
from mentalbench_hf.space.ratings_store import ReaderRating, open_ratings
store = open_ratings(Path(sys.argv[1]), sys.argv[2])
store.save(ReaderRating(sys.argv[3], "a" * 32, sys.argv[3], "s", "Safety", 3, "1", True))
print(json.dumps(sorted(c for c, _ in store.ratings_of("a" * 32))))
"""


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub() as server:
        yield server


def run(hub: LoopbackHub, folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **hub.environment(), "HF_HOME": str(folder / "home"),
           "PYTHONPATH": str(CHECKOUT)}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder / "ratings"), REPO, name],
        env=env, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.slow
def test_nothing_is_lost_with_the_disk(hub: LoopbackHub, tmp_path: Path) -> None:
    first = run(hub, tmp_path / "first", "one")
    assert first.stdout.strip() == '["one"]', first.stderr
    repo = hub.repos["dataset", REPO]
    assert repo.private is True
    assert len(readers(repo)) == 1
    second = run(hub, tmp_path / "second", "two")
    assert second.stdout.strip() == '["one", "two"]', second.stderr
    assert len(readers(repo)) == 2
    assert all(name.startswith("ratings/" + "a" * 32) for name in readers(repo))
    assert TOKEN not in first.stderr + second.stderr + str(repo.trees)


def readers(repo: Repo) -> list[str]:
    return [name for name in repo.files if name != ".gitattributes"]
