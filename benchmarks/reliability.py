"""Time and memory of the main job beside a pingouin loop that does the same.

    python benchmarks/reliability.py --source ../shared/upstream

The job: four judges × seven attributes (28 cells), point and interval of ICC(C,1), ICC(A,1) and
bias from 10,000 resamples of whole conversations. The loop draws conversations, takes the systems'
mean ratings of reference and judge, and calls ``pingouin.intraclass_corr``; it runs for a few
replicates of two cells and is extrapolated. Both run one after the other on this machine, each in a
process of its own that reports its own peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
LEAST_RATIO = 500
MOST_GB = 2.0


def ours(source: str, n_resamples: int, n_runs: int) -> dict[str, Any]:
    """Run the job at both levels and return seconds, point estimates and peak memory."""
    import time

    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.reliability.protocol import reliability, settings_of
    from mentalbench_hf.schema import ATTRIBUTES
    from mentalbench_hf.sources import open_source

    started = time.perf_counter()
    targets = read_mentalalign(open_source(source)).targets("audited")
    read = time.perf_counter() - started
    seconds: dict[str, list[float]] = {}
    points: dict[str, list[float]] = {}
    n_cells = 0
    for level in ("system", "response"):
        settings = settings_of(level, n_resamples=n_resamples)
        seconds[level] = []
        for _ in range(n_runs):
            started = time.perf_counter()
            rows = reliability(targets, settings, names=ATTRIBUTES)
            seconds[level].append(time.perf_counter() - started)
        n_cells = len(rows)
        points |= {f"{level}/{r.judge}/{r.attribute}": [r.icc_c1, r.icc_a1, r.bias] for r in rows}
    return {"read": read, "seconds": seconds, "points": points, "cells": n_cells} | peak()


def pingouin_loop(source: str, n_replicates: dict[str, int]) -> dict[str, Any]:
    """Run the loop for some replicates of two cells and return seconds per replicate.

    The first "replicate" of a cell is the data themselves, untimed: its values must equal ours.
    """
    import time

    import numpy as np
    import pandas as pd
    import pingouin

    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.sources import open_source

    targets = read_mentalalign(open_source(source)).targets("audited")
    judges, attributes = targets.judges, targets.attributes
    cells = [(judges[0], attributes[0]), (judges[-1], attributes[-1])]
    n_systems = len(targets.system_names)

    def estimate(ratings: Any, level: str) -> list[float]:
        """Return ICC(C,1), ICC(A,1) and bias of drawn conversations × systems × 2 ratings."""
        rated = np.nanmean(ratings, axis=0) if level == "system" else ratings.reshape(-1, 2)
        rated = rated[~np.isnan(rated).any(axis=1)]
        frame = pd.DataFrame(
            {
                "target": np.repeat(np.arange(len(rated)), 2),
                "rater": ["reference", "judge"] * len(rated),
                "rating": rated.ravel(),
            }
        )
        table = pingouin.intraclass_corr(frame, "target", "rater", "rating").set_index("Type")
        icc = table["ICC"]
        # pingouin 0.5 and earlier name the forms of Shrout & Fleiss (1979).
        c1, a1 = ("ICC(C,1)", "ICC(A,1)") if "ICC(C,1)" in icc.index else ("ICC3", "ICC2")
        return [float(icc[c1]), float(icc[a1]), float(np.mean(rated[:, 1] - rated[:, 0]))]

    rng = np.random.default_rng(0)
    per_replicate: dict[str, float] = {}
    points: dict[str, list[float]] = {}
    for level, n in n_replicates.items():
        spent, done = 0.0, 0
        for judge, attribute in cells:
            pair = targets.pair(judge, attribute)
            pair[np.isnan(pair).any(axis=1)] = np.nan
            grid = pair.reshape(len(targets.cluster_names), n_systems, 2)
            # The judge's own counterpart is left out, as it is in ours.
            grid = grid[:, ~np.isnan(grid).all(axis=(0, 2))]
            points[f"{level}/{judge}/{attribute}"] = estimate(grid, level)
            started = time.perf_counter()
            for _ in range(n):
                estimate(grid[rng.integers(0, len(grid), len(grid))], level)
            spent += time.perf_counter() - started
            done += n
        per_replicate[level] = spent / done
    return {
        "per_replicate": per_replicate,
        "replicates": n_replicates,
        "measured_cells": len(cells),
        "points": points,
        "version": pingouin.__version__,
    } | peak()


def peak() -> dict[str, float]:
    """Return this process's peak resident memory in GB (10⁹ bytes)."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return {"peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9}


