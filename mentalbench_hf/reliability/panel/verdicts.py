"""Is the judge as good as one more expert? One word, one sentence, and what would settle it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.agreement import PairAgreement
from mentalbench_hf.reliability.panel.annotator import UNINFORMED, AnnotatorTest
from mentalbench_hf.reliability.panel.pair_sums import MEAN

#: How far the judge may agree less than another expert and still be as good as one.
MARGIN: Final = 0.05
#: Experts whose mean agreement is lower than this are no ruler.
EXPERTS_AGREE: Final = 0.5


class PanelVerdict(StrEnum):
    """What may be said of a judge beside the experts."""

    BETTER = "better"
    AS_GOOD = "as good as another expert"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"
    EXPERTS_DISAGREE = "experts do not agree"


@dataclass(frozen=True, slots=True)
class JudgeVerdict(Record):
    """The verdict on one judge and attribute.

    Attributes:
        judge: the judge.
        attribute: attribute or axis.
        verdict: one of :class:`PanelVerdict`.
        sentence: what it says, with its numbers and whom it holds for.
        difference: judge–expert less expert–expert ICC(A,1), mean over pairs of experts.
        low: its lower bound.
        high: its upper bound.
        expert_expert: ICC(A,1) of the experts with each other.
        n_items: items that two experts and the judge rated.
        n_items_needed: items that would tell, if the difference stays as it is; None where the
            verdict tells already, or no number would.
        passes_mean_nothing: baselines that know nothing of the reply and pass the alternative
            annotator test where the judge passes it too.
    """

    judge: str
    attribute: str
    verdict: str
    sentence: str
    difference: float
    low: float
    high: float
    expert_expert: float
    n_items: int
    n_items_needed: int | None
    passes_mean_nothing: tuple[str, ...]


def judge_verdict(
    rows: list[PairAgreement],
    tests: list[AnnotatorTest],
    *,
    epsilon: float,
    n_experts: int,
    margin: float = MARGIN,
) -> JudgeVerdict | None:
    """Return the verdict on a judge; None where no two experts share items with it.

    Args:
        rows: the judge's agreement on the same footing (``Footing.rows``), of one attribute.
        tests: its alternative annotator tests, baselines included.
        epsilon: the ε that the sentence speaks of.
        n_experts: experts of the panel.
        margin: how far the judge may agree less, on the ICC's scale.
    """
    mean = next((r for r in rows if r.statistic == "icc_a1" and r.expert == MEAN), None)
    if mean is None:
        return None
    verdict, needed = _of(mean, margin)
    same = {t.baseline: t for t in tests if t.epsilon == epsilon}
    own = same.get("")
    passed = own is not None and own.passed
    empty = tuple(b for b in UNINFORMED if passed and b in same and same[b].passed)
    return JudgeVerdict(
        judge=mean.judge,
        attribute=mean.attribute,
        verdict=str(verdict),
        sentence=_sentence(mean, verdict, needed, own, empty, n_experts, margin),
        difference=mean.difference,
        low=mean.low,
        high=mean.high,
        expert_expert=mean.expert_expert,
        n_items=mean.n_items,
        n_items_needed=needed,
        passes_mean_nothing=empty,
    )


def _of(row: PairAgreement, margin: float) -> tuple[PanelVerdict, int | None]:
    if math.isnan(row.low) or math.isnan(row.expert_expert):
        return PanelVerdict.CANNOT_TELL, None
    if row.expert_expert < EXPERTS_AGREE:
        return PanelVerdict.EXPERTS_DISAGREE, None
    if row.low > 0:
        return PanelVerdict.BETTER, None
    if row.low > -margin:
        return PanelVerdict.AS_GOOD, None
    if row.high < 0:
        return PanelVerdict.WORSE, None
    # The half width shrinks with the root of the number of items; the nearer statement is made.
    reach = [d for d in (row.difference + margin, -row.difference) if d > 0]
    half = (row.high - row.low) / 2
    return PanelVerdict.CANNOT_TELL, math.ceil(row.n_items * (half / max(reach)) ** 2)


def _sentence(
    row: PairAgreement,
    verdict: PanelVerdict,
    needed: int | None,
    own: AnnotatorTest | None,
    empty: tuple[str, ...],
    n_experts: int,
    margin: float,
) -> str:
    scope = f"on these {row.n_items:,} items and {n_experts} experts"
    numbers = (
        f"ICC(A,1) {_n(row.judge_expert)} with an expert, {_n(row.expert_expert)} between experts; "
        f"difference {_n(row.difference, sign=True)} [{_n(row.low, sign=True)}, "
        f"{_n(row.high, sign=True)}]"
    )
    said = {
        PanelVerdict.BETTER: (
            "agrees with the experts more than they agree with each other, which is what a rater "
            "nearer to their mean does"
        ),
        PanelVerdict.AS_GOOD: (
            f"agrees with the experts about as they agree with each other (at most {margin:g} less)"
        ),
        PanelVerdict.WORSE: "agrees with the experts less than they agree with each other",
        PanelVerdict.EXPERTS_DISAGREE: (
            "cannot be measured against experts who do not agree with each other (below "
            f"{EXPERTS_AGREE:g}): neither is a ruler here"
        ),
        PanelVerdict.CANNOT_TELL: "may be as good as another expert or worse; the data do not tell",
    }[verdict]
    text = f"On {row.attribute}, {row.judge} {said} ({scope}; {numbers})."
    if needed is not None:
        text += f" About {needed:,} items would tell, if the difference stays as it is."
    if own is not None and not np.isnan(own.winning_rate):
        text += (
            f" Alternative annotator test: wins against {_n(own.winning_rate)} of the experts at "
            f"ε = {own.epsilon:g}"
        )
        text += (
            f", but so does {' and '.join(empty)}: passing means nothing here." if empty else "."
        )
    return text


def _n(value: float, *, sign: bool = False) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:{'+' if sign else ''}.2f}".replace("-", "−")
