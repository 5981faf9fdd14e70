"""Print the README's table: the ICC that decides at each level, audited ratings.

python benchmarks/readme_table.py --source ../shared/upstream
"""

from __future__ import annotations

import argparse

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.report.markdown import table
from mentalbench_hf.sources import open_source


def readme_table(source: str) -> str:
    """Return the table as Markdown: judges × attributes, system level then response level."""
    targets = read_mentalalign(open_source(source)).targets("audited")
    rows = {p: reliability(targets, settings_of(p)) for p in ("system", "response")}
    cells = {
        (
            r.judge,
            r.attribute,
        ): f"{r.fitting[0]:.2f} {r.verdict} / {one.fitting[0]:.2f} {one.verdict}"
        for r, one in zip(rows["system"], rows["response"], strict=True)
    }
    return table(
        ["system / reply", *targets.names],
        [[judge, *(cells[judge, name] for name in targets.names)] for judge in targets.judges],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="upstream")
    print(readme_table(parser.parse_args().source))
