"""What depends on the expert, as HTML: how far experts agree, and each judge expert by expert."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np

from mentalbench_hf.reliability import VERDICT_MEANING, Reliability, Verdict
from mentalbench_hf.reliability.by_expert import ExpertReliability
from mentalbench_hf.reliability.experts import ALL, COMBINED
from mentalbench_hf.reliability.trust.ceiling import DISAGREE, MARGIN, Ceiling, JudgeCeiling, Label
from mentalbench_hf.reliability.verdict import FITTING, FITTING_COLUMN
from mentalbench_hf.report.markdown import interval, number
from mentalbench_hf.space.expert_styles import expert_label
from mentalbench_hf.space.reliability_html import figure, table, verdict_cell
from mentalbench_hf.space.reliability_shown import Picture

#: Scope -> the field of a row, and what it speaks of.
_SCOPES: Final = {
    "verdict_here": "With these systems and experts",
    "verdict_other_systems": "With other systems",
    "verdict_another_expert": "With another expert",
}
_LEVELS: Final = {"system": "May it rank systems?", "response": "May it score one reply?"}
_LABELS: Final = {
    Label.AS: "it ranks the systems as another expert would",
    Label.BELOW: "it does so less well than another expert would",
    Label.DISAGREE: "the experts themselves disagree here, so neither is a ruler for the other",
    Label.UNKNOWN: "the data do not tell",
}
#: In which statistic: ranking systems forgives a constant offset.
_STATISTIC: Final = "icc_c1"
_ALONE: Final = (
    "How far two experts would agree on the same reply cannot be known: none was rated by two."
)
NOT_KNOWN: Final = (
    "These data do not tell which expert rated which conversation, so nothing can be said expert "
    "by expert."
)


def reach(rows: Sequence[Reliability], beside: JudgeCeiling | None) -> str:
    """Return how far a cell's verdicts reach, in words.

    Args:
        rows: the cell at the system and at the response level.
        beside: the judge beside another expert, None where that is not known.
    """
    body = []
    for row in rows:
        body.append(
            f'<tr><th scope="row">{_LEVELS[row.level]}</th>'
            + "".join(_scope(getattr(row, field)) for field in _SCOPES)
            + "</tr>"
        )
    head = "".join(f'<th scope="col">{h}</th>' for h in ("Question", *_SCOPES.values()))
    label = "How far the verdicts reach"
    compared = ""
    if beside is not None:
        compared = (
            f"<p>Compared with another expert: {_in_words(beside)} (expert with expert "
            f"{number(beside.expert_expert, 2)}, this judge with an expert "
            f"{number(beside.judge_expert, 2)}).</p>"
        )
    return (
        f"<h3>{label}</h3><p>The verdict above is the weakest of these.</p>"
        f'<div class="mb-scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="mb-scores"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody>'
        f"</table></div>{compared}"
    )


def _scope(verdict: str) -> str:
    if not verdict:
        return "<td>not known</td>"
    meaning = VERDICT_MEANING[Verdict(verdict)]
    short = meaning.partition(":")[0]
    return f'<td title="{escape(meaning, quote=True)}">{escape(short)} ({verdict})</td>'


def _in_words(beside: JudgeCeiling) -> str:
    return f"<strong>{beside.label}</strong>: {_LABELS[Label(beside.label)]}"


def ceiling_section(found: Ceiling | None, name: str) -> str:
    """Return how far the experts agree on one attribute or axis, and each judge beside that."""
    head = f'<section class="mb-page"><h2>Experts: how far they agree on {escape(name)}</h2>'
    if found is None:
        return f'{head}<p class="mb-empty">{NOT_KNOWN}</p></section>'
    judges = [j for j in found.judges if (j.attribute, j.statistic) == (name, _STATISTIC)]
    pairs = [p for p in found.experts if p.attribute == name]
    body = [
        f'<tr><th scope="row">{escape(j.judge)}</th>'
        f"<td>{interval(j.expert_expert, j.expert_expert_low, j.expert_expert_high, 2)}</td>"
        f"<td>{number(j.judge_expert, 2)}</td>"
        f"<td>{interval(j.difference, j.low, j.high, 2)}</td><td>{j.label}</td></tr>"
        for j in judges
    ]
    columns = (
        "Judge", "Expert with expert", "Judge with expert", "Judge − another expert", "In words",
    )  # fmt: skip
    apart = [
        f'<tr><th scope="row">{escape(p.expert)} and {escape(p.other)}</th>'
        f"<td>{interval(p.icc_c1, p.icc_c1_low, p.icc_c1_high, 2)}</td>"
        f"<td>{p.n_clusters:,} and {p.n_clusters_other:,}</td></tr>"
        for p in pairs
    ]
    names = ("Styles", "ICC(C,1) [95% interval]", "Conversations")
    return (
        f"{head}<p>No two experts rated the same reply, but all rated the same systems. So one "
        "expert's ranking of the systems can be set beside another's, and a judge in the other's "
        "place. No judge can be asked to agree with an expert better than experts do.</p>"
        f"{table(columns, body, f'Judges beside another expert on {name}')}"
        f'<p class="mb-words">ICC(C,1) of the systems\' means, the mean over all pairs of experts. '
        f"{Label.AS.capitalize()}: the difference's interval lies above "
        f"{number(MARGIN, 2)}; {Label.DISAGREE}: experts reach less than {DISAGREE:.2f} with each "
        "other. A judge's own counterpart is left out, so the first column may differ a little.</p>"
        f"<details><summary>Every pair of experts</summary>"
        f"{table(names, apart, f'Pairs of experts on {name}')}</details></section>"
    )


def by_expert(
    rows: Sequence[ExpertReliability], picture: Picture | None, judge: str, name: str, level: str
) -> str:
    """Return a judge's reliability on one attribute or axis, expert by expert."""
    shown = f"{escape(judge)} on {escape(name)}, expert by expert"
    head = f'<section class="mb-page"><h2>{shown}</h2>'
    if picture is None:
        return f'{head}<p class="mb-empty">{NOT_KNOWN}</p></section>'
    column = FITTING_COLUMN[level]
    figures = {
        r.expert: interval(
            getattr(r, column), getattr(r, f"{column}_low"), getattr(r, f"{column}_high"), 2
        )
        for r in rows
    }
    body = [
        f'<tr><th scope="row">{expert_label(r.expert)}</th><td>{r.n_clusters:,}</td>'
        f"<td>{figures[r.expert]}</td>{verdict_cell(r.verdict)}"
        f"<td>{interval(r.bias, r.bias_low, r.bias_high, 2)}</td></tr>"
        for r in rows
    ]
    columns = (
        "Expert", "Conversations", f"{FITTING['system' if level == 'system' else 'response']} "
        "[95% interval]", "Verdict", "Bias: judge − expert",
    )  # fmt: skip
    text = "; ".join(f"{expert_label(e)}: {f}" for e, f in figures.items() if e != ALL)
    alone = "" if level == "system" else f"<p>{_ALONE}</p>"
    return (
        f"{head}{figure(picture, f'Intervals by expert. {text}')}"
        f"{table(columns, body, f'{judge} on {name} by expert')}"
        f"<p>{_one_more(rows, column)} The verdict of all as one is the weakest of its three "
        f"above.</p>{alone}</section>"
    )


def _one_more(rows: Sequence[ExpertReliability], column: str) -> str:
    """Say what one more expert may give."""
    combined = next(r for r in rows if r.expert == COMBINED)
    prefix = "" if column == "icc_c1" else f"{column}_"
    low, high = (getattr(combined, f"{prefix}prediction_{end}") for end in ("low", "high"))
    if np.isnan(low):
        return "From so few experts nothing follows for one more."
    return (
        f"With one more expert like these it would lie between {number(low, 2)} and "
        f"{number(high, 2)}."
    )
