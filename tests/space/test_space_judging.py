"""The judge's desk: who may ask, who waits, and what is certified."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mentalbench_hf.errors import DataError, RunError
from mentalbench_hf.schema.models import load_models
from mentalbench_hf.space.certified import certified_rows, read_certificates
from mentalbench_hf.space.judging import (
    MAX_CHARACTERS,
    JudgeDesk,
    LimitPerUser,
    TooManyError,
    WaitingLine,
    judges_of,
)
from mentalbench_hf.space.options import SpaceOptions, options_from_environment
from mentalbench_hf.space.reliability_shown import Results
from mentalbench_hf.space.store import Store

SERVED = SpaceOptions(judge_model="my-judge", judge_base_url="http://127.0.0.1:1/v1")


def test_the_limit_is_per_user_and_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("mentalbench_hf.space.judging.time.monotonic", lambda: now)
    limit = LimitPerUser(2)
    assert (limit.take("a"), limit.take("a"), limit.take("b")) == (1, 0, 1)
    with pytest.raises(TooManyError, match="in 61 minutes"):
        limit.take("a")
    now += 3601
    assert limit.take("a") == 1


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_the_line_serves_in_order_and_shows_its_length() -> None:
    async def scene() -> tuple[list[str], list[int]]:
        line, done, seen = WaitingLine(), [], []
        gate = asyncio.Event()

        async def reader(name: str) -> None:
            async with line.place() as turn:
                async for ahead in turn:
                    if name == "c":
                        seen.append(ahead)
                done.append(name)
                await gate.wait()

        tasks = [asyncio.create_task(reader(name)) for name in "abc"]
        await settled()
        assert len(line) == 3
        assert done == ["a"]
        tasks[1].cancel()  # b closes the page while waiting
        await settled()
        assert len(line) == 2
        gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert len(line) == 0
        return done, seen

    done, seen = asyncio.run(scene())
    assert done == ["a", "c"]
    assert seen == [2, 1]


@pytest.mark.parametrize(
    ("name", "context", "response", "message"),
    [
        ("other", "", "x", "my-judge"),
        ("my-judge", "x", "  ", "Paste the response"),
        ("my-judge", "x" * (MAX_CHARACTERS + 1), "x", "20,001"),
        ("my-judge", "", "x" * (MAX_CHARACTERS + 1), "20,001"),
    ],
)
def test_what_cannot_be_asked(name: str, context: str, response: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        JudgeDesk(SERVED).check(name, context, response)


def test_judges_are_the_operators() -> None:
    assert judges_of(SpaceOptions()) == {}
    (entry,) = judges_of(SERVED).values()
    assert (entry.via, entry.base_url) == ("openai", "http://127.0.0.1:1/v1")
    assert list(judges_of(SpaceOptions(judge_model="o4-mini, gpt-4o"))) == ["o4-mini", "gpt-4o"]


def test_options_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENTALBENCH_JUDGE_LIMIT", "7")
    monkeypatch.setenv("MENTALBENCH_RATINGS_DIR", "there")
    options = options_from_environment(source="sample", ratings_dir=None)
    assert (options.judge_limit, options.ratings_dir) == (7, Path("there"))
    assert options.source == "sample"
    monkeypatch.setenv("MENTALBENCH_JUDGE_LIMIT", "many")
    with pytest.raises(RunError, match="many"):
        options_from_environment()


@pytest.mark.upstream
def test_the_released_rows_hold_only_for_the_judge_as_published(upstream: Path) -> None:
    from mentalbench_hf.space.find_data import open_store

    results = Results(open_store(str(upstream)))
    entry = load_models()["gpt-4o"]
    rows = certified_rows(entry, results, {})
    assert rows["Safety"].level == "response"
    assert rows["Safety"].judge == "gpt-4o"
    elsewhere = replace(entry, base_url="http://127.0.0.1:1/v1")
    assert certified_rows(elsewhere, results, {}) == {}


def test_certificates_of_the_operator(sample_store: Store, tmp_path: Path) -> None:
    results = Results(sample_store)
    (entry,) = judges_of(SERVED).values()
    assert certified_rows(entry, results, {}) == {}
    rows = [
        {**row.record(), "judge": "my-judge"}
        for level in ("system", "response")
        for row in results.rows(level)
        if row.judge == "sample-judge-2"
    ]
    record = {"judge": "my-judge", "synthetic": False, "reliability": rows}
    (tmp_path / "one").mkdir()
    path = tmp_path / "one" / "certificate.json"
    path.write_text(json.dumps(record))
    found = certified_rows(entry, results, read_certificates(tmp_path))
    assert found["Safety"].level == "response"
    path.write_text(json.dumps({**record, "synthetic": True}))
    assert read_certificates(tmp_path) == {}
    path.write_text("{}")
    with pytest.raises(DataError, match="certificate"):
        read_certificates(tmp_path)
    with pytest.raises(DataError, match="--certified-dir"):
        read_certificates(tmp_path / "none")


def test_a_judge_that_nobody_knows_stops_the_start() -> None:
    with pytest.raises(RunError, match="Unknown model 'nosuchjudge'"):
        judges_of(SpaceOptions(judge_model="nosuchjudge"))
    with pytest.raises(RunError, match="no file or folder"):
        judges_of(SpaceOptions(judge_model="/no/such.gguf"))
    assert list(judges_of(SpaceOptions(judge_model="owner/name"))) == ["owner/name"]


def test_a_server_that_is_down_is_named_to_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    from mentalbench_hf.inference.run.retry import CallFailure
    from mentalbench_hf.space import judging

    monkeypatch.setattr(judging, "_RETRY", replace(judging._RETRY, attempts=1))
    with pytest.raises(CallFailure, match=r"127\.0\.0\.1:1/v1.*server running"):
        asyncio.run(JudgeDesk(SERVED).rate("my-judge", "", "Breathe."))
