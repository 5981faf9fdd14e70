"""What bootstrap replicates cost, beside the bare matrix products, and what memory they take.

python benchmarks/replicates.py [--repeats 7] [--memory]

28 cells (4 judges × 7 attributes) of 1,000 conversations × 10 systems, 10,000 replicates of
simulated ratings. Times are the best of several runs that take turns, because other work on the
machine disturbs all alike.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import threading
import time
from collections.abc import Callable

import numpy as np

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.reliability.core.agreement import bias, ccc, mse, pearson
from mentalbench_hf.reliability.core.bootstrap import draw_weights
from mentalbench_hf.reliability.core.counts import count_cells, count_grid
from mentalbench_hf.reliability.core.icc import icc_of
from mentalbench_hf.reliability.core.ordinal import kappa_of, mae_of, pair_alpha_of, spearman_of
from mentalbench_hf.reliability.core.ranking import kendall_of, mae_of_means, spearman_of_means
from mentalbench_hf.reliability.core.replicated_sums import of_moments, response_cells, system_cells
from mentalbench_hf.reliability.core.replicates import replicate_cells
from mentalbench_hf.reliability.evaluate import evaluate
from mentalbench_hf.reliability.protocol import grid_of
from mentalbench_hf.reliability.settings import Settings

N_RESAMPLES = 10_000
SCALE = np.arange(1.0, 6)
MOMENTS = {
    "icc_c1": lambda m: icc_of(m, "ICC(C,1)"),
    "icc_a1": lambda m: icc_of(m, "ICC(A,1)"),
    "ccc": ccc,
    "pearson": pearson,
    "bias": bias,
    "mse": mse,
}
RANKS_OF_TABLES = {
    "spearman": spearman_of,
    "kappa": lambda t: kappa_of(t, SCALE),
    "alpha": pair_alpha_of,
    "mae": lambda t: mae_of(t, SCALE),
}
RANKS_OF_MEANS = {"spearman": spearman_of_means, "kendall": kendall_of, "mae": mae_of_means}


def simulated(
    n_conversations: int, n_systems: int, n_judges: int, n_attributes: int, seed: int = 0
) -> RatedTargets:
    """Return ordinal ratings near the ceiling, 1 in 200 missing."""
    rng = np.random.default_rng(seed)
    n, raters = n_conversations * n_systems, n_judges + 1
    quality = 4.2 + 0.8 * rng.standard_normal((n, 1, n_attributes), dtype=np.float32)
    ratings = quality + 0.6 * rng.standard_normal((n, raters, n_attributes), dtype=np.float32)
    ratings = np.clip(np.rint(ratings), 1, 5).astype(np.float64)
    ratings[rng.random(ratings.shape, dtype=np.float32) < 0.005] = np.nan
    names = tuple(f"judge-{i}" for i in range(n_judges))
    return RatedTargets(
        ratings=ratings,
        raters=("human", *names),
        attributes=tuple(f"attribute-{i}" for i in range(n_attributes)),
        axes={},
        clusters=np.repeat(np.arange(n_conversations), n_systems),
        cluster_names=np.arange(n_conversations).astype(object),
        systems=np.tile(np.arange(n_systems), n_conversations),
        system_names=tuple(f"system-{i}" for i in range(n_systems)),
        reference="human",
        scale=(1.0, 5.0),
        left_out={names[0]: "system-1"},
    )


def best(tasks: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the shortest of several runs of each task, in seconds; the tasks take turns."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeats):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    return {name: min(t) for name, t in times.items()}


def speed(repeats: int) -> None:
    """Print the time of replicates beside the bare products, at both levels."""
    targets = simulated(1_000, 10, 4, 7)
    cells = [(j, a) for j in targets.judges for a in targets.attributes]
    grids = [grid_of(targets, j, a) for j, a in cells]
    tables = [
        count_grid(
            targets.pair(j, a),
            targets.clusters,
            targets.systems,
            n_clusters=1_000,
            n_systems=10,
            included=targets.included(j),
            categories=SCALE,
        )
        for j, a in cells
    ]
    weights = draw_weights(1_000, 0, N_RESAMPLES, seed=0)
    single = weights.astype(np.float32)
    six_sums = response_cells(grids).sums.sum(axis=2).reshape(1_000, -1)
    three_sums = system_cells(grids).sums.reshape(1_000, -1)
    of_means = {name: of_moments(f) for name, f in MOMENTS.items()}
    timed = best(
        {
            "response: bare products": lambda: weights @ six_sums,
            "response: bare products, single precision": lambda: (
                single @ six_sums.astype(np.float32)
            ),
            "response: 6 moment statistics": lambda: replicate_cells(
                response_cells(grids), MOMENTS, n_resamples=N_RESAMPLES
            ),
            "response: 4 rank statistics": lambda: replicate_cells(
                count_cells(tables), RANKS_OF_TABLES, n_resamples=N_RESAMPLES
            ),
            "system: bare products": lambda: weights @ three_sums,
            "system: bare products, single precision": lambda: (
                single @ three_sums.astype(np.float32)
            ),
            "system: 6 moment statistics": lambda: replicate_cells(
                system_cells(grids), of_means, n_resamples=N_RESAMPLES
            ),
            "system: 3 rank statistics": lambda: replicate_cells(
                system_cells(grids), RANKS_OF_MEANS, n_resamples=N_RESAMPLES
            ),
        },
        repeats,
    )
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, numpy "
        f"{np.__version__}; {len(cells)} cells, {N_RESAMPLES:,} replicates, best of {repeats}"
    )
    print(f"{'':44}{'seconds':>9}{'× bare':>9}")
    for name, seconds in timed.items():
        bare = timed[f"{name.split(':')[0]}: bare products"]
        print(f"{name:44}{seconds:9.3f}{seconds / bare:9.2f}")


class PeakMemory:
    """Samples this process's resident memory on a thread: what a block of code adds at most."""

    def __enter__(self) -> PeakMemory:
        self._stop = threading.Event()
        self.before = self.peak = _resident()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def added(self) -> float:
        """MiB beyond what there was before."""
        return (self.peak - self.before) / 2**20

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self.peak = max(self.peak, _resident())


def _resident() -> int:
    with open("/proc/self/statm") as file:  # noqa: PTH123 (a file of the kernel's)
        return int(file.read().split()[1]) * resource.getpagesize()


def memory() -> None:
    """Print the memory that evaluate() adds to the ratings themselves."""
    print(
        f"{'ratings':>10}{'level':>10}{'replicates':>12}{'ratings MiB':>13}{'added MiB':>11}"
        f"{'seconds':>9}"
    )
    for n_conversations in (10_000, 50_000):
        targets = simulated(n_conversations, 10, 1, 1)
        for level in ("response", "system"):
            for n_resamples in (200, 1_000):
                settings = Settings(level=level, n_resamples=n_resamples)
                start = time.perf_counter()
                with PeakMemory() as watched:
                    evaluate(targets, settings)
                seconds = time.perf_counter() - start
                print(
                    f"{targets.ratings.size:10,}{level:>10}{n_resamples:12,}"
                    f"{targets.ratings.nbytes / 2**20:13.0f}{watched.added:11.0f}{seconds:9.1f}"
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--memory", action="store_true", help="measure memory instead")
    options = parser.parse_args()
    if options.memory:
        memory()
    else:
        speed(options.repeats)
