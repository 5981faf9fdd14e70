"""Does the search for rater blocks find blocks where none are? Rows of the released sheet shuffled.

python benchmarks/rater_blocks.py --source ../shared/upstream [--shuffles 200] [--seed 0]

A shuffled sheet holds the same rows, labels and judges, and no block: what is found in it is wrong.
"""

from __future__ import annotations

import argparse

import numpy as np

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.data.ruler.change_points import LEVEL
from mentalbench_hf.data.ruler.rater_blocks import rater_blocks
from mentalbench_hf.sources import open_source


def main() -> None:
    """Print how many shuffled sheets had blocks, and what the sheet itself has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True)
    parser.add_argument("--shuffles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    data = read_mentalalign(open_source(args.source))
    human, *judges = data.ratings()
    rng = np.random.default_rng(args.seed)
    p_values, wrong = [], 0
    for shuffle in range(args.shuffles):
        order = rng.permutation(len(human))
        found = rater_blocks(human[order], np.array(judges)[:, order], seed=shuffle).found
        p_values.append(found.p_value)
        wrong += bool(found.rows)
    rows = [int(data.conversation_ids[r]) for r in data.blocks.found.rows]
    print(f"the sheet as it is: blocks begin at ConvID {rows}, p = {data.blocks.found.p_value}")
    print(f"{args.shuffles} shuffled sheets: blocks in {wrong} ({wrong / args.shuffles:.1%})")
    for level in (LEVEL, 0.05):
        share = np.mean(np.array(p_values) <= level)
        print(f"p <= {level}: {share:.1%}")


if __name__ == "__main__":
    main()
