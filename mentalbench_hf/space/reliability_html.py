"""Reliability as HTML: figures with a text beside each, the cells of the heatmap as buttons."""

from __future__ import annotations

import math
from html import escape
from typing import Final

from mentalbench_hf.reliability import VERDICT_MEANING, Reliability, Verdict
from mentalbench_hf.reliability.trust.sentences import Trust
from mentalbench_hf.reliability.trust.unsafe import Share, UnsafeCard
from mentalbench_hf.reliability.verdict import BOUND_GOOD, BOUND_MODERATE, FITTING, in_brief
from mentalbench_hf.report.markdown import interval, number
from mentalbench_hf.report.reliability import HEADER, LEVEL_QUESTION
from mentalbench_hf.report.result_table import ResultTable
from mentalbench_hf.space.reliability_shown import Picture

SEPARATOR: Final = "|"
#: What the letters ask of the interval, beside what they mean.
_BOUNDS: Final = {
    Verdict.GOOD: f"the interval's lower end is {BOUND_GOOD:.2f} or more",
    Verdict.MODERATE: f"the lower end is {BOUND_MODERATE:.2f} or more",
    Verdict.LIMITED: f"the lower end is below {BOUND_MODERATE:.2f}",
    Verdict.UNKNOWN: "there is no interval to judge by",
}


def legend() -> str:
    """Return what the verdicts' letters mean, in words."""
    terms = "".join(
        f"<div><dt>{v}</dt><dd>{escape(VERDICT_MEANING[v])} ({escape(_BOUNDS[v])})</dd></div>"
        for v in Verdict
    )
    return (
        '<section class="mb-page" aria-label="What the letters mean"><p class="mb-words">The ICC '
        "says how far a judge's ratings agree with the experts': 1 is full agreement, 0 is none. "
        f'Its 95% interval decides the letters:</p><dl class="mb-legend">{terms}</dl></section>'
    )


def verdict_cell(verdict: str) -> str:
    """Return a table cell with a verdict's letters and, beside them for a reader, its meaning.

    A reason may follow the letters in brackets.
    """
    meaning = escape(VERDICT_MEANING[Verdict(verdict.partition(" (")[0])], quote=True)
    return f'<td title="{meaning}">{escape(verdict)}<span class="mb-aloud">: {meaning}</span></td>'


def figure(picture: Picture, text: str, inside: str = "") -> str:
    """Return a figure with its alternative text; `inside` lies on top of the image."""
    return (
        f'<figure class="mb-figure" tabindex="0" role="group" aria-label="Figure">'
        f'<div class="mb-over"><img src="{picture.address}" '
        f'alt="{escape(text, quote=True)}">{inside}</div></figure>'
    )


def heatmap(picture: Picture, rows: list[Reliability], level: str) -> str:
    """Return the heatmap with a button on every cell, which names the cell for a reader."""
    judges = list(dict.fromkeys(r.judge for r in rows))
    names = list(dict.fromkeys(r.attribute for r in rows))
    left, top, right, bottom = picture.axes
    width, height = (right - left) / len(names), (bottom - top) / len(judges)
    buttons = []
    for row in rows:
        x, y = left + width * names.index(row.attribute), top + height * judges.index(row.judge)
        place = f"left:{x:.3%};top:{y:.3%};width:{width:.3%};height:{height:.3%}"
        label = f"{row.judge}, {row.attribute}: {summary(row)}. Show its interval"
        buttons.append(
            f'<button type="button" class="mb-cell" style="{place}" '
            f'data-cell="{escape(row.judge + SEPARATOR + row.attribute, quote=True)}" '
            f'aria-label="{escape(label, quote=True)}" title="{escape(summary(row), quote=True)}">'
            "</button>"
        )
    # The buttons carry the numbers, the image needs only its name.
    text = f"Heatmap of judges and attributes, level {level}; every cell is a button"
    return figure(picture, text, "".join(buttons))


def summary(row: Reliability) -> str:
    """Return the ICC that fits the row's level, with its interval and verdict, in words."""
    if row.reason:
        return f"{FITTING[row.level]} {number(row.fitting[0], 2)}, {in_brief(row.reason)}"
    return (
        f"{FITTING[row.level]} {interval(*row.fitting, 2)}, {row.verdict} "
        f"({VERDICT_MEANING[Verdict(row.verdict)]})"
    )


def question(level: str) -> str:
    """Return which question a level answers."""
    return f'<p class="mb-question">{escape(LEVEL_QUESTION[level])}</p>'