def in_child(part: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one part in a fresh interpreter and return what it measured."""
    path = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
    command = [
        sys.executable, __file__, "--part", part, "--source", arguments.source,
        "--n-resamples", str(arguments.n_resamples), "--runs", str(arguments.runs),
        "--replicates", str(arguments.replicates),
    ]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, check=True
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def report(fast: dict[str, Any], slow: dict[str, Any], n_resamples: int) -> bool:
    """Print both side by side; return whether every claim holds."""
    ok = True
    work = fast["cells"] * n_resamples
    print(f"{fast['cells']} cells × {n_resamples:,} replicates = {work:,} replicated cells")
    print(f"{'':<18}{'mentalbench_hf':>16}{'pingouin loop':>20}{'ratio':>12}")
    for level, runs in fast["seconds"].items():
        seconds, loop = sorted(runs)[len(runs) // 2], slow["per_replicate"][level] * work
        ratio = loop / seconds
        ok &= ratio >= LEAST_RATIO
        print(f"{'level ' + level:<18}{seconds:>14.2f} s{loop:>16,.0f} s *{ratio:>11,.0f}x")
    print(f"{'peak memory':<18}{fast['peak_gb']:>13.2f} GB{slow['peak_gb']:>15.2f} GB")
    ok &= fast["peak_gb"] < MOST_GB
    off = max(
        abs(a - b)
        for key, values in slow["points"].items()
        for a, b in zip(values, fast["points"][key], strict=True)
    )
    ok &= off < 1e-9
    counts = ", ".join(f"{n} at level {level}" for level, n in slow["replicates"].items())
    times = ", ".join(f"{1000 * t:.1f} ms ({level})" for level, t in slow["per_replicate"].items())
    print(
        f"* extrapolated from {slow['measured_cells']} cells with {counts} replicates each: "
        f"{times} a replicate, pingouin {slow['version']}.\n"
        f"Ours is the median of {len(fast['seconds']['system'])} runs; reading the sheets "
        f"({fast['read']:.1f} s) is in its peak memory and not in its time, nor in the loop's.\n"
        f"Point estimates of both agree to {off:.1e}.\n"
        f"Claims: at least {LEAST_RATIO} times faster, below {MOST_GB:g} GB, equal to 1e-9: "
        f"{'hold' if ok else 'DO NOT HOLD'}"
    )
    return ok


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    upstream = CHECKOUT.parent / "shared" / "upstream"
    default = str(upstream) if upstream.is_dir() else "sample"
    parser.add_argument(
        "--source", default=default, help="folder of the released sheets, upstream, or sample"
    )
    parser.add_argument("--n-resamples", type=int, default=10_000, help="replicates of ours")
    parser.add_argument("--runs", type=int, default=3, help="timed runs of ours, median shown")
    parser.add_argument(
        "--replicates", type=int, default=20, help="replicates of the loop, for each of two cells"
    )
    parser.add_argument("--part", choices=["ours", "pingouin"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part == "ours":
        print(json.dumps(ours(arguments.source, arguments.n_resamples, arguments.runs)))
        return 0
    if arguments.part == "pingouin":
        few = max(1, arguments.replicates)
        print(json.dumps(pingouin_loop(arguments.source, {"system": few, "response": few})))
        return 0
    name = "SYNTHETIC SAMPLE" if arguments.source == "sample" else "released sheets"
    print(f"Reliability with intervals, {name}, {os.cpu_count()} processors")
    fast, slow = in_child("ours", arguments), in_child("pingouin", arguments)
    return 0 if report(fast, slow, arguments.n_resamples) else 1


if __name__ == "__main__":
    sys.exit(main())
