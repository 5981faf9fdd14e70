"""Where may a judge's ratings of a new system be put in human units, and where is it refused?

    python benchmarks/human_units.py [--source ../shared/upstream] [--system gpt-4o]

Treats a system of the released data as new: its human ratings are withheld, and `human_mean` is
asked for its mean from each judge's ratings and the other systems. A judge whose own counterpart
the system is, is asked about it like the others. Prints one row per judge and attribute with the
reasons for refusing, and how many are refused for which reason.
"""

from __future__ import annotations

import argparse
from collections import Counter

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.reliability.trust.human_units import HumanMean, human_mean
from mentalbench_hf.sources import open_source

#: What a reason begins with or holds -> what it is called in the table.
REASONS = {
    "another expert may move": "another expert",
    "does not follow the differences": "judge ranks systems badly",
    "do not tell whether": "ranking cannot be told",
    "predicts single replies": "no skill on single replies",
    "the interval is": "interval too wide",
}


def kinds(found: HumanMean) -> list[str]:
    """Return why a mean was refused, in a word or two each."""
    return [next(k for text, k in REASONS.items() if text in r) for r in found.reasons]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--source", default="upstream")
    parser.add_argument("--system", default="gpt-4o", help="the system to treat as new")
    given = parser.parse_args()
    targets = read_mentalalign(open_source(given.source)).targets()
    new = targets.systems == targets.system_names.index(given.system)
    known, withheld = targets.select(~new), targets.select(new)
    rows: list[tuple[HumanMean, float]] = []
    for judge in targets.judges:
        for name in targets.names:
            pair = withheld.pair(judge, name, keep_own=True)
            conversations = withheld.cluster_names[withheld.clusters]
            found = human_mean(known, judge, name, pair[:, 1], conversations=conversations)
            truth = float(pair[~(pair != pair).any(axis=1), 0].mean())
            rows.append((found, truth))
            said = "refused: " + ", ".join(kinds(found))
            if not found.refused:
                said = f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}], truth {truth:.2f}"
            print(
                f"{judge:18} {name:16} severity sd {found.severity_sd:.2f} "
                f"useful width {found.useful_width:.2f}  {said}",
                flush=True,
            )
    counts = Counter(kind for found, _ in rows for kind in kinds(found))
    refused = sum(found.refused for found, _ in rows)
    print(f"\n{given.system} as new: refused {refused} of {len(rows)}")
    for kind, n in counts.most_common():
        print(f"  {kind}: {n}")


if __name__ == "__main__":
    main()
