"""The page with 10,000 conversations: does it open, turn and stay small as promised?

    python benchmarks/space.py [--conversations 10000] [--users 20]

Measured on synthetic conversations of realistic length, in a server process of its own:
time to the first usable page in a real Chromium (with a cold and with a warm browser cache), a
change of conversation at the server with many users at once, the same as painted in the browser,
and the server's memory. Prints the figures beside their limits; exit code 1 if one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SPEECH = (
    "I feel that the days go by and nothing changes while my friends seem to know what they want "
    "and I keep asking myself whether it is worth trying again after everything that happened last "
    "year with my family and at work sleep does not come easily and talking helps a little"
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def serve(n: int, port: int) -> None:
    """Serve `n` conversations, a tenth of them rated with the sample's ratings."""
    import numpy as np
    import pyarrow as pa

    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.sources import open_source
    from mentalbench_hf.space.app import build_app, launch_options
    from mentalbench_hf.space.options import SpaceOptions
    from mentalbench_hf.space.store import Store

    rng, words_known = random.Random(0), SPEECH.split()

    def text(words: int) -> str:
        return " ".join(rng.choices(words_known, k=max(20, int(rng.gauss(words, words / 3)))))

    base = read_mentalalign(open_source("sample"))
    rated, have = n // 10, len(base.contexts)
    take = np.arange(rated) % have
    ratings = replace(
        base,
        conversation_ids=np.arange(1, rated + 1, dtype=np.int32),
        contexts=[base.contexts[i] for i in take],
        values=base.values[:, take], read=base.read[:, take], statuses=base.statuses[:, take],
        missing_responses=base.missing_responses[take], misaligned=base.misaligned[:, take],
        judgments={}, raw={}, normal_contexts={},
    )  # fmt: skip
    told = {
        j: [[base.judgments[j][i][s].explanation for s in range(10)] for i in take]
        for j in base.roster.judge_ids
    }
    rows = np.full(n, -1, dtype=np.int32)
    rows[:rated] = np.arange(rated)

    def column(words: int) -> pa.ChunkedArray:
        return pa.chunked_array([pa.array([text(words) for _ in range(n)], pa.large_string())])

    store = Store(
        roster=base.roster, keys=tuple(str(i + 1) for i in range(n)), contexts=column(120),
        responses={s: column(220) for s in base.roster.system_ids}, rated_row=rows,
        ratings=ratings, explanations=told, synthetic=True,
    )  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="mentalbench-benchmark-"))
    app = build_app(store, SpaceOptions(ratings_dir=folder))
    app.launch(server_name="127.0.0.1", server_port=port, **launch_options())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.conversations, given.serve)
        return 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, __file__, "--serve", str(port)]
    command += ["--conversations", str(given.conversations)]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT), "HF_HUB_OFFLINE": "1"}
    started = time.perf_counter()
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, server)
        print(f"server ready after {time.perf_counter() - started:.1f} s (texts are made first)")
        load = os.getloadavg()[0]
        print(f"load average before measuring: {load:.1f} on {os.cpu_count()} cores\n")
        figures = browse(url)
        figures |= asyncio.run(crowd(url, given.users))
        figures["memory of the server, GB"] = (memory(server.pid), 1.5)
    finally:
        server.kill()
        server.wait()
    return report(figures)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise SystemExit("the server did not start")


