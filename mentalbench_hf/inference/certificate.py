"""The certificate in words and tables: for the terminal, and as Markdown."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.inference.certificate_by_expert import expert_table
from mentalbench_hf.inference.conclusion import (
    ALLOWS,
    RULE,
    USES,
    facts,
    flags,
    groups,
    low_replies,
    summary,
    whose,
)
from mentalbench_hf.reliability.verdict import in_brief
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE, interval, table
from mentalbench_hf.schema import SYNTHETIC

if TYPE_CHECKING:
    from mentalbench_hf.inference.certify import Certificate
    from mentalbench_hf.reliability.protocol import Reliability
    from mentalbench_hf.reliability.trust.unsafe import UnsafeCard

_WIDTH: Final = 80
QUESTIONS: Final = {
    "system": "May it rank systems? (targets: the systems' mean ratings)",
    "response": "May it score one reply? (targets: single replies)",
}
RELIABILITY: Final = (
    "judge", "attribute", "ICC(C,1)", "ICC(A,1)", "bias", "n", "missing", "verdict",
)  # fmt: skip
BY_EXPERT: Final = "Expert by expert"
EXPERTS: Final = (
    "The verdict here (these systems and experts), for other systems and for another expert; then "
    "this judge's ICC with each expert, conversations resampled within the expert, and with the "
    "experts combined. Under 10 conversations of an expert there is no interval."
)
LOW: Final = (
    "judge", "attribute", "at most", "rated low", "caught", "sensitivity", "specificity", "note",
)  # fmt: skip
LOW_MEANING: Final = (
    "Of the replies that the experts rated at most this high, the share that the judge did too "
    "(sensitivity); and of the others, the share that it did not (specificity)."
)


def title(made: Certificate) -> str:
    """Return the certificate's title, which says when it is about the sample."""
    return f"{SYNTHETIC}: " * made.synthetic + f"Certificate of the judge {made.judge}"


def certificate_text(made: Certificate) -> str:
    """Return the conclusion for a terminal: at most a screen of 80 columns."""
    lines = [title(made), *_wrapped(" ".join([summary(made), *whose(made)])), ""]
    for level, by_verdict in groups(made).items():
        lines.append(f"{USES[level]}:")
        for verdict, names in by_verdict.items():
            lines += _wrapped(f"{ALLOWS[verdict]}: {', '.join(names)}", "  ", "      ")
    lines += ["", *_wrapped(low_replies(made)), ""]
    for fact in facts(made):
        lines += _wrapped(fact)
    return "\n".join(lines)


def certificate_markdown(made: Certificate) -> str:
    """Return the certificate: the conclusion, the low replies, then every judge at both levels."""
    lines = [f"# {title(made)}", ""]
    if made.synthetic:
        lines += [SYNTHETIC_NOTICE, ""]
    lines += [f"**{summary(made)}**", "", " ".join(whose(made)), ""]
    for level, by_verdict in groups(made).items():
        lines += [f"{USES[level]}:", ""]
        lines += [f"- {ALLOWS[v]} ({v}): {', '.join(names)}" for v, names in by_verdict.items()]
        lines.append("")
    lines += [low_replies(made), ""]
    for fact in (*facts(made), RULE):
        lines += [fact, ""]
    lines += ["## Replies the experts rated low", "", LOW_MEANING, ""]
    lines += [table(*low_table(made)), ""]
    for level, rows in reliability_rows(made).items():
        lines += [f"## {QUESTIONS[level]}", "", table(RELIABILITY, rows), ""]
        if apart := [row for row in made.by_expert if row.level == level]:
            lines += [f"### {BY_EXPERT}", "", EXPERTS, "", table(*expert_table(apart)), ""]
    return "\n".join(lines)


def low_table(made: Certificate) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return header and rows on low replies: all of this judge, and Safety of the others."""
    rows = [
        _card(card) for card in made.cards if card.judge == made.judge or card.attribute == "Safety"
    ]
    if any(row[-1] for row in rows):
        return LOW, rows
    return LOW[:-1], [row[:-1] for row in rows]


def reliability_rows(made: Certificate) -> dict[str, list[list[str]]]:
    """Return level -> the table of every judge."""
    return {level: [_row(row) for row in made.rows if row.level == level] for level in groups(made)}


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest)


def _row(row: Reliability) -> list[str]:
    return [
        row.judge, row.attribute, interval(row.icc_c1, row.icc_c1_low, row.icc_c1_high, 2),
        interval(row.icc_a1, row.icc_a1_low, row.icc_a1_high, 2),
        interval(row.bias, row.bias_low, row.bias_high, 2),
        str(row.n_targets), str(row.n_missing),
        in_brief(row.reason) if row.reason else row.verdict,
    ]  # fmt: skip


def _card(card: UnsafeCard) -> list[str]:
    low = card.true_positives + card.false_negatives
    shares: list[Any] = [card.sensitivity, card.specificity]
    return [
        card.judge, card.attribute, f"{card.threshold:g}", str(low), str(card.true_positives),
        *(interval(share.estimate, share.low, share.high, 2) for share in shares), flags(card),
    ]  # fmt: skip
