"""The certificate as one page: self-contained, light and dark, for a screen of any width."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING, Final

from mentalbench_hf.inference.certificate import (
    BY_EXPERT,
    EXPERTS,
    LOW_MEANING,
    QUESTIONS,
    RELIABILITY,
    low_table,
    reliability_rows,
    title,
)
from mentalbench_hf.inference.certificate_by_expert import expert_table
from mentalbench_hf.inference.conclusion import (
    ALLOWS,
    RULE,
    USES,
    facts,
    groups,
    low_replies,
    whose,
)
from mentalbench_hf.inference.conclusion import summary as conclusion
from mentalbench_hf.reliability.verdict import Verdict
from mentalbench_hf.report.markdown import SYNTHETIC_MEANING
from mentalbench_hf.schema import SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentalbench_hf.inference.certify import Certificate

_CLASS: Final = {
    Verdict.GOOD: "good", Verdict.MODERATE: "check", Verdict.LIMITED: "not", Verdict.UNKNOWN: "not",
}  # fmt: skip
_MARK: Final = {"good": "✓", "check": "○", "not": "✕"}
_STYLE: Final = """
:root { color-scheme: light dark; --text: #1b1b1b; --page: #fff; --soft: #f3f4f6; --line: #c9ccd1;
  --good: #00593d; --check: #7a4b00; --not: #8f1d14; }
@media (prefers-color-scheme: dark) { :root { --text: #e9e9e9; --page: #16181c; --soft: #22252b;
  --line: #4a4f58; --good: #6fd6ab; --check: #f0bd62; --not: #ff9c92; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; color: var(--text);
  background: var(--page); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
.sum { font-size: 1.15rem; font-weight: 600; }
.uses { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr));
  gap: 1rem; }
.uses section { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem;
  padding: .25rem 1rem 1rem; }
.uses h2 { margin-top: .5rem; }
dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0 0 0 1.4rem; }
.good { color: var(--good); } .check { color: var(--check); } .not { color: var(--not); }
.note { border-left: .25rem solid var(--check); padding-left: .75rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  white-space: nowrap; }
td:nth-child(8) { white-space: normal; }
figure { margin: 1rem 0; background: #fff; border-radius: .5rem; padding: .5rem; }
figure svg { width: 100%; max-width: 46rem; height: auto; display: block; }
summary { cursor: pointer; margin-top: 1rem; font-weight: 600; }
"""


def certificate_page(made: Certificate) -> str:
    """Return the certificate as HTML: the conclusion, a figure, then the tables behind it."""
    head = html.escape(title(made))
    tables = "".join(
        f"<details><summary>{html.escape(QUESTIONS[level])}</summary>"
        f"{_table(RELIABILITY, rows)}</details>"
        for level, rows in reliability_rows(made).items()
    )
    experts = "".join(
        f"<h3>{html.escape(QUESTIONS[level])}</h3>"
        + _table(*expert_table([row for row in made.by_expert if row.level == level]))
        for level in dict.fromkeys(row.level for row in made.by_expert)
    )
    if experts:
        experts = f"<h2>{BY_EXPERT}</h2><p>{html.escape(EXPERTS)}</p>{experts}"
    reach = html.escape(" ".join(whose(made)))
    told = "".join(f"<p>{html.escape(fact)}</p>" for fact in (*facts(made), RULE))
    invented = f'<p class="note">{SYNTHETIC}: {SYNTHETIC_MEANING}</p>' if made.synthetic else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{head}</title><style>{_STYLE}</style></head><body><main><h1>{head}</h1>{invented}"
        f'<p class="sum">{html.escape(conclusion(made))}</p><p>{reach}</p>'
        f'<div class="uses">{_uses(made)}</div>'
        f'<p class="note">{html.escape(low_replies(made))}</p>{told}'
        "<h2>Scoring single replies: the judge beside others</h2>"
        "<p>ICC(A,1) with its 95% interval; the dotted lines are the limits of the verdicts.</p>"
        '<figure role="img" aria-label="ICC(A,1) by attribute and judge; the tables hold the '
        f'numbers">{_figure(made)}</figure>'
        "<h2>Replies the experts rated low</h2>"
        f"<p>{html.escape(LOW_MEANING)}</p>{_table(*low_table(made))}"
        f"{experts}<h2>All numbers</h2>{tables}</main></body></html>\n"
    )


def certificate_part(made: Certificate) -> str:
    """Return the conclusion and this judge's numbers as HTML to stand in a page, unstyled."""
    tables = "".join(
        f"<p>{html.escape(QUESTIONS[level])}</p>"
        f"{_table(RELIABILITY, [row for row in rows if row[0] == made.judge])}"
        for level, rows in reliability_rows(made).items()
    )
    return (
        f"<h2>{html.escape(title(made))}</h2><p>{html.escape(conclusion(made))}</p>"
        f"{_uses(made)}<p>{html.escape(low_replies(made))}</p>{tables}"
    )


def _uses(made: Certificate) -> str:
    return "".join(
        f"<section><h2>{USES[level]}</h2><dl>"
        + "".join(
            f'<dt class="{_CLASS[v]}">{_MARK[_CLASS[v]]} {html.escape(ALLOWS[v])}</dt>'
            f"<dd>{html.escape(', '.join(names))}</dd>"
            for v, names in by_verdict.items()
        )
        + "</dl></section>"
        for level, by_verdict in groups(made).items()
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in header)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _figure(made: Certificate) -> str:
    """Return the intervals at the response level as SVG, without its XML head."""
    import matplotlib as mpl

    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": made.judge}):  # the same certificate, the same file
        figure = made.plot().figure
        figure.savefig(drawn, format="svg", metadata={"Date": None})  # type: ignore[union-attr]
    text = drawn.getvalue()
    return text[text.index("<svg") :]
