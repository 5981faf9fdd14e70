"""The reliability table as Markdown, CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mentalbench_hf.files import added_files, csv_text
from mentalbench_hf.reliability.protocol import Reliability, Settings
from mentalbench_hf.reliability.verdict import VERDICT_MEANING, Verdict, fitting, in_brief
from mentalbench_hf.report.markdown import SYNTHETIC, SYNTHETIC_NOTICE, number, table

HEADER: Final = (
    "judge", "attribute", "axis", "n", "missing", "ICC(C,1)", "ICC(A,1)", "bias", "MSE", "scopes",
    "verdict",
)  # fmt: skip
#: What each level asks; printed with every table so that the two are never mixed.
LEVEL_QUESTION: Final = {
    "system": "level system: may this judge rank systems? Targets are the systems' mean ratings.",
    "response": "level response: may this judge score one reply? Targets are single replies.",
}
_POPULATION: Final = {
    "conversations": "other conversations with these same systems",
    "systems": "other systems answering these same conversations",
    "crossed": "other systems answering other conversations",
}


@dataclass(frozen=True, slots=True)
class ReliabilityTable:
    """Rows with the settings that made them.

    Attributes:
        rows: one per judge and attribute.
        settings: how they were computed.
        synthetic: whether the ratings are the sample.
    """

    rows: Sequence[Reliability]
    settings: Settings
    synthetic: bool

    def caption(self) -> str:
        """Return what the table shows, in a few sentences."""
        s = self.settings
        fits = fitting(s.level, s.rule)
        rule = f"lower bound of {fits}" if s.rule == "bound" else f"width of the {fits} interval"
        data = self.rows[0].data if self.rows else ""
        reasons = dict.fromkeys(r.reason for r in self.rows if r.reason)
        none = f" n/a, without an interval: {' / '.join(reasons)}." if reasons else ""
        return (
            f"{LEVEL_QUESTION[s.level]} Ratings: {data}. In brackets: {s.confidence_level:.0%} "
            f"{self._intervals()}. Verdict from the {rule}: "
            f"{', '.join(f'{v} {VERDICT_MEANING[v]}' for v in list(Verdict)[:3])}."
            f"{self._scopes()}{none}"
        )

    def _scopes(self) -> str:
        if not any(_scopes(r) for r in self.rows):
            return ""
        return (
            " It is the weakest of three, in this order under scopes: for these systems and "
            "experts, for other systems, for another expert (– where that does not apply)."
        )

    def _intervals(self) -> str:
        s = self.settings
        if s.ci == "analytic":
            return "analytic F intervals, which take targets as independent"
        return (
            f"{s.ci} bootstrap intervals ({s.n_resamples:,} replicates, seed {s.seed}), speaking "
            f"of {_POPULATION[s.resample]}"
        )

    def cells(self, digits: int = 3) -> list[tuple[object, ...]]:
        """Return the rows of the table for reading, under HEADER."""
        return [
            (
                r.judge,
                r.attribute,
                r.axis,
                r.n_targets,
                r.n_missing,
                interval(r.icc_c1, r.icc_c1_low, r.icc_c1_high, digits),
                interval(r.icc_a1, r.icc_a1_low, r.icc_a1_high, digits),
                interval(r.bias, r.bias_low, r.bias_high, digits),
                r.mse,
                _scopes(r),
                in_brief(r.reason) if r.reason else r.verdict,
            )
            for r in self.rows
        ]

    def text(self, form: str) -> str:
        """Return the table as ``json``, ``csv`` (formulas guarded) or ``md``."""
        if form == "json":
            records = [r.record() for r in self.rows]
            return json.dumps(records, indent=2, ensure_ascii=False) + "\n"
        if form == "csv":
            return csv_text([r.record() for r in self.rows])
        title = f"# {SYNTHETIC}: reliability" if self.synthetic else "# Reliability"
        notice = f"{SYNTHETIC_NOTICE}\n\n" if self.synthetic else ""
        return f"{title}\n\n{notice}{self.caption()}\n\n{table(HEADER, self.cells())}\n"

    def write(self, folder: Path) -> list[Path]:
        """Write the table in all three forms, all or none, and return the paths."""
        names = [f"reliability_{self.settings.level}.{form}" for form in ("json", "csv", "md")]
        with added_files(folder) as made:
            for name in names:
                text = self.text(name.rpartition(".")[2])
                (made / name).write_text(text, encoding="utf-8")
        return [folder / name for name in names]


def _scopes(row: Reliability) -> str:
    three = (row.verdict_here, row.verdict_other_systems, row.verdict_another_expert)
    return " ".join(v or "–" for v in three) if any(three) else ""


def interval(value: float, low: float, high: float, digits: int = 3) -> str:
    """Return an estimate with its interval for reading."""
    shown, lower, upper = (number(v, digits) for v in (value, low, high))
    return shown if lower == "–" else f"{shown} [{lower}, {upper}]"
