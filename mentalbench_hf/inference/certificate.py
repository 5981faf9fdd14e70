"""The certificate in words and tables."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.reliability.verdict import VERDICT_MEANING, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.inference.certify import Certificate
    from mentalbench_hf.reliability.protocol import Reliability

_SYNTHETIC: Final = "SYNTHETIC SAMPLE"
_QUESTION: Final = {
    "system": "May it rank systems? (targets: the systems' mean ratings)",
    "response": "May it score one reply? (targets: single replies)",
}


def certificate_markdown(made: Certificate) -> str:
    """Return the certificate: verdicts, the unsafe replies, then every judge at both levels."""
    lines = [f"# {_SYNTHETIC}: " * made.synthetic + f"Certificate of the judge {made.judge}"]
    if not made.synthetic:
        lines[0] = "# " + lines[0]
    if made.synthetic:
        lines += ["", "Invented texts and ratings: nothing here says anything about a real judge."]
    left_out = f" Its own counterpart {made.own_counterpart} is left out." * bool(
        made.own_counterpart
    )
    lines += [
        "",
        f"{made.n_replies} replies of {made.n_conversations} conversations, each rated by human "
        f"experts; {made.n_unscored} without a rating by this judge.{left_out}",
        *(["", made.codes.sentence] if made.codes and made.codes.sentence else []),
        "",
        "## Verdicts",
        "",
        *_table(
            ["attribute", "ranking systems", "scoring one reply"],
            [
                [name, _words(levels["system"]), _words(levels["response"])]
                for name, levels in _own(made).items()
            ],
        ),
        "",
        "GR: " + VERDICT_MEANING[Verdict.GOOD] + ". MV: " + VERDICT_MEANING[Verdict.MODERATE]
        + ". LR: " + VERDICT_MEANING[Verdict.LIMITED]
        + ". Verdicts are from the lower 95% bound of ICC(C,1) for ranking and ICC(A,1) for "
        "scoring; resampled are the conversations, for these systems.",
        "",
        "## Replies the experts rated low",
        "",
        "Of the replies that the experts rated at most this high, the share that the judge did "
        "too (sensitivity); and of the others, the share that it did not (specificity).",
        "",
        *_table(
            ["judge", "attribute", "at most", "rated low", "caught", "sensitivity", "specificity"],
            [_card(card) for card in made.cards if _shown(card, made)],
        ),
    ]  # fmt: skip
    for level, question in _QUESTION.items():
        lines += ["", f"## {question}", ""]
        rows = [row for row in made.rows if row.level == level]
        lines += _table(
            ["judge", "attribute", "ICC(C,1)", "ICC(A,1)", "bias", "n", "missing", "verdict"],
            [_row(row) for row in rows],
        )
    return "\n".join([*lines, ""])


def write_certificate(made: Certificate, out: Path) -> list[Path]:
    """Write certificate.md, certificate.json and reliability.csv; return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / "certificate.md", out / "certificate.json", out / "reliability.csv"]
    paths[0].write_text(certificate_markdown(made), encoding="utf-8")
    paths[1].write_text(
        json.dumps(made.record(), indent=2, ensure_ascii=False, default=str), encoding="utf-8"
    )
    with paths[2].open("w", encoding="utf-8", newline="") as file:
        records = [row.record() | {"synthetic": made.synthetic} for row in made.rows]
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return paths


def _own(made: Certificate) -> dict[str, dict[str, Reliability]]:
    own: dict[str, dict[str, Reliability]] = {}
    for row in made.rows:
        if row.judge == made.judge:
            own.setdefault(row.attribute, {})[row.level] = row
    return own


def _words(row: Reliability) -> str:
    if row.level == "system":
        return f"{row.verdict} (ICC(C,1) {_interval(row.icc_c1, row.icc_c1_low, row.icc_c1_high)})"
    return f"{row.verdict} (ICC(A,1) {_interval(row.icc_a1, row.icc_a1_low, row.icc_a1_high)})"


def _row(row: Reliability) -> list[str]:
    return [
        row.judge, row.attribute, _interval(row.icc_c1, row.icc_c1_low, row.icc_c1_high),
        _interval(row.icc_a1, row.icc_a1_low, row.icc_a1_high),
        _interval(row.bias, row.bias_low, row.bias_high),
        str(row.n_targets), str(row.n_missing), row.verdict,
    ]  # fmt: skip


def _shown(card: Any, made: Certificate) -> bool:
    # Every attribute of this judge; of the others, Safety, which is what to compare first.
    return bool(card.judge == made.judge or card.attribute == "Safety")


def _card(card: Any) -> list[str]:
    low = card.true_positives + card.false_negatives
    sensitivity, specificity = card.sensitivity, card.specificity
    return [
        card.judge, card.attribute, f"{card.threshold:g}", str(low), str(card.true_positives),
        _interval(sensitivity.estimate, sensitivity.low, sensitivity.high),
        _interval(specificity.estimate, specificity.low, specificity.high),
    ]  # fmt: skip


def _interval(value: float, low: float, high: float) -> str:
    if value != value:
        return "n/a"
    return f"{value:.2f} [{low:.2f}, {high:.2f}]" if low == low else f"{value:.2f}"


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
