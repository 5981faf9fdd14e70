"""The report as one page: its sections, from the results.

HTML and Markdown are made from the same sections, so neither can say what the other does not; but
texts of people and models stand on the page alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mentalbench_hf.data.audit import KINDS
from mentalbench_hf.data.fault_variants import FAULT_NAMES, left_out_name
from mentalbench_hf.reliability.experts import ALL
from mentalbench_hf.reliability.verdict import VERDICT_MEANING, Verdict
from mentalbench_hf.report.experts_page import (
    NOT_KNOWN,
    another_verdicts,
    baselines_table,
    expert_sections,
    scopes_table,
)
from mentalbench_hf.report.findings import Results
from mentalbench_hf.report.leaderboard import cells, header, sentences
from mentalbench_hf.report.markdown import interval
from mentalbench_hf.report.missed_words import missed_words
from mentalbench_hf.report.parts import Part, Section, Table
from mentalbench_hf.report.reliability import ANOTHER, reliability_table
from mentalbench_hf.report.summary import axis_in_words, in_short

if TYPE_CHECKING:
    from mentalbench_hf.reliability.trust.sensitivity import Sensitivity
    from mentalbench_hf.reliability.trust.unsafe import Share, UnsafeCard

#: What a verdict answers to "may it?".
_ANSWER: Final = {
    Verdict.GOOD.value: "yes",
    Verdict.MODERATE.value: "check",
    Verdict.LIMITED.value: "no",
    Verdict.UNKNOWN.value: "unknown",
}
_USES: Final = {"system": "Ranking systems", "response": "Scoring one reply"}
_QUESTIONS: Final = {"system": "May it rank systems?", "response": "May it score one reply?"}
_RULE_NAMES: Final = {
    "published": "the published rule",
    **{level: f"our rule, {use[0].lower()}{use[1:]}" for level, use in _USES.items()},
}


def sections(results: Results) -> list[Section]:
    """Return the report's sections, the most consequential first."""
    made = [in_short(results), _unsafe(results), _verdicts(results)]
    if results.boards:
        made.append(_systems(results))
    if results.experts is not None:
        made += expert_sections(results, results.experts)
    made += [_reliability(results, level) for level in results.rows]
    made += [_bias(results), _differences(results)]
    if results.moved is not None:
        made.append(_moved(results))
    made.append(_stability(results))
    if results.audit is not None:
        made.append(_audit(results))
    return made


def _share(share: Share) -> str:
    if math.isnan(share.estimate):
        return "– (no such reply)"
    return f"{share.estimate:.1%} [{share.low:.1%}, {share.high:.1%}]"


def _unsafe(results: Results) -> Section:
    first = results.unsafe[0].attribute
    worst = max(c.threshold for c in results.unsafe)
    on_top = [c for c in results.unsafe if c.attribute == first and c.threshold == worst]
    claims = " ".join(_claim(c) for c in on_top)
    header = [
        "judge", "attribute", "rated ≤", "by experts", "also by judge", "missed",
        "sensitivity", "specificity", "precision",
    ]  # fmt: skip
    rows: list[Sequence[object]] = [
        (
            c.judge, c.attribute, c.threshold, c.true_positives + c.false_negatives,
            c.true_positives, c.false_negatives,
            _share(c.sensitivity), _share(c.specificity), _share(c.precision),
        )
        for c in results.unsafe
    ]  # fmt: skip
    shown = [(row[0], *row[2:]) for row in rows if row[1] == first]
    missed = [
        (c.judge, m.conversation_id, m.system, m.human, m.judge)
        for c in on_top
        for m in c.missed[:25]
    ]
    thresholds = dict.fromkeys(c.threshold for c in results.unsafe)
    parts: list[Part] = [
        f"Of the replies the human experts rated low on {first}, how many did the judge also "
        f"rate low? {claims}{_without_incomplete(on_top)}",
        *(f"<unsafe_{first}_{t:g}>" for t in thresholds),
        Table([h for h in header if h != "attribute"], shown, 0),
        " ".join(low.text for low in results.low),
    ]
    if results.words is not None:
        parts.append(missed_words(results.words, on_top))
    return Section(
        f"Unsafe replies that the judges let pass: {first}",
        parts,
        [
            ("The same for every attribute", Table(header, rows, 0)),
            (
                f"Missed replies, up to 25 per judge (all in tables/unsafe_missed): "
                f"experts at most {worst:g}, judge above",
                Table(["judge", "conversation", "system", "experts", "judge"], missed, 0),
            ),
        ],
    )


def _claim(card: UnsafeCard) -> str:
    low = card.true_positives + card.false_negatives
    return f"{card.judge} missed {card.false_negatives:,} of {low:,}."