def detail(trust: Trust, below: str = "") -> str:
    """Return the verdict sentences of one cell; `below` is HTML that follows them."""
    sentences = "".join(
        f"<li>{escape(s)}</li>" for s in (trust.ranking, trust.scoring, trust.unknown)
    )
    return (
        f'<section class="mb-page" aria-live="polite"><h2>{escape(trust.judge)} on '
        f"{escape(trust.attribute)}</h2><ul class='mb-sentences'>{sentences}</ul>{below}</section>"
    )


def intervals(picture: Picture, rows: list[Reliability], level: str) -> str:
    """Return the intervals of all judges on one attribute, drawn and as a table."""
    text = "; ".join(f"{r.judge}: {summary(r)}" for r in rows)
    name, fitting = rows[0].attribute, FITTING[rows[0].level]
    body = []
    for r in rows:
        shown = in_brief(r.reason) if r.reason else interval(*r.fitting, 2)
        body.append(
            f'<tr><th scope="row">{escape(r.judge)}</th><td>{shown}</td>{verdict_cell(r.verdict)}'
            f"<td>{number(r.bias, 2)}</td><td>{r.n_targets:,}</td></tr>"
        )
    head = ("Judge", f"{fitting} [95% interval]", "Verdict", "Bias: judge − human", "n")
    return (
        f'<section class="mb-page"><h3>All judges on {escape(name)}</h3>'
        f"{figure(picture, f'Intervals at level {level}. {text}')}"
        f"{table(head, body, f'Judges on {name}')}</section>"
    )


def unsafe(cards: list[UnsafeCard], picture: Picture) -> str:
    """Return the unsafe-reply cards of one attribute as a figure and a table."""
    rows = []
    for card in cards:
        low = card.true_positives + card.false_negatives
        rows.append(
            f'<tr><th scope="row">{escape(card.judge)}</th><td>≤ {card.threshold:g}</td>'
            f"<td>{low:,}</td><td>{card.true_positives:,}</td>"
            f"<td><strong>{card.false_negatives:,}</strong></td><td>{_share(card.sensitivity)}</td>"
            f"<td>{_share(card.specificity)}</td><td>{_share(card.precision)}</td></tr>"
        )
    attribute = cards[0].attribute
    text = "; ".join(
        f"{c.judge} missed {c.false_negatives} of {c.true_positives + c.false_negatives}"
        for c in cards
        if c.threshold == cards[0].threshold
    )
    head = (
        "Judge", "Rated", "Low for the human", "Caught", "Missed", "Sensitivity", "Specificity",
        "Precision",
    )  # fmt: skip
    return (
        f'<section class="mb-page"><h2>Unsafe-reply card: {escape(attribute)}</h2>'
        f"<p>Of the replies that the human experts rated low, how many did the judge also rate "
        f"low? Missed ones are replies that a judge would let pass.</p>"
        f"{figure(picture, text)}"
        f"{table(head, rows, f'Unsafe-reply card of {attribute}')}</section>"
    )


def audit_effect(picture: Picture | None, judge: str, level: str) -> str:
    """Return released against audited, or say why it is not there."""
    head = f'<section class="mb-page"><h2>What the audit moves: {escape(judge)}</h2>'
    if picture is None:
        return (
            f"{head}<p class='mb-empty'>The installed data hold the audited ratings only. Build "
            "the datasets, or give the released files, to see both.</p></section>"
        )
    text = f"Released (open) against audited (filled) ICC of {judge}, level {level}, by attribute"
    return (
        f"{head}<p>Released: every published value. Audited: without scores that are not ratings "
        f"of the response.</p>{figure(picture, text)}</section>"
    )


def full_table(made: ResultTable[Reliability]) -> str:
    """Return the whole reliability table, closed at first."""
    at = HEADER.index("verdict")
    rows = [
        "<tr>"
        + "".join(
            verdict_cell(str(value)) if i == at else f"<td>{escape(number(value))}</td>"
            for i, value in enumerate(cells)
        )
        + "</tr>"
        for cells in made.for_reading()
    ]
    return (
        f'<details class="mb-page"><summary>All numbers of this level as a table</summary>'
        f"<p>{escape(made.caption)}</p>{table(HEADER, rows, 'Reliability')}</details>"
    )


def table(head: tuple[str, ...], rows: list[str], label: str) -> str:
    """Return a table whose columns a reader can sort (page.js does it)."""
    columns = "".join(
        f'<th scope="col"><button type="button" class="mb-sort">{escape(h)}</button></th>'
        for h in head
    )
    return (
        f'<div class="mb-scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="mb-scores mb-wide"><thead><tr>{columns}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _share(share: Share) -> str:
    if math.isnan(share.estimate):
        return "no such reply"
    return f"{share.estimate:.0%} [{share.low:.0%}, {share.high:.0%}], n = {share.n:,}"
