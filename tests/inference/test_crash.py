"""Killed at random moments, a run loses nothing and asks nothing twice but what was in flight."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from judging_server import ScriptedServer

from mentalbench_hf.inference.run.journal import read_journal

N_CALLS, N_KILLS, CONCURRENCY = 2_000, 50, 16
PROCESS = Path(__file__).with_name("judging_process.py")
#: Of an answer; it is another in every run.
CODE = re.compile(r'"Code": "\w+"')


def _lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


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
            # Start-up is not what is tested: half of the kills wait for some new replies. They are
            # counted, not timed, so that a slow machine does not finish the run first.
            if kills % 2:
                wanted = _lines(journal) + random_moments.randint(1, 40)
                while _lines(journal) < wanted and process.poll() is None:
                    time.sleep(0.005)
            else:
                time.sleep(random_moments.uniform(0.0, 0.5))
            assert process.poll() is None, "the run ended before it was killed"
            process.kill()
            process.wait()
            kills += 1
        assert 0 < sum(1 for _ in read_journal(journal)) < N_CALLS
        assert _start(responses, server.url, out).wait() == 0
        hits = server.stats()["hits"]
        assert len(hits) == N_CALLS, "a call was lost"
        repeated = sum(hits.values()) - N_CALLS
        assert repeated <= N_KILLS * CONCURRENCY
        records = [record for _, record in read_journal(journal)]
        assert len({r["key"] for r in records}) == len(records) == N_CALLS
        server.script(latency=0.0)
        assert _start(responses, server.url, whole).wait() == 0
    finally:
        server.close()
    for name in ("scores", "judgments"):
        columns = None if name == "scores" else ["conversation_id", "system", "Safety", "raw"]
        killed, unharmed = (
            pq.read_table(run / "data" / f"{name}.parquet", columns=columns).to_pylist()
            for run in (out, whole)
        )
        for row in (*killed, *unharmed) if columns else ():
            row["raw"] = CODE.sub("", row["raw"])
        assert killed == unharmed


def test_nothing_journalled_is_asked_again(tmp_path: Path) -> None:
    """The sharp form: what stands in the journal when the process dies has one hit, for ever."""
    responses = tmp_path / "responses.jsonl"
    with responses.open("w") as file:
        for i in range(120):
            file.write(json.dumps({"context": f"m{i}", "response": f"reply {i}"}) + "\n")
    server = ScriptedServer(keep=False)
    # After 60 replies the server falls silent, so that a full set of calls is in flight.
    silent = [{"sleep": 3600}] * CONCURRENCY
    server.script([{"contains": "", "actions": [*[{}] * 60, *silent]}])
    out = tmp_path / "run"
    journal = out / "journal.jsonl"
    try:
        process = _start(responses, server.url, out)
        while _lines(journal) < 60 or server.stats()["total"] < 60 + CONCURRENCY:
            assert process.poll() is None, "the run ended before it was killed"
            time.sleep(0.01)
        process.kill()
        process.wait()
        # What it had sent still counts: until its connections are closed, more may arrive.
        while (before := server.stats())["open"] > 1:
            time.sleep(0.01)
        assert before["total"] == 60 + CONCURRENCY
        assert _lines(journal) == 60
        with journal.open("ab") as file:
            file.write(b'{"key": "torn')
        server.script()
        assert _start(responses, server.url, out).wait() == 0
        after = server.stats()
    finally:
        server.close()
    assert after["total"] == len(after["hits"]) == 60
    assert _lines(journal) == 120
