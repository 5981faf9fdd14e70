"""Throughput of the runner beside the bare HTTP library, and its memory as calls grow.

    python benchmarks/judging.py                  # both
    python benchmarks/judging.py throughput --calls 4000 --rounds 5
    python benchmarks/judging.py memory --sizes 1000 10000 100000

The server answers after 50 ms in a process of its own; 64 calls are in flight. The bare side is
the library huggingface_hub uses, posting the same bodies in one client and reading the JSON: no
journal, no keys, no retries. Rounds of the two alternate, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IN_FLIGHT, LATENCY = 64, 0.05
MESSAGE = "I have not slept properly for weeks and I do not know what to do. " * 20


def start_server(latency: float) -> tuple[subprocess.Popen[str], str]:
    script = ROOT / "tests" / "inference" / "scripted_server.py"
    process = subprocess.Popen(
        [sys.executable, str(script), "--latency", str(latency)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}/v1"


def bare(url: str, calls: int, library: str = "httpx2") -> float:
    """Return requests per second of the HTTP library with no work around it."""
    http = __import__(library)

    async def drive() -> float:
        numbers = iter(range(calls))
        limits = http.Limits(max_connections=None, max_keepalive_connections=None)
        async with http.AsyncClient(timeout=60, limits=limits) as client:

            async def work() -> None:
                for number in numbers:
                    body = {
                        "model": "m", "max_tokens": 1024, "temperature": 0.0,
                        "messages": [{"role": "user", "content": f"{MESSAGE}{number}"}],
                    }  # fmt: skip
                    reply = await client.post(f"{url}/chat/completions", json=body)
                    reply.raise_for_status()
                    json.loads(reply.content)

            started = time.perf_counter()
            await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
            return calls / (time.perf_counter() - started)

    return asyncio.run(drive())


def runner(url: str, calls: int) -> float:
    """Return requests per second of the whole runner: keys, journal, progress, budget."""
    from mentalbench_hf.inference.clients.openai import OpenAIClient
    from mentalbench_hf.inference.messages import ChatRequest, Message, request_key
    from mentalbench_hf.inference.run.calls import Call, Limits
    from mentalbench_hf.inference.run.journal import Journal
    from mentalbench_hf.inference.run.runner import run_calls

    client = OpenAIClient("m", url, concurrency=IN_FLIGHT)

    def planned() -> Iterator[Call]:
        for number in range(calls):
            request = ChatRequest((Message("user", f"{MESSAGE}{number}"),))
            yield Call(request_key(client.identity, request), "m", number, 0, request)

    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder)) as journal:
        started = time.perf_counter()
        summary = run_calls(
            planned(), {"m": client}, journal, total=calls,
            limits=Limits(concurrency=IN_FLIGHT, progress=False),
        )  # fmt: skip
        seconds = time.perf_counter() - started
    if summary.done != calls:
        raise SystemExit(f"the runner did not finish: {summary}")
    return calls / seconds


def throughput(calls: int, rounds: int) -> None:
    process, url = start_server(LATENCY)
    try:
        bare(url, 500)
        runner(url, 500)
        pairs = [(bare(url, calls), runner(url, calls)) for _ in range(rounds)]
    finally:
        process.kill()
    print(f"{calls:,} calls, {IN_FLIGHT} in flight, {LATENCY * 1000:.0f} ms; requests per second")
    for b, r in pairs:
        print(f"  bare {b:7.0f}   runner {r:7.0f}   ratio {r / b:.2f}")
    ratio = statistics.median(r / b for b, r in pairs)
    print(f"median ratio {ratio:.2f} (at least 0.90 wanted)")


def memory(sizes: list[int]) -> None:
    """Print the peak resident memory of fresh processes that make so many calls."""
    process, url = start_server(0.0)
    try:
        for size in sizes:
            code = (
                "import sys, resource; sys.path[:0] = [sys.argv[1], sys.argv[2]]\n"
                "import judging\n"
                "rate = judging.runner(sys.argv[3], int(sys.argv[4]))\n"
                "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
                "print(f'{int(sys.argv[4]):>8,} calls: peak RSS {peak:6.1f} MB, {rate:.0f}/s')"
            )
            command = [sys.executable, "-c", code, str(ROOT / "benchmarks"), str(ROOT), url]
            subprocess.run([*command, str(size)], check=True)
    finally:
        process.kill()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("what", nargs="?", choices=["throughput", "memory"])
    arguments.add_argument("--calls", type=int, default=4_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options = arguments.parse_args()
    if options.what in (None, "throughput"):
        throughput(options.calls, options.rounds)
    if options.what in (None, "memory"):
        memory(options.sizes)
