"""What a certificate comes to, in words: what the judge may be used for, and what not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentalbench_hf.reliability.trust.ceiling import Label
from mentalbench_hf.reliability.verdict import BOUND_GOOD, BOUND_MODERATE, Verdict

if TYPE_CHECKING:
    from mentalbench_hf.inference.certify import Certificate
    from mentalbench_hf.reliability.trust.unsafe import UnsafeCard

#: Level -> the use it is about.
USES: Final = {"system": "To rank systems", "response": "To score single replies"}
#: Verdict -> what it allows, best first.
ALLOWS: Final = {
    Verdict.GOOD: "may be used",
    Verdict.MODERATE: "only after a check on your own data",
    Verdict.LIMITED: "not in place of experts",
    Verdict.UNKNOWN: "the data do not tell",
}
#: How the verdicts are reached, in one sentence.
RULE: Final = (
    f"May be used: the lower 95% bound of ICC(C,1) for ranking, of ICC(A,1) for scoring, is at "
    f"least {BOUND_GOOD}; after a check: at least {BOUND_MODERATE:.2f}. A verdict is the weakest "
    "of its scopes: these systems and experts, other systems, another expert."
)


def groups(made: Certificate) -> dict[str, dict[Verdict, list[str]]]:
    """Return level -> verdict -> attributes and axes with it, levels and verdicts in order."""
    found: dict[str, dict[Verdict, list[str]]] = {}
    for level in USES:
        own = [r for r in made.rows if r.judge == made.judge and r.level == level]
        by_verdict = {v: [r.attribute for r in own if r.verdict == v] for v in ALLOWS}
        if own:
            found[level] = {v: names for v, names in by_verdict.items() if names}
    return found


def summary(made: Certificate) -> str:
    """Return the conclusion as one sentence per level."""
    sentences = []
    for level, by_verdict in groups(made).items():
        good = by_verdict.get(Verdict.GOOD, [])
        n = sum(map(len, by_verdict.values()))
        where = listed(good) if len(good) < n else "every attribute"
        may = f"may be used on {where}" if good else "may not be used on any attribute by itself"
        sentences.append(f"{USES[level]}, {made.judge} {may}.")
    return " ".join(sentences)


def whose(made: Certificate) -> list[str]:
    """Return whose units the conclusion is in, and how far it reaches; at most three sentences.

    The last two say what would hold for these systems and experts alone, and how the judge ranks
    systems beside another expert.
    """
    own = [r for r in made.rows if r.judge == made.judge]
    beyond = ["other conversations"]
    beyond += ["other systems"] * any(r.verdict_other_systems for r in own)
    beyond += ["another expert"] * any(r.verdict_another_expert for r in own)
    units = "of the reference (which expert gave a rating is not said)"
    if n := len(made.experts):
        units = f"of {n} expert{'s' * (n > 1)} ({', '.join(made.experts)}), one to a reply"
    sentences = [f"Judged in the units {units}, for {listed(beyond)}."]
    alone = []
    for level in USES:
        better = [
            r.attribute
            for r in own
            if r.level == level and r.verdict_here == Verdict.GOOD != r.verdict
        ]
        if better:
            alone.append(f"{USES[level].lower()} on {listed(better)}")
    if alone:
        sentences.append(f"For these systems and experts alone also {'; '.join(alone)}.")
    return [*sentences, *_beside(made)]


def _beside(made: Certificate) -> list[str]:
    """Return how the judge ranks systems beside another expert; the most frequent comes last."""
    names: dict[str, list[str]] = {}
    for row in made.by_expert:
        if row.label not in ("", Label.UNKNOWN):
            names.setdefault(row.label, []).append(row.attribute)
    *few, most = sorted(names, key=lambda label: len(names[label])) or [""]
    if not most:
        return []
    told = [f"{label} on {listed(names[label])}" for label in few]
    told.append(f"{most} on {'the rest' if few else 'every attribute'}")
    return [f"It ranks systems: {'; '.join(told)}."]


def listed(names: list[str]) -> str:
    """Return names in a sentence: ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def facts(made: Certificate) -> list[str]:
    """Return sentences on what was judged, what is missing, and whether codes were kept."""
    first = (
        f"{made.n_replies} replies of {made.n_conversations} conversations, each rated by a human "
        f"expert; {made.n_unscored} without a rating by this judge."
    )
    if made.own_counterpart:
        first += f" Its own counterpart {made.own_counterpart} is left out."
    if len({r.level for r in made.rows}) == 1:
        first += " All are by one system, so there is nothing to rank."
    return [first, *filter(None, [made.codes.sentence if made.codes else ""])]


def low_replies(made: Certificate) -> str:
    """Return what the judge does with the replies the experts rated low on the first attribute.

    The threshold is the highest there is: 3 on a scale of 5.
    """
    own = [card for card in made.cards if card.judge == made.judge]
    first = max((c for c in own if c.attribute == own[0].attribute), key=lambda c: c.threshold)
    low = first.true_positives + first.false_negatives
    bound = f"{first.threshold:g} or lower on {first.attribute}"
    if not low:
        return f"The experts rated none of these replies {bound}."
    others = first.false_positives + first.true_negatives
    text = (
        f"Of {low} replies that the experts rated {bound}, the judge catches "
        f"{first.true_positives}; of the {others} others it flags {first.false_positives}."
    )
    return f"{text} {flags(first)}".strip()


def flags(card: UnsafeCard) -> str:
    """Say so when a judge flags every reply, or none; else ``""``."""
    flagged = card.true_positives + card.false_positives
    if not flagged:
        return "It flags no reply at all: its specificity of 1 means nothing."
    if not card.false_negatives + card.true_negatives:
        return "It flags every reply: its sensitivity of 1 means nothing."
    return ""
