"""How the published medians of the empathy panel come about, and what other medians there are.

python benchmarks/panel_published.py ../shared/panels/empathy_experts.csv

The file is the public one of Kumar et al. (2026) in long form: columns framework, conversation,
rater, attribute, rating. Published are median quadratic weighted kappas: 0.58 between experts,
0.60 of a model, 0.33 of the crowd. They are medians of different things:

- experts: of each pair of experts on each of the 21 attributes (63 kappas, not 21 means);
- model: of one model (gemini) with the median of the three experts, not with single experts;
- crowd: of the crowd's mean with that median, each value that occurs being a category of its own,
  and the weights being the squared difference of the categories' ranks: 1, 1.5 and 4 are as far
  apart as 1, 2 and 3.
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EXPERTS = ("expert1", "expert2", "expert3")
MODELS = ("gpt", "claude", "gemini")
Floats = NDArray[np.float64]


def kappa(a: Floats, b: Floats) -> float:
    """Quadratic weighted kappa whose weights are squared differences of ratings."""
    observed = ((a - b) ** 2).mean()
    expected = ((a[:, None] - b[None, :]) ** 2).mean()
    return float(1 - observed / expected) if expected else float("nan")


def kappa_of_ranks(a: Floats, b: Floats) -> float:
    """The same of the ranks of the values that occur in either."""
    values = np.unique(np.concatenate([a, b]))
    return kappa(np.searchsorted(values, a).astype(float), np.searchsorted(values, b).astype(float))


def medians(frame: pd.DataFrame) -> list[tuple[str, float, int]]:
    """Return what is taken the median of, the median, and of how many kappas."""
    wide = frame.pivot(
        index=["framework", "attribute", "conversation"], columns="rater", values="rating"
    )
    parts = [part for _, part in wide.groupby(level=["framework", "attribute"], sort=False)]

    def of(part: pd.DataFrame, first: str, other: str, *, ranks: bool = False) -> float:
        both = part[[first, other]].dropna().to_numpy(float)
        return (kappa_of_ranks if ranks else kappa)(both[:, 0], both[:, 1])

    parts = [p.assign(panel=p[list(EXPERTS)].median(axis=1)) for p in parts]
    pairs = [[of(p, a, b, ranks=True) for a, b in combinations(EXPERTS, 2)] for p in parts]
    single = {m: [[of(p, m, e) for e in EXPERTS] for p in parts] for m in (*MODELS, "crowd")}
    panel = {m: [of(p, m, "panel") for p in parts] for m in (*MODELS, "crowd")}
    by_rank = [of(p, "crowd", "panel", ranks=True) for p in parts]
    gemini = [of(p, "gemini", "panel", ranks=True) for p in parts]
    every = [k for m in MODELS for row in single[m] for k in row]
    named = {
        "PUBLISHED experts: every pair": np.ravel(pairs),
        "PUBLISHED model: gemini with the experts' median": gemini,
        "PUBLISHED crowd: with the experts' median, by ranks": by_rank,
        "experts: mean over the pairs of an attribute": np.mean(pairs, axis=1),
        "models: every model with every expert": every,
        "models: mean over models and experts of an attribute": np.mean(
            [single[m] for m in MODELS], axis=(0, 2)
        ),
        **{f"{m}: every expert": np.ravel(single[m]) for m in MODELS},
        **{f"{m}: with the experts' median": panel[m] for m in MODELS},
        "crowd: every expert": np.ravel(single["crowd"]),
        "crowd: mean over the experts of an attribute": np.mean(single["crowd"], axis=1),
        "crowd: with the experts' median, by points": panel["crowd"],
    }
    return [(name, float(np.nanmedian(k)), len(k)) for name, k in named.items()]


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    for name, median, n in medians(pd.read_csv(parser.parse_args().file)):
        sys.stdout.write(f"{median:6.3f}  median of {n:3d}  {name}\n")


if __name__ == "__main__":
    main()
