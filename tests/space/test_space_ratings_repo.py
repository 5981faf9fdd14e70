"""With a dataset repository: a server with an empty disk goes on where readers stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .ratings_hub import REPO, RatingsHub

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
def hub() -> Iterator[RatingsHub]:
    server = RatingsHub()
    yield server
    server.close()


def run(hub: RatingsHub, folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_secret", "HF_HUB_DISABLE_XET": "1",
           "HF_HOME": str(folder / "home"), "PYTHONPATH": str(CHECKOUT)}  # fmt: skip
    env.pop("HF_HUB_OFFLINE", None)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder / "ratings"), REPO, name],
        env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.slow
def test_nothing_is_lost_with_the_disk(hub: RatingsHub, tmp_path: Path) -> None:
    first = run(hub, tmp_path / "first", "one")
    assert first.stdout.strip() == '["one"]', first.stderr
    assert hub.private is True
    assert len(hub.files) == 1
    second = run(hub, tmp_path / "second", "two")
    assert second.stdout.strip() == '["one", "two"]', second.stderr
    assert len(hub.files) == 2
    assert all(name.startswith("ratings/" + "a" * 32) for name in hub.files)
    assert "hf_secret" not in first.stderr + second.stderr + str(hub.files)
    assert "Bearer hf_secret" in hub.tokens
