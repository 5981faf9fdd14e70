"""Reliability by expert as a table for reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mentalbench_hf.reliability.by_expert import ExpertReliability
from mentalbench_hf.reliability.verdict import FITTING
from mentalbench_hf.report.markdown import interval, number

#: How to read the table.
READING: Final = (
    "A row of one expert speaks of that expert's conversations; the row combined of the experts as "
    "a sample of those who might rate, with the range in which one more expert may lie. p: of so "
    "large a spread of ICC(C,1) among experts when conversations are dealt anew; control p: the "
    "same for this judge against the other judges, on the same conversations. Net bias: without "
    "the expert's own severity."
)


def by_expert_records(rows: Sequence[ExpertReliability]) -> list[dict[str, Any]]:
    """Return one record per row, with intervals written out, for a table of two decimals."""
    out = []
    for row in rows:
        value, low, high = row.fitting
        system = row.level == "system"
        ahead = (
            (row.prediction_low, row.prediction_high)
            if system
            else (row.icc_a1_prediction_low, row.icc_a1_prediction_high)
        )
        shown = [number(v, 2) for v in ahead]
        net = interval(row.bias_net, row.bias_net_low, row.bias_net_high, 2)
        out.append(
            {
                "judge": row.judge,
                "attribute": row.attribute,
                "expert": row.expert,
                "talks": row.n_clusters,
                FITTING[row.level]: interval(value, low, high, 2),
                "bias": number(row.bias, 2),
                "net bias": net,
                "verdict": row.verdict,
                "one more expert": "" if shown[0] == "–" else f"{shown[0]} to {shown[1]}",
                "p": "" if row.expert != "combined" else number(row.heterogeneity_p, 3),
                "control p": "" if row.expert != "combined" else number(row.control_p, 3),
                "verdict_reason": row.reason if row.verdict == "n/a" else "",
            }
        )
    return out
