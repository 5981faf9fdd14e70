"""Write what the README says of the experts, and print the table of both levels.

python benchmarks/readme_table.py --source ../shared/upstream
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.hub.card import fill
from mentalbench_hf.reliability.protocol import Reliability, settings_of
from mentalbench_hf.report.expert_findings import ExpertResults, comparable, expert_results
from mentalbench_hf.report.experts_page import ANOTHER, another_verdicts
from mentalbench_hf.report.experts_summary import whoever_rates
from mentalbench_hf.report.markdown import table
from mentalbench_hf.report.parts import Points
from mentalbench_hf.sources import open_source

CHECKOUT = Path(__file__).resolve().parents[1]
#: The pages that hold the experts' block.
PAGES = [CHECKOUT / "README.md", CHECKOUT / "docs" / "index.md", CHECKOUT / "docs" / "ruler.md"]


def computed(source: str) -> tuple[dict[str, list[Reliability]], ExpertResults | None, object]:
    """Return the rows of both levels, the experts' part where it can be had, and the ratings."""
    targets = read_mentalalign(open_source(source)).targets("audited")
    settings = {level: settings_of(level) for level in ("system", "response")}
    if comparable(targets):
        rows, experts = expert_results(
            targets, settings, attribute="Safety", threshold=3, progress=lambda step: None
        )
        return rows, experts, targets
    from mentalbench_hf.reliability.protocol import reliability

    return {k: reliability(targets, s) for k, s in settings.items()}, None, targets


def readme_table(source: str) -> str:
    """Return the ICC that decides at each level: judges × attributes, system level then reply."""
    return levels_table(*computed(source)[:2])


def levels_table(rows: dict[str, list[Reliability]], experts: ExpertResults | None) -> str:
    """Return the table of both levels from their rows, with another expert where that is known."""
    both = list(zip(rows["system"], rows["response"], strict=True))
    names = list(dict.fromkeys(r.attribute for r, _ in both))
    cells = {
        (r.judge, r.attribute): f"{r.fitting[0]:.2f} {r.verdict} / "
        f"{one.fitting[0]:.2f} {one.verdict}"
        for r, one in both
    }
    judges = list(dict.fromkeys(r.judge for r, _ in both))
    if experts is not None and experts.ceiling is not None:
        found = another_verdicts(experts)
        judges.append(ANOTHER)
        cells |= {
            (ANOTHER, a.attribute): f"{a.icc_c1:.2f} {found[a.attribute]} / not known"
            for a in experts.ceiling.another
        }
    return table(
        ["system / reply", *names],
        [[judge, *(cells[judge, name] for name in names)] for judge in judges],
    )


def experts_block(source: str) -> str:
    """Return in words and one small table what holds whoever rates."""
    rows, experts, targets = computed(source)
    if experts is None or experts.ceiling is None:
        raise SystemExit("these ratings do not name experts that can be compared")
    points = Points(whoever_rates(targets, rows["response"], experts))  # type: ignore[arg-type]
    judged = [j for j in experts.ceiling.judges if j.statistic == "icc_c1"]
    lines = []
    for a in experts.ceiling.another:
        if a.attribute not in targets.attributes:  # type: ignore[attr-defined]
            continue
        best = max((j for j in judged if j.attribute == a.attribute), key=lambda j: j.judge_expert)
        lines.append((a.attribute, a.icc_c1, a.least, best.judge_expert, best.judge))
    head = ["agreement on which system is better", "two experts, on average",
            "the two who agree least", "best judge with an expert", "that judge"]  # fmt: skip
    return f"{points.markdown()}\n\n{table(head, lines, 2)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="upstream")
    given = parser.parse_args().source
    block = experts_block(given)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(fill(text, {"who_rates": block}, partial=True), encoding="utf-8")
    print(block, readme_table(given), sep="\n\n")
