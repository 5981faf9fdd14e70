"""The table of docs/ceiling.md, from the reader's own copy of the empathy panel.

python benchmarks/panel_ceiling.py ../shared/panels/empathy_experts.csv

For each framework (a scale of its own) the agreement of two experts, and of each judge with an
expert, on the same items: the median over its attributes, whose number stands in brackets, and the
range. The figures of single attributes with their intervals are printed by the command that
docs/ceiling.md names.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

import mentalbench_hf as mb

EXPERTS = ("expert1", "expert2", "expert3")
JUDGES = ("gpt", "claude", "gemini", "crowd")
COLUMNS = ("framework", "statistic", "two experts", *JUDGES)
STATISTICS = {"icc_a1": "ICC(A,1)", "quadratic_weighted_kappa": "weighted kappa"}


def table(frame: pd.DataFrame) -> list[list[str]]:
    """Return the rows of the table."""
    rows = []
    for framework, part in frame.groupby("framework", sort=False):
        ratings = mb.read_ratings(part, EXPERTS[0], target="conversation", attribute="attribute")
        # The intervals are not shown, and so few replicates are enough.
        found = mb.panel(ratings, EXPERTS, JUDGES, n_resamples=10).to_frame("agreement")
        means = found[found["expert"] == "mean"]
        for statistic, title in STATISTICS.items():
            of = means[means["statistic"] == statistic]
            by = of.set_index(["judge", "attribute"])
            experts = by.loc[JUDGES[0], "expert_expert"]
            rows.append([
                f"{framework} ({len(experts)})", title, _told(experts),
                *(_told(by.loc[judge, "judge_expert"]) for judge in JUDGES),
            ])  # fmt: skip
    return rows


def _told(values: pd.Series) -> str:
    """Return a median and a range."""
    return f"{values.median():.2f} ({values.min():.2f}–{values.max():.2f})"


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    lines = [list(COLUMNS), ["---"] * len(COLUMNS), *table(pd.read_csv(parser.parse_args().file))]
    for line in lines:
        sys.stdout.write(f"| {' | '.join(line)} |\n")


if __name__ == "__main__":
    main()
