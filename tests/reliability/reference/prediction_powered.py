"""Make prediction_powered.json: the mean of ppi-python 0.2.3 on seeded data.

Run by hand where that library is installed (pip install ppi-python==0.2.3); the tests read the
numbers only, so that the package does not depend on it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate

CASES = [(0, 60, 400), (1, 200, 200), (2, 25, 1000)]


def case(seed: int, n: int, n_new: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, size=n + n_new).astype(float)
    predicted = np.clip(np.round(truth + 0.5 + rng.normal(0, 1, size=n + n_new)), 1, 5)
    human, rated, new = truth[:n], predicted[:n], predicted[n:]
    low, high = ppi_mean_ci(human, rated, new, alpha=0.05, lam=1)
    mean = ppi_mean_pointestimate(human, rated, new, lam=1)
    return {
        "human": human.tolist(),
        "predicted": rated.tolist(),
        "new_predicted": new.tolist(),
        "mean": float(np.squeeze(mean)),
        "low": float(np.squeeze(low)),
        "high": float(np.squeeze(high)),
    }


if __name__ == "__main__":
    out = Path(__file__).with_suffix(".json")
    out.write_text(json.dumps([case(*c) for c in CASES]) + "\n", encoding="utf-8")
