"""The report in short: what a clinician reads in a minute, without a statistic's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mentalbench_hf.reliability.trust.bias_surface import BiasCell
from mentalbench_hf.reliability.verdict import Verdict
from mentalbench_hf.report.experts_summary import whoever_rates
from mentalbench_hf.report.parts import Points, Section
from mentalbench_hf.report.words import listed
from mentalbench_hf.schema import AXIS_NAMES

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.trust.unsafe import UnsafeCard
    from mentalbench_hf.report.findings import Results

#: From this share on a judge catches most low replies; below the other it misses most.
_MOST: Final = 0.9
_HALF: Final = 0.5
#: Differences below so many rating points are not worth a clinician's minute.
_NOTABLE: Final = 0.1


def in_short(results: Results) -> Section:
    """Return the summary of a report."""
    items = [("The question.", _question(results.targets)), ("Safety net.", _caught(results))]
    if items[-1][1] and results.unsafe[0].attribute != "Safety":
        items[-1] = (f"Low {results.unsafe[0].attribute}.", items[-1][1])
    if "system" in results.rows:
        ranking = {(t.judge, t.attribute): t.may_rank for t in results.trust}
        use = _RANK + _beyond(results)
        items.append(("Comparing systems.", _allowed(results.targets, ranking, use)))
    scoring = {(t.judge, t.attribute): t.may_score for t in results.trust}
    items.append(("Rating one reply.", _allowed(results.targets, scoring, _SCORE)))
    if results.experts is not None:
        items += whoever_rates(results.targets, results.rows["response"], results.experts)
    if lenient := _lenient(results):
        items.append(("Kind or harsh.", lenient))
    if results.boards:
        items.append(("The systems.", _first_and_last(results)))
    if results.moved is not None:
        changed, n = len(results.moved.changed), len(results.moved.moved)
        items.append(
            (
                "The data.",
                "The published ratings hold faults, such as scores for replies that were not "
                "there. They are taken out here; with them left in, "
                f"{changed} of {n} answers to these questions would be others.",
            )
        )
    items.append(
        (
            "Not known.",
            "No reply was rated by two experts, so how far they agree on one reply. Nothing here "
            "is clinical advice.",
        )
        if results.audit is not None
        else ("Not known.", "What holds for other replies than these. No clinical advice.")
    )
    return Section("In short", [Points(items)])


def axis_in_words(targets: RatedTargets, name: str) -> str:
    """Return an attribute's name, or an axis's with what it is the mean of."""
    members = targets.axes.get(name)
    if members is None:
        return name
    return f"{name} ({AXIS_NAMES.get(name, 'mean')}: {listed(members)})"


def _question(targets: RatedTargets) -> str:
    n, judges = len(targets.clusters), len(targets.judges)
    talks = len(targets.cluster_names)
    systems = (
        f", written by {len(targets.system_names)} systems,"
        if len(targets.system_names) > 1
        else ""
    )
    return (
        f"{n:,} replies to {talks:,} requests for support{systems} were rated by "
        f"{_experts(targets)} and by {judges} automatic judge{'s' * (judges != 1)}. Where may a "
        "judge's rating stand in for an expert's?"
    )


def _experts(targets: RatedTargets) -> str:
    return "human experts" if targets.reference in ("human", "sample-expert") else targets.reference


def _caught(results: Results) -> str:
    """Say how many low replies the judges caught, at the highest threshold."""
    first = results.unsafe[0].attribute
    worst = max(c.threshold for c in results.unsafe)
    cards = [c for c in results.unsafe if (c.attribute, c.threshold) == (first, worst)]
    cards = [c for c in cards if c.true_positives + c.false_negatives]
    low = f"replies that experts rated {worst:g} or lower on {first}"
    if not cards:
        return f"There are no {low}, so whether a judge would catch them cannot be told."
    ordered = sorted(cards, key=lambda c: c.sensitivity.estimate)
    least, most = ordered[0], ordered[-1]
    shares = f"{least.judge} noticed {_of(least)}"
    if least is not most:
        shares += f", {most.judge}, the best, {_of(most)}"
    if most.sensitivity.estimate < _HALF:
        who = "every judge let most pass" if len(cards) > 1 else "the judge let most pass"
        verdict = (
            f"{who}. A judge's good {first} rating does not mean that an expert would rate it well"
        )
    elif least.sensitivity.estimate >= _MOST:
        verdict = "the judges noticed nearly all" if len(cards) > 1 else "the judge noticed most"
    else:
        verdict = "judges differ" if len(cards) > 1 else "the judge noticed some"
    text = f"Of the {low}, {shares}: {verdict}.{_alarms(cards, first, worst)}"
    whole = most.complete
    if whole is not None and 0 < whole.sensitivity.n < _low(most):
        text += (
            f" Without replies that were cut off, the best noticed {whole.true_positives:,} of "
            f"{whole.sensitivity.n:,}."
        )
    return text


def _alarms(cards: Sequence[UnsafeCard], name: str, threshold: float) -> str:
    """Name the judges that rate most replies low: noticing is then no merit."""
    loud = [c.judge for c in cards if c.specificity.estimate < _HALF]
    if not loud:
        return ""
    rates = "rates" if len(loud) == 1 else "rate"
    return (
        f" {listed(loud)} {rates} most of the other replies {threshold:g} or lower on {name} as "
        "well, so a low rating says little."
    )


def _low(card: UnsafeCard) -> int:
    return card.true_positives + card.false_negatives


def _of(card: UnsafeCard) -> str:
    return f"{card.true_positives:,} of {_low(card):,}"


_RANK: Final = "To tell which system is better"
_SCORE: Final = "To rate a single reply"


def _beyond(results: Results) -> str:
    """Say for whom the ranking verdicts speak beyond these systems and experts."""
    rows = results.rows["system"]
    whom = [
        name
        for name, known in (
            ("systems", any(r.verdict_other_systems for r in rows)),
            ("experts", any(r.verdict_another_expert for r in rows)),
        )
        if known
    ]
    return f", also for other {' and '.join(whom)} than these" if whom else ""


def _allowed(targets: RatedTargets, verdicts: Mapping[tuple[str, str], str], use: str) -> str:
    """Say for which attributes judges may be used, by the best verdict that any of them has."""
    names = list(dict.fromkeys(name for _, name in verdicts if name in targets.attributes))
    good: dict[tuple[str, ...], list[str]] = {}
    checked: list[str] = []
    none: list[str] = []
    for name in names:
        judges = tuple(j for j in targets.judges if verdicts.get((j, name)) == Verdict.GOOD)
        if judges:
            good.setdefault(judges, []).append(name)
        elif any(verdicts.get((j, name)) == Verdict.MODERATE for j in targets.judges):
            checked.append(name)
        else:
            none.append(name)
    several = len(targets.judges) > 1
    if len(none) == len(names):
        return f"{use}, {'no judge' if several else 'the judge'} may be used on any quality."
    told = [
        f"{_who(judges, targets.judges)} may be used on {listed(named)}"
        for judges, named in sorted(good.items(), key=lambda item: -len(item[0]))
    ]
    if checked:
        told.append(f"only with a check against ratings of your own on {listed(checked)}")
    if none:
        told.append(f"{'no judge' if several else 'not'} on {listed(none)}")
    return f"{use}: {'; '.join(told)}."


def _who(judges: Sequence[str], known: Sequence[str]) -> str:
    if len(judges) < len(known):
        return listed(judges)
    return "every judge" if len(known) > 1 else "the judge"


def _lenient(results: Results) -> str:
    """Say whether judges rate higher or lower than the experts, and by how much at most."""
    cells: list[BiasCell] = [
        c for c in results.surface if c.system == "" and c.human_level is None and c.n
    ]
    kind = [c for c in cells if c.low > 0]
    harsh = [c for c in cells if c.high < 0]
    if not cells or not (kind or harsh):
        return ""
    side, marked = ("higher", kind) if len(kind) >= len(harsh) else ("lower", harsh)
    largest = max(marked, key=lambda c: abs(c.bias))
    low, high = results.targets.scale
    text = (
        f"On average judges rate {side} than the experts in {len(marked)} of {len(cells)} "
        f"cases (one judge, one quality)"
    )
    if abs(largest.bias) < _NOTABLE:
        return f"{text}, but by less than {_NOTABLE:g} points."
    return (
        f"{text}, most of all {largest.judge} on {largest.attribute}: by {abs(largest.bias):.1f} "
        f"points on the scale from {low:g} to {high:g}."
    )


def _writer(system: str) -> str:
    """Return a system as a sentence names it: "human" alone reads as the raters."""
    return "the human writer" if system == "human" else system


def _first_and_last(results: Results) -> str:
    board = results.boards[0]
    first, last = board.rows[0], board.rows[-1]
    return (
        f"By the experts' ratings {first.system} stands first and {_writer(last.system)} last in "
        f"{axis_in_words(results.targets, board.name)}: {first.mean:.1f} and {last.mean:.1f}. "
        f"{board.n_supported} of {len(board.pairs)} pairs of systems can be told apart."
    )
