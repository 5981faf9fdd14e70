"""The published figures beside ours, as Markdown."""

from __future__ import annotations

from typing import Final

from mentalbench_hf.reliability.reproduce import (
    BIAS_TOLERANCE,
    ICC_TOLERANCE,
    NOT_REPRODUCIBLE,
    Comparison,
    Reproduction,
)
from mentalbench_hf.report.markdown import table
from mentalbench_hf.report.result_table import ResultTable

HEADER: Final = ("judge", "attribute", "quantity", "published", "ours", "difference", "inside")


def summary(result: Reproduction) -> list[str]:
    """Return one line per quantity: how many cells are inside the tolerance."""
    labels = {
        "icc_c1": f"ICC(C,1) within {ICC_TOLERANCE}",
        "icc_a1": f"ICC(A,1) within {ICC_TOLERANCE}",
        "bias": f"bias within {BIAS_TOLERANCE}",
        "human_mean": "human means within 0.01",
    }
    lines = []
    for quantity, label in labels.items():
        inside, of = result.count(quantity)
        lines.append(f"{label}: {inside}/{of}")
    worst = max(abs(c.difference) for c in result.cells if c.quantity == "mse")
    same = sum(theirs == ours for *_, theirs, ours in result.verdicts)
    lines.append(f"MSE, held to no tolerance: largest difference {worst:.4f}")
    lines.append(f"verdicts equal at this seed: {same}/{len(result.verdicts)}")
    return lines


def reproduction_table(result: Reproduction) -> ResultTable[Comparison]:
    """Return the comparisons as a result whose Markdown is the whole page."""
    return ResultTable(
        rows=(*result.cells, *result.means),
        name="reproduction",
        title="Published figures beside ours",
        columns=HEADER,
        reading=(*summary(result), "\nNot reproducible:", *(f"- {t}" for t in NOT_REPRODUCIBLE)),
        digits=4,
        cells=_cells,
        page=reproduction_markdown(result),
        ok=result.ok,
    )


def _cells(c: Comparison) -> tuple[object, ...]:
    return (c.judge, c.attribute, c.quantity, c.published, c.ours, c.difference, c.reproduced)


def reproduction_markdown(result: Reproduction) -> str:
    """Return the whole comparison as a Markdown page."""
    cells, means = ([_cells(c) for c in found] for found in (result.cells, result.means))
    limits = "\n".join(f"- {text}" for text in NOT_REPRODUCIBLE)
    counts = "\n".join(f"- {line}" for line in summary(result))
    return (
        "# Published figures beside ours\n\nMade by `mentalbench reproduce`: released ratings, "
        f"published protocol.\n\n{counts}\n\n## What cannot be reproduced, and why\n\n{limits}\n\n"
        f"## Reliability\n\n{table(HEADER, cells, digits=4)}\n\n"
        f"## Human means\n\n{table(('system', *HEADER[1:]), means, digits=4)}\n\n"
        "## Verdicts\n\n"
        f"{table(['judge', 'attribute', 'published', 'ours'], list(result.verdicts))}\n"
    )
