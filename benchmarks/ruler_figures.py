"""Draw the figures of docs/ruler.md: numbers only, no text of the data.

python benchmarks/ruler_figures.py --source ../shared/upstream --out docs/images
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mentalbench_hf.data.audit.blocks import rater_blocks
from mentalbench_hf.data.mentalalign import MentalAlign, read_mentalalign
from mentalbench_hf.reliability.by_expert import reliability_by_expert
from mentalbench_hf.reliability.protocol import settings_of
from mentalbench_hf.reliability.trust.ceiling import ceiling
from mentalbench_hf.report import figures
from mentalbench_hf.sources import open_source

#: Whose forest plot the page shows: the judge that agrees most with the experts on Guidance.
JUDGE = "o4-mini"
FEATURE = "range of a reply's seven ratings"


def style_frame(data: MentalAlign) -> pd.DataFrame:
    """Return the mean range within a reply by conversation and rater."""
    targets = data.targets("audited")
    n = len(targets.cluster_names)
    made = []
    for r, rater in enumerate(targets.raters):
        ranges = np.ptp(targets.ratings[:, r], axis=1)
        there = ~np.isnan(ranges)
        sums = np.bincount(targets.clusters[there], ranges[there], minlength=n)
        counts = np.bincount(targets.clusters[there], minlength=n)
        with np.errstate(invalid="ignore"):
            values = sums / counts
        made.append(
            pd.DataFrame(
                {
                    "conversation_id": targets.cluster_names.astype(int),
                    "rater": rater,
                    "reference": rater == targets.reference,
                    "feature": FEATURE,
                    "value": values,
                    "data": targets.data,
                }
            )
        )
    return pd.concat(made, ignore_index=True)


def drawn(data: MentalAlign) -> Iterator[tuple[str, Any]]:
    """Yield the figures by name."""
    targets = data.targets("audited")
    (found,) = rater_blocks(data)
    blocks = [(b["expert"], b["first"], b["last"]) for b in found.facts["blocks"]]
    yield "ruler_style", figures.style_over_rows(style_frame(data), blocks)
    rows = reliability_by_expert(targets, settings_of("system"), judges=[JUDGE], n_shuffles=1)
    frame = pd.DataFrame([row.record() for row in rows])
    yield "ruler_by_expert", figures.expert_forest(frame)
    frame = pd.DataFrame(ceiling(targets).record()["judges"])
    frame = frame[frame["statistic"] == "icc_c1"]
    yield "ruler_ceiling", figures.judges_under_ceiling(frame.assign(data=targets.data))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="upstream")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, ax in drawn(read_mentalalign(open_source(options.source))):
        path = options.out / f"{name}.png"
        ax.figure.savefig(path, dpi=110)
        print(path)


if __name__ == "__main__":
    main()
