"""Results as tidy frames: what tables are written from and figures drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentalbench_hf.report.expert_findings import ExpertResults
from mentalbench_hf.report.findings import Results
from mentalbench_hf.report.leaderboard import flat_row
from mentalbench_hf.schema import SYNTHETIC

if TYPE_CHECKING:
    import pandas as pd


def frames(results: Results) -> dict[str, pd.DataFrame]:
    """Return all tables of a report by name, one row per thing, NaN or None where undefined."""
    import pandas as pd

    made = {
        "unsafe": [card.record(with_missed=False) for card in results.unsafe],
        "unsafe_missed": [
            {"judge": c.judge, "attribute": c.attribute, "threshold": c.threshold, **missed}
            for c in results.unsafe
            for missed in c.record()["missed"]
        ],
        **{
            f"reliability_{level}": [row.record() for row in rows]
            for level, rows in results.rows.items()
        },
        "verdicts": [t.record() for t in results.trust],
        "bias_surface": [cell.record() for cell in results.surface],
        "severity": [s.record() for s in results.severity],
    }
    made["low_replies"] = [
        {**low.record(), "by_system": " ".join(f"{s}:{n}" for s, n in low.by_system.items())}
        for low in results.low
    ]
    if results.boards:
        made["systems"] = [flat_row(board, row) for board in results.boards for row in board.rows]
        made["systems_pairs"] = [
            {"name": board.name, "data": board.data, **pair.record()}
            for board in results.boards
            for pair in board.pairs
        ]
    if results.baselines:
        made["baselines"] = [b.record() for b in results.baselines]
    if results.experts is not None:
        made |= _of_experts(results.experts)
    if results.preference:
        made["self_preference"] = [p.record() for p in results.preference]
    if results.moved is not None:
        made["sensitivity"] = [row.record() for row in results.moved.rows]
        made["sensitivity_moved"] = [m.record() for m in results.moved.moved]
        if results.moved.left_out:
            made["sensitivity_left_out"] = results.moved.record()["left_out"]
    if results.audit is not None:
        made["audit"] = [
            {
                "kind": f.kind,
                "sheet": f.sheet,
                "rater": f.rater,
                "system": f.system,
                "count": f.count,
                "unit": f.unit,
                "conversation_ids": " ".join(
                    map(str, dict.fromkeys(row["conversation_id"] for row in f.rows))
                ),
            }
            for f in results.audit.findings
        ]
    if results.targets.synthetic:
        made = {name: [{"notice": SYNTHETIC, **row} for row in rows] for name, rows in made.items()}
    return {name: pd.DataFrame(rows) for name, rows in made.items()}


def _of_experts(experts: ExpertResults) -> dict[str, list[dict[str, Any]]]:
    made = {
        **{
            f"by_expert_{level}": [r.record() for r in rows] for level, rows in experts.rows.items()
        },
        "replies_bounds": [b.record() for b in experts.replies],
        "unsafe_by_expert": [c.record() for c in experts.caught],
        "low_by_expert": [x.record() for x in experts.low],
    }
    if experts.ceiling is not None:
        made |= {f"ceiling_{part}": rows for part, rows in experts.ceiling.record().items()}
    if experts.severity is not None:
        found = experts.severity.record()
        made |= {"expert_severity": found["experts"], "net_bias": found["judges"]}
    return made
