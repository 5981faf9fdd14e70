"""The systems' means by each expert and by the judges on each expert's conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.cluster_sums import replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.pairwise import pairwise_iccs
from mentalbench_hf.reliability.experts import expert_seed

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: The two statistics, in the order of pairwise_iccs.
STATISTICS: Final = ("icc_c1", "icc_a1")


class ExpertMeans:
    """System means of one attribute: of the experts alone, then with each judge.

    Attributes:
        experts: names.
        n_clusters: conversations by expert.
        points: by expert, shape (1, n_cells, n_systems, 2), expert and judge; NaN where absent.
            Cell 0 is of the experts' ratings without regard to judges.
        draws: by expert the replicates, shape (n_resamples, n_cells, n_systems, 2).
    """

    def __init__(
        self,
        targets: RatedTargets,
        name: str,
        judges: Sequence[str],
        experts: Sequence[tuple[str, NDArray[np.bool_]]],
        n_resamples: int,
        seed: int,
        keep_own: bool,
    ) -> None:
        """Sum by conversation and system, and draw the replicates of the means."""
        human = targets.scores(targets.reference, name)
        cells = [np.column_stack([human, human])]
        cells += [targets.pair(j, name, keep_own=keep_own) for j in judges]
        self.experts = [expert for expert, _ in experts]
        self.n_clusters: list[int] = []
        self.points: list[Floats] = []
        self.draws: list[Floats] = []
        n_clusters, n_systems = len(targets.cluster_names), len(targets.system_names)

        def means(sums: Floats) -> Floats:
            n, h, j = np.moveaxis(sums.reshape(len(sums), -1, 3), -1, 0)
            with np.errstate(invalid="ignore", divide="ignore"):
                both = np.where(n > 0, np.stack([h, j]) / n, np.nan)
            return np.moveaxis(both, 0, -1).reshape(len(sums), -1)

        for number, (_, mask) in enumerate(experts):
            cell = targets.clusters[mask] * n_systems + targets.systems[mask]
            made = []
            for pair in cells:
                known = np.asarray(~np.isnan(pair[mask]).any(axis=1))
                for weights in (known, *np.where(known[:, None], pair[mask], 0.0).T):
                    made.append(np.bincount(cell, weights, minlength=n_clusters * n_systems))
            stacked = np.array(made, dtype=np.float64).reshape(len(cells), 3, n_clusters, n_systems)
            sums = stacked.transpose(2, 0, 3, 1)
            sums = sums[sums.any(axis=(1, 2, 3))]
            flat = sums.reshape(len(sums), -1)
            shape = (len(cells), n_systems, 2)
            self.n_clusters.append(len(sums))
            self.points.append(means(flat.sum(axis=0)[None]).reshape(1, *shape))
            draws = replicate_sums(
                flat, means, n_resamples=n_resamples, seed=expert_seed(seed, number)
            )
            self.draws.append(draws.reshape(n_resamples, *shape))

    def iccs(self, parts: Sequence[Floats], cell: int) -> dict[str, Floats]:
        """Return by statistic the ICCs of all pairs: columns are experts, then their judges."""
        columns = [part[:, cell, :, rater] for rater in (0, 1) for part in parts]
        return dict(zip(STATISTICS, pairwise_iccs(np.stack(columns, axis=-1)), strict=True))

    def n_systems(self, x: int, y: int) -> int:
        """Return how many systems two experts both rated."""
        return int((~np.isnan(self.points[x][0, 0] + self.points[y][0, 0]).any(axis=-1)).sum())