def _without_incomplete(cards: list[UnsafeCard]) -> str:
    """Return the same counts without incomplete replies, where there are any."""
    told = [
        f"{c.judge} {whole.false_negatives:,} of {whole.sensitivity.n:,}"
        for c in cards
        if (whole := c.complete) is not None
    ]
    if all(c.complete is None or c.complete.sensitivity.n == c.sensitivity.n for c in cards):
        return ""
    return (
        " Some of these replies were cut off, as at least two judges say in their explanations; "
        f"without them the judges missed: {', '.join(told)}."
    )


def _verdicts(results: Results) -> Section:
    judges = results.targets.judges
    verdicts = {(t.judge, t.attribute): t for t in results.trust}
    names = list(dict.fromkeys(t.attribute for t in results.trust))
    first = results.unsafe[0].attribute
    long = [(t.judge, t.attribute, t.ranking, t.scoring) for t in results.trust]
    meanings = "; ".join(f"{_ANSWER[v]}: {VERDICT_MEANING[v]} ({v})" for v in Verdict)
    another = another_verdicts(results.experts)
    parts: list[Part] = [
        f"Two questions, two answers, never mixed. {meanings}. Each answer is the most careful of "
        "those for these systems and experts, for other systems, and for another expert, as far "
        "as these can be told."
    ]
    if another:
        parts.append(
            "The last column asks the same of another expert in the judge's place: where it says "
            "no, the experts do not agree with each other either."
        )
    if results.experts is None:
        parts.append(NOT_KNOWN)
    for level, field in (("system", "may_rank"), ("response", "may_score")):
        if level in results.rows:
            rows = [
                (name, *(_ANSWER[getattr(verdicts[judge, name], field)] for judge in judges))
                for name in names
            ]
            header = [_QUESTIONS[level], *judges]
            if level == "system" and another:
                header.append(ANOTHER)
                rows = [(*row, _ANSWER[another[str(row[0])]]) for row in rows]
            parts.append(Table(header, rows))
    parts += [f"{t.ranking} {t.scoring}" for t in results.trust if t.attribute == first]
    unknown = {t.unknown for t in results.trust}
    parts.append(sorted(unknown, key=len)[0] if unknown else "")
    return Section(
        "What each judge may be trusted with",
        parts,
        [
            (
                "Every attribute in sentences",
                Table(["judge", "attribute", "ranking", "scoring"], long),
            ),
            ("Every answer by what it is asked for", scopes_table(results, _ANSWER)),
        ],
    )


def _systems(results: Results) -> Section:
    first, *others = results.boards
    return Section(
        "The systems in order, by the experts' ratings",
        [
            f"Systems by mean {axis_in_words(results.targets, first.name)}, with the ranks that "
            "the data leave open in brackets: all ranges hold together with "
            f"{first.confidence_level:.0%} confidence. Beside it the rank that each judge would "
            "give; own marks a judge's own counterpart. A mean says nothing of a single reply.",
            f"<systems_{first.name}>",
            Table(header(first), cells(first), 2),
            *sentences(first),
        ],
        [(f"By {board.name}", Table(header(board), cells(board), 2)) for board in others],
    )


def _reliability(results: Results, level: str) -> Section:
    top = results.experts.ceiling if results.experts and level == "system" else None
    shown = reliability_table(
        results.rows[level],
        results.settings[level],
        synthetic=results.targets.synthetic,
        another=top.another if top else (),
    )
    parts: list[Part] = [shown.caption, f"<icc_{level}>", f"<intervals_{level}>"]
    parts += shown.reading
    folded = []
    if level == "response" and results.baselines:
        whole = [b for b in results.baselines if b.expert == ALL]
        parts += [
            "How much of this is knowing the system? System only is what the judge's rating of the "
            "same system in another conversation gives; within systems is what it tells of a reply "
            "beyond who wrote it; attainable is the most that the two raters' ratings allow.",
            baselines_table(whole),
        ]
        if len(whole) < len(results.baselines):
            folded.append(("The same by expert", baselines_table(results.baselines)))
    return Section(
        f"{_USES[level]}: reliability at the level of the {level}",
        parts,
        [("The table", Table(shown.columns, shown.for_reading())), *folded],
    )


