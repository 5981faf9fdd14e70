"""A panel's report as tables to read, a page of Markdown, and files."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.files import added_files, write_json
from mentalbench_hf.reliability.panel.pair_sums import MEAN
from mentalbench_hf.reliability.panel.report import PARTS, PanelReport
from mentalbench_hf.report.figures import panel_differences
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE
from mentalbench_hf.report.result_table import ResultTable
from mentalbench_hf.schema import SYNTHETIC

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: What a table for reading shows of each part.
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "verdicts": (
        "judge", "attribute", "verdict", "difference", "low", "high", "expert_expert", "n_items",
    ),
    "agreement": (
        "judge", "attribute", "statistic", "expert_expert", "judge_expert", "difference", "low",
        "high", "n_items",
    ),
    "leave_one_out": (
        "judge", "attribute", "expert", "expert_rest", "judge_rest", "difference", "low", "high",
    ),
    "alternative_annotator": (
        "judge", "attribute", "baseline", "epsilon", "winning_rate", "advantage_probability",
        "n_experts", "n_items", "passed",
    ),
    "alpha": ("judge", "attribute", "replaced", "alpha", "low", "high", "change", "n_items"),
    "validity": ("judge", "attribute", "validity", "low", "high", "warning"),
    "ranking": (
        "judge", "attribute", "tau_b", "low", "high", "swap_probability", "winner",
        "judge_winner", "other_winner_probability",
    ),
    "unsafe": (
        "judge", "attribute", "expert", "threshold", "n_low", "experts_too", "judge_too",
        "difference", "low", "high",
    ),
    "raters": (
        "rater", "kind", "attribute", "n_ratings", "severity", "severity_low", "severity_high",
        "spread", "equal_share", "repeated_p_value", "drift_p_value",
    ),
    "severity": (
        "rater", "kind", "attribute", "severity", "standard_error", "infit", "outfit",
        "fair_average",
    ),
    "components": ("attribute", "source", "variance", "low", "high", "share", "meaning"),
}  # fmt: skip
#: How to read a part; for a reader who sees the table first.
_READING: Final[dict[str, str]] = {
    "agreement": "Means over every two experts, on the items that both and the judge rated.",
    "leave_one_out": "expert_rest: the expert against the mean of the others; judge_rest: the "
    "judge against the same mean. ICC(A,1).",
    "alternative_annotator": "A judge passes where it wins against half of the experts "
    "(winning_rate). Where a baseline that knows nothing of the reply passes as well, passing "
    "means nothing.",
    "alpha": "replaced: the expert whose place the judge takes; the first row is the experts.",
    "validity": "Above 1 it is no validity: see the warning.",
    "ranking": "swap_probability: of two systems drawn at random, how often judge and experts "
    "order them unlike.",
    "unsafe": "Of the replies one expert rated low: the share that the other experts, and the "
    "judge, rated low too. What experts miss is the ceiling.",
    "raters": "severity: rating points below the raters' mean level on the same items. "
    "equal_share: replies with all attributes rated alike.",
    "severity": "Logits, higher is stricter; infit and outfit near 1 fit the model.",
    "components": "share: of the variance of a single rating.",
}


@dataclass(frozen=True, eq=False, repr=False)
class PanelTables:
    """A panel's report with everything that is needed to show it.

    Attributes:
        report: what was computed.
    """

    report: PanelReport

    @property
    def verdicts(self) -> list[str]:
        """One sentence per judge and attribute."""
        return [verdict.sentence for verdict in self.report.parts["verdicts"]]

    @property
    def not_computed(self) -> list[str]:
        """What could not be computed, for whom, and why."""
        return [
            f"{n['part']} ({', '.join(filter(None, (n['attribute'], n['judge'])))}): {n['reason']}"
            for n in self.report.not_computed
        ]

    def table(self, part: str) -> ResultTable[Any]:
        """Return one part, every row of it."""
        rows = self.report.parts[part]
        return self._as_table(part, rows, [])

    def tables(self) -> Mapping[str, ResultTable[Any]]:
        """Return the parts that hold anything, as a reader wants them: means before details."""
        shown = {part: _to_read(part, rows) for part, rows in self.report.parts.items() if rows}
        return {part: self._as_table(part, rows, [_READING.get(part, "")])
                for part, rows in shown.items()}  # fmt: skip

    def to_frame(self, part: str = "verdicts") -> pd.DataFrame:
        """Return one part as a tidy DataFrame.

        Args:
            part: one of "verdicts", "agreement", "leave_one_out", "alternative_annotator",
                "alpha", "validity", "ranking", "unsafe", "raters", "severity",
                "components".
        """
        return self.table(part).to_frame()

    def record(self) -> dict[str, Any]:
        """Return one object for JSON: a list of records per part, and `not_computed`."""
        return self.report.record()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each judge's agreement less the experts' own, by attribute.

        Raises:
            StatisticsError: no judge could be compared.
        """
        return self.table("verdicts").plot(ax)

    def markdown(self) -> str:
        """Return the report as a page of Markdown: verdicts first."""
        r = self.report
        title = "Is the judge as good as one more expert?"
        lines = [f"# {SYNTHETIC}: {title}" if r.synthetic else f"# {title}", ""]
        lines += [SYNTHETIC_NOTICE, ""] if r.synthetic else []
        lines += [
            f"{len(r.experts)} experts ({', '.join(r.experts)}); judges: "
            f"{', '.join(r.judges) or 'none'}; ratings: {r.data}.",
            "",
        ]
        lines += [f"- {sentence}" for sentence in self.verdicts]
        lines += [""] if self.verdicts else []
        for part, table in self.tables().items():
            lines += [f"## {PARTS[part][0].upper()}{PARTS[part][1:]}", "", table.text("md")
                      .partition("\n\n")[2].removeprefix(f"{SYNTHETIC_NOTICE}\n\n")]  # fmt: skip
        if r.not_computed:
            lines += ["## Not computed", ""]
            lines += [f"- {said}" for said in self.not_computed]
        return "\n".join(lines).rstrip() + "\n"

    def save(self, folder: Path | str) -> list[Path]:
        """Write panel.json, panel.md, one CSV per part, and the figure; return the paths."""
        folder = Path(folder)
        with added_files(folder) as made:
            write_json(made / "panel.json", self.record())
            (made / "panel.md").write_text(self.markdown(), encoding="utf-8")
            for part, rows in self.report.parts.items():
                if rows:
                    text = self.table(part).text("csv")
                    (made / f"{part}.csv").write_text(text, encoding="utf-8")
            if self.report.parts["verdicts"]:
                figure = self.plot().get_figure(root=True)
                if figure is not None:
                    figure.savefig(made / "panel.png", dpi=200)
            names = sorted(path.name for path in made.iterdir())
        return [folder / name for name in names]

    def __repr__(self) -> str:
        """Say what it is."""
        r = self.report
        return f"<Panel of {len(r.experts)} experts and {len(r.judges)} judges, {r.data}>"

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.verdicts)
        tables = "".join(
            f"<details{' open' if part == 'verdicts' else ''}><summary>{html.escape(PARTS[part])}"
            f"</summary>{table._repr_html_()}</details>"
            for part, table in self.tables().items()
        )
        return f"<ul>{said}</ul>{tables}"

    def _as_table(self, part: str, rows: list[Any], reading: list[str]) -> ResultTable[Any]:
        draw = None
        if part == "verdicts":

            def draw(frame: pd.DataFrame, ax: Axes | None) -> Axes:
                return panel_differences(frame, self.report.data, ax)

        return ResultTable(
            rows=tuple(rows),
            name=part,
            title=PARTS[part],
            columns=_COLUMNS[part],
            reading=tuple(reading),
            synthetic=self.report.synthetic,
            draw=draw,
        )


def _to_read(part: str, rows: list[Any]) -> list[Any]:
    """Leave out what a reader does not want at first; machine formats hold it all."""
    if part == "agreement":
        return [row for row in rows if row.expert == MEAN]
    if part == "leave_one_out":
        return [row for row in rows if row.statistic == "icc_a1"]
    return rows
