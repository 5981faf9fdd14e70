"""What a panel costs: time and peak memory of every part of the report.

python benchmarks/panel.py [--items 100000] [--experts 8] [--judges 2] [--resamples 2000]

Simulated ratings of one attribute on a 1 to 5 scale, ten replies (of ten systems) a conversation,
5% missing. The limit is 30 s and 1 GB for 100,000 items, ten raters and 2,000 replicates.
"""

from __future__ import annotations

import argparse
import platform
import resource
import sys
import time

import numpy as np

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.reliability.panel.report import PanelSettings, panel_report

SYSTEMS = 10


def simulated(n_items: int, n_raters: int, seed: int = 0) -> RatedTargets:
    """Return ratings of raters who differ in severity and agree moderately."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(3.4, 0.9, (n_items, 1))
    severity = rng.normal(0, 0.3, n_raters)
    ratings = np.clip(np.rint(quality + severity + rng.normal(0, 0.7, (n_items, n_raters))), 1, 5)
    ratings[rng.random(ratings.shape) < 0.05] = np.nan
    items = np.arange(n_items)
    clusters = items // SYSTEMS
    return RatedTargets(
        ratings=ratings[:, :, None],
        raters=tuple(f"rater-{k}" for k in range(n_raters)),
        attributes=("Safety",),
        axes={},
        clusters=clusters,
        cluster_names=np.unique(clusters).astype(object),
        systems=items % SYSTEMS,
        system_names=tuple(f"system-{k}" for k in range(SYSTEMS)),
        reference="rater-0",
        scale=(1.0, 5.0),
    )


def main() -> None:
    """Time one panel."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--experts", type=int, default=8)
    parser.add_argument("--judges", type=int, default=2)
    parser.add_argument("--resamples", type=int, default=2_000)
    a = parser.parse_args()
    targets = simulated(a.items, a.experts + a.judges)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, busy = time.perf_counter(), time.process_time()
    found = panel_report(
        targets, targets.raters[: a.experts], settings=PanelSettings(n_resamples=a.resamples)
    )
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = {part: len(rows) for part, rows in found.parts.items()}
    sys.stdout.write(
        f"{platform.machine()}, Python {platform.python_version()}: {a.items:,} items, {a.experts} "
        f"experts, {a.judges} judges, {a.resamples:,} replicates: {seconds:.1f} s "
        f"({busy:.1f} s of processor), peak "
        f"{peak / 1024:,.0f} MB ({before / 1024:,.0f} MB before)\nrows: {rows}\n"
    )
    for missing in found.not_computed:
        sys.stdout.write(f"not computed: {missing}\n")


if __name__ == "__main__":
    main()
