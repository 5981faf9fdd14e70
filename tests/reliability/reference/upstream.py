"""Write the audited ratings, pair by pair, for reference.R: python upstream.py SHEETS FOLDER.

SHEETS holds the released sheets. FOLDER is to be thrown away; only what R
computes from it is kept (upstream.csv).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.reliability.core.replicated_sums import mean_ratings
from mentalbench_hf.reliability.protocol import grid_of
from mentalbench_hf.sources import open_source


def main(sheets: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    targets = read_mentalalign(open_source(sheets)).targets("audited")
    for judge in targets.judges:
        for name in targets.attributes:
            pairs = {
                "response": targets.pair(judge, name),
                "system": mean_ratings(grid_of(targets, judge, name)),
            }
            for level, pair in pairs.items():
                known = pair[~np.isnan(pair).any(axis=1)]
                file = folder / f"{judge}_{name}_{level}.csv"
                np.savetxt(file, known, "%.17g", ",", header="r1,r2", comments="")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