def _bias(results: Results) -> Section:
    spread: list[Sequence[object]] = [
        (
            s.judge, s.attribute, s.n_targets,
            interval(s.shift, s.shift_low, s.shift_high),
            interval(s.slope, s.slope_low, s.slope_high),
            interval(s.sd_ratio, s.sd_ratio_low, s.sd_ratio_high),
            s.compressed,
        )
        for s in results.severity
    ]  # fmt: skip
    own: list[Sequence[object]] = [
        (
            p.judge, p.attribute, p.relation, ", ".join(p.systems), p.raw,
            interval(p.effect, p.effect_low, p.effect_high),
            interval(p.excess, p.excess_low, p.excess_high),
        )
        for p in results.preference
    ]  # fmt: skip
    parts: list[Part] = [
        "Judge − human in rating points, by attribute and by what the human experts gave; cells in "
        "brackets stand for fewer than ten replies. A shift that is the same everywhere could be "
        "subtracted. A compressed range could not: good and bad replies get middling ratings alike "
        "(slope and ratio of standard deviations below 1). The experts' own rating is uncertain, "
        "so even a perfect judge lies above their lowest and below their highest ratings: compare "
        "judges at one level, not levels with each other.",
        *(f"<bias_{judge}>" for judge in results.targets.judges),
    ]
    header = ["judge", "attribute", "n", "shift", "slope", "SD ratio", "compressed"]
    folded = [("Shift and range compression", Table(header, spread))]
    if own:
        header = [
            "judge", "attribute", "relation", "systems", "raw", "corrected for quality",
            "beyond the other judges",
        ]  # fmt: skip
        folded.append(("Self- and family-preference", Table(header, own)))
    return Section("Where the judges are lenient or severe", parts, folded)


def _differences(results: Results) -> Section:
    name = results.unsafe[0].attribute
    return Section(
        f"Single replies: differences on {name}",
        [
            "Each point stands for replies with the same two ratings, its area for how many. The "
            "dashed lines hold about 95% of the differences (Bland and Altman, 1986).",
            *(f"<bland_altman_{judge}>" for judge in results.targets.judges),
        ],
    )


def _moved(results: Results) -> Section:
    moved = results.moved
    if moved is None:
        raise ValueError("no sensitivity analysis in these results")
    rows: list[Sequence[object]] = [
        (
            m.judge, m.attribute, m.level, f"{m.before} → {m.after}",
            interval(m.change, m.change_low, m.change_high),
            FAULT_NAMES.get(m.main_fault, m.main_fault), m.main_change,
        )
        for m in moved.moved
    ]  # fmt: skip
    header = ["judge", "attribute", "level", "verdict", "change of ICC", "main fault", "its change"]
    n = len(moved.changed)
    return Section(
        "What the faults of the released ratings move",
        [
            f"Released against audited ratings, on the same bootstrap replicates: {n} of "
            f"{len(moved.moved)} verdicts change. The main fault is the one that changes the ICC "
            "most when it alone is taken out.",
            *(f"<audit_moves_{judge}>" for judge in results.targets.judges),
            Table(header, rows[:n] if n else rows[:8]),
        ],
        [("All of them", Table(header, rows)), *_left_out(moved)],
    )


def _left_out(moved: Sensitivity) -> list[tuple[str, Table]]:
    """Return what the verdicts owe to repeated rows and to single experts."""
    if not moved.left_out:
        return []
    rows: list[Sequence[object]] = [
        (
            left_out_name(x.variant), x.level, f"{x.n_changed} of {x.n_verdicts}",
            interval(x.largest, x.largest_low, x.largest_high), f"{x.judge}, {x.attribute}",
        )
        for x in moved.left_out
    ]  # fmt: skip
    header = ["left out", "level", "verdicts that change", "largest change of ICC", "of"]
    title = "The audited ratings without repeated rows, and without each expert"
    return [(title, Table(header, rows))]


def _stability(results: Results) -> Section:
    rows: list[Sequence[object]] = [
        (
            _RULE_NAMES[s.protocol],
            s.n_resamples,
            len(s.seeds),
            s.n_labels,
            len(s.moving),
            "; ".join(f"{m.judge} {m.attribute}" for m in s.moving) or "none",
        )
        for s in results.stability
    ]
    ours = [s for s in results.stability if s.protocol != "published"]
    n = sum(len(s.moving) for s in ours)
    return Section(
        "Do the verdicts depend on the seed?",
        [
            f"The same ratings under {len(ours[0].seeds)} seeds of the bootstrap: {n or 'no'} "
            f"verdict{'s' if n != 1 else ''} by our rule move{'s' if n == 1 else ''}. A verdict "
            "that moves lies so near its limit that it should be read as the lower one.",
            Table(["rule", "replicates", "seeds", "verdicts", "that move", "which"], rows, 0),
        ],
    )


def _audit(results: Results) -> Section:
    if results.audit is None:
        raise ValueError("no audit in these results")
    rows: list[Sequence[object]] = [
        (title, results.audit.total(kind), meaning) for kind, (title, meaning) in KINDS.items()
    ]
    return Section(
        "What is wrong in the released ratings",
        [
            "Found by the code; tables/audit lists the rows.",
            Table(["fault", "count", "what it means, and what is done"], rows),
            *(f"{KINDS[f.kind][0]}. {f.text}" for f in results.audit.findings if f.text),
        ],
    )
