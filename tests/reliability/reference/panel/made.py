"""Write the ratings that facets.R and components.R read: python made.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def rasch(rng: np.random.Generator, n: int, k: int, missing: float) -> np.ndarray:
    """Ratings 1 to 5 by raters of severity −1 … 1."""
    location = rng.normal(0, 1.5, (n, 1)) - np.linspace(-1, 1, k)
    psi = np.concatenate([[0], np.cumsum([-2, -0.7, 0.6, 2.1])])
    weight = np.exp(location[..., None] * np.arange(5) - psi)
    chance = np.cumsum(weight / weight.sum(axis=-1, keepdims=True), axis=-1)
    x = 1.0 + (rng.random((n, k, 1)) > chance[..., :-1]).sum(axis=-1)
    x[rng.random(x.shape) < missing] = np.nan
    return x


def crossed(rng: np.random.Generator, missing: float) -> np.ndarray:
    """Rows: conversation, system, rater, rating."""
    c, s, r = (a.ravel() for a in np.indices((60, 5, 4)))
    y = (
        3
        + rng.normal(0, 0.5, 60)[c]
        + rng.normal(0, 0.7, 5)[s]
        + rng.normal(0, 0.6, 4)[r]
        + rng.normal(0, 0.4, (60, 5))[c, s]
        + rng.normal(0, 0.3, (60, 4))[c, r]
        + rng.normal(0, 0.3, (5, 4))[s, r]
        + rng.normal(0, 0.8, len(c))
    )
    rows = np.column_stack([c, s, r, y])
    return rows[rng.random(len(rows)) >= missing]


def main() -> None:
    rng = np.random.default_rng(20260202)
    folder = Path(__file__).parent
    for name, x in {
        "facets_whole": rasch(rng, 300, 4, 0.0),
        "facets_gaps": rasch(rng, 400, 5, 0.4),
    }.items():
        header = ",".join(f"r{i + 1}" for i in range(x.shape[1]))
        np.savetxt(folder / f"{name}.csv", x, "%g", ",", header=header, comments="")
    for name, rows in {
        "components_whole": crossed(rng, 0.0),
        "components_gaps": crossed(rng, 0.2),
    }.items():
        np.savetxt(
            folder / f"{name}.csv", rows, ["%d", "%d", "%d", "%.4f"], ",",
            header="conversation,system,rater,rating", comments="",
        )  # fmt: skip


if __name__ == "__main__":
    main()