def browse(url: str) -> dict[str, tuple[float, float]]:
    """Open the page and turn conversations in a real browser."""
    from playwright.sync_api import sync_playwright

    path = next(
        p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))
    )
    # The clock is the page's own: from the click to the frame in which the new title is painted.
    paint = """name => new Promise(done => {
      const before = document.querySelector('.mb-title').innerText, start = performance.now();
      document.querySelector(name).click();
      const look = () => document.querySelector('.mb-title').innerText !== before
        ? requestAnimationFrame(() => done(performance.now() - start))
        : requestAnimationFrame(look);
      look(); })"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        start = time.perf_counter()
        page.goto(url)
        page.wait_for_selector("#mb-accept")
        gate = time.perf_counter() - start
        page.click("#mb-accept")
        page.wait_for_selector(".mb-card")
        start = time.perf_counter()
        page.goto(url)
        page.wait_for_selector(".mb-card")
        warm = time.perf_counter() - start
        page.wait_for_timeout(1_000)
        turns = [page.evaluate(paint, "#mb-next") / 1000 for _ in range(15)]
        jumps = [page.evaluate(paint, "#mb-random") / 1000 for _ in range(15)]
        start = time.perf_counter()
        before = page.inner_text(".mb-title")
        page.fill("#mb-search textarea, #mb-search input", "family and at work")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "document.querySelector('#mb-position textarea, #mb-position input')"
            ".value.includes('that match') || document.querySelector('#mb-cards')"
            ".innerText.includes('No conversation')"
        )
        search = time.perf_counter() - start
        assert before
        browser.close()
    return {
        "first usable page, cold browser, s": (gate, 3.0),
        "first usable page, returning reader, s": (warm, 3.0),
        "next conversation painted, worst of 15, s": (max(turns), 1.0),
        "random conversation painted, worst of 15, s": (max(jumps), 1.0),
        "search of all texts painted, s": (search, 3.0),
    }


async def crowd(url: str, users: int, turns: int = 15) -> dict[str, tuple[float, float]]:
    """Let many users turn conversations at once, over HTTP as the page does it.

    Readers look before they turn: each waits between half a second and a second and a half.
    """
    import httpx

    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        config = (await client.get("/config")).json()
        by_id = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
        button = next(i for i, name in by_id.items() if name == "mb-next")
        turn = next(d for d in config["dependencies"] if [button, "click"] in d["targets"])
        values = dict(zip(turn["inputs"], initial(config, turn["inputs"]), strict=True))

        async def ask(session: str) -> float:
            start = time.perf_counter()
            reply = await client.post(
                "/gradio_api/run/predict",
                json={
                    "fn_index": turn["id"],
                    "session_hash": session,
                    "data": list(values.values()),
                },
            )
            seconds = time.perf_counter() - start
            assert reply.status_code == 200, reply.text[:300]
            assert "mb-card" in json.dumps(reply.json()), reply.text[:300]
            return seconds

        async def reader(number: int) -> list[float]:
            rng, times = random.Random(number), []
            for _ in range(turns):
                await asyncio.sleep(rng.uniform(0.5, 1.5))
                times.append(await ask(f"user{number}"))
            return times

        await ask("warm")
        readers = await asyncio.gather(*(reader(i) for i in range(users)))
        times = sorted(t for r in readers for t in r)
        rush = sorted(await asyncio.gather(*(ask(f"user{i}") for i in range(users))))
    tail = times[int(0.95 * len(times))]
    for what, found in ((f"{len(times)} changes, while reading", times), ("in one instant", rush)):
        middle, worst = statistics.median(found) * 1000, found[-1] * 1000
        print(f"{users} users, {what}: median {middle:.0f} ms, worst {worst:.0f} ms")
    print()
    return {
        f"change at the server, {users} users, 95%, s": (tail, 0.2),
        f"change at the server, {users} in one instant, median, s": (statistics.median(rush), 0.2),
    }


def initial(config: dict, inputs: list[int]) -> list[object]:  # type: ignore[type-arg]
    values = {c["id"]: c["props"].get("value") for c in config["components"]}
    return [values.get(i) for i in inputs]


def memory(pid: int) -> float:
    import psutil

    return psutil.Process(pid).memory_info().rss / 2**30


def report(figures: dict[str, tuple[float, float]]) -> int:
    missed = 0
    for name, (value, limit) in figures.items():
        ok = value < limit
        missed += not ok
        print(f"{name:<58} {value:7.3f}   limit {limit:g}   {'ok' if ok else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
