"""Write the synthetic matrices that reference.R reads: python matrices.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def main() -> None:
    rng = np.random.default_rng(20260101)
    human = np.clip(np.rint(rng.normal(4.2, 0.9, 300)), 1, 5)
    judge = np.clip(np.rint(0.7 * human + 1.5 + rng.normal(0, 0.7, 300)), 1, 5)
    ceiling = np.column_stack([human, judge])
    gaps = ceiling.copy()
    gaps[rng.random(gaps.shape) < 0.1] = np.nan
    truth = rng.normal(0, 1, (60, 1))
    three = np.rint(2 * (truth + rng.normal(0, 0.8, (60, 3)) + [0, 0.5, -0.2]))
    means = np.array(
        [
            [4.51, 4.60], [4.41, 4.60], [4.30, 4.52], [4.07, 4.30], [3.72, 4.30],
            [3.89, 4.10], [3.74, 4.11], [3.60, 4.15], [2.76, 3.20],
        ]
    )  # fmt: skip
    apart = rng.normal(0, 1, (40, 2)) + np.array([100, 103])
    opposed = np.column_stack([human[:50], 6 - judge[:50]])
    folder = Path(__file__).parent
    for name, matrix in {
        "ceiling": ceiling,
        "gaps": gaps,
        "three": three,
        "means": means,
        "apart": apart,
        "opposed": opposed,
    }.items():
        header = ",".join(f"r{i + 1}" for i in range(matrix.shape[1]))
        np.savetxt(folder / f"{name}.csv", matrix, "%.17g", ",", header=header, comments="")


if __name__ == "__main__":
    main()
