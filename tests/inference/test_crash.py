"""Killed at random moments, a run loses nothing and asks nothing twice but what was in flight."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from judging_server import ScriptedServer

from mentalbench_hf.inference.run.journal import read_journal
from mentalbench_hf.schema import ATTRIBUTES

N_CALLS, N_KILLS, CONCURRENCY = 2_000, 50, 16
PROCESS = Path(__file__).with_name("judging_process.py")


def _start(responses: Path, url: str, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(PROCESS), str(responses), url, str(out)])


@pytest.mark.slow
@pytest.mark.timeout(900)  # seconds on an idle machine, minutes on a busy one
def test_fifty_kills(tmp_path: Path) -> None:
    responses = tmp_path / "responses.jsonl"
    with responses.open("w") as file:
        for i in range(N_CALLS):
            row = {"conversation_id": i // 4, "system": f"s{i % 4}", "response": f"reply {i}"}
            file.write(json.dumps(row | {"context": f"message {i // 4}"}) + "\n")
    server = ScriptedServer(latency=0.15, keep=False)
    random_moments = random.Random(20)
    out, whole = tmp_path / "killed", tmp_path / "whole"
    journal = out / "journal.jsonl"
    try:
        kills = 0
        while kills < N_KILLS:
            process = _start(responses, server.url, out)
            size = journal.stat().st_size if journal.exists() else 0
            deadline = time.monotonic() + 30
            # Start-up is not what is tested: half of the kills wait for the first new reply.
            while kills % 2 and time.monotonic() < deadline and process.poll() is None:
                if journal.exists() and journal.stat().st_size > size:
                    break
                time.sleep(0.005)
            time.sleep(random_moments.uniform(0.0, 0.5))
            assert process.poll() is None, "the run ended before it was killed"
            process.kill()
            process.wait()
            kills += 1
        assert 0 < sum(1 for _ in read_journal(journal)) < N_CALLS
        assert _start(responses, server.url, out).wait(120) == 0
        hits = server.stats()["hits"]
        assert len(hits) == N_CALLS, "a call was lost"
        repeated = sum(hits.values()) - N_CALLS
        assert repeated <= N_KILLS * CONCURRENCY
        records = [record for _, record in read_journal(journal)]
        assert len({r["key"] for r in records}) == len(records) == N_CALLS
        server.script(latency=0.0)
        assert _start(responses, server.url, whole).wait(60) == 0
    finally:
        server.close()
    for name in ("scores", "judgments"):
        # The raw text holds a code, which is of one run only.
        columns = None if name == "scores" else ["conversation_id", "system", *ATTRIBUTES]
        tables = [pq.read_table(run / "data" / f"{name}.parquet", columns=columns)
                  for run in (out, whole)]  # fmt: skip
        assert tables[0].equals(tables[1])


def test_nothing_journalled_is_asked_again(tmp_path: Path) -> None:
    """The sharp form: what stands in the journal when the process dies has one hit, for ever."""
    responses = tmp_path / "responses.jsonl"
    with responses.open("w") as file:
        for i in range(120):
            file.write(json.dumps({"context": f"m{i}", "response": f"reply {i}"}) + "\n")
    server = ScriptedServer(latency=0.1, keep=False)
    out = tmp_path / "run"
    journal = out / "journal.jsonl"
    try:
        process = _start(responses, server.url, out)
        while not journal.exists() or journal.read_bytes().count(b"\n") < 40:
            time.sleep(0.01)
        process.kill()
        process.wait()
        time.sleep(0.2)
        before = server.stats()
        done = journal.read_bytes().count(b"\n")
        with journal.open("ab") as file:
            file.write(b'{"key": "torn')
        assert _start(responses, server.url, out).wait(60) == 0
        after = server.stats()
    finally:
        server.close()
    assert after["total"] - before["total"] == 120 - done
    assert before["total"] - done <= CONCURRENCY
    assert journal.read_bytes().count(b"\n") == 120
