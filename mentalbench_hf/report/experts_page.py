"""The experts' sections of the report: by expert, the ceiling, severity, and unsafe by expert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mentalbench_hf.reliability.experts import ALL
from mentalbench_hf.reliability.trust.ceiling_of_replies import UNKNOWN
from mentalbench_hf.reliability.trust.low_ratings import DEFINITIONS, low_ratings_text
from mentalbench_hf.reliability.verdict import FITTING_COLUMN, Verdict, fitting, verdict
from mentalbench_hf.report.markdown import interval
from mentalbench_hf.report.parts import Section, Table
from mentalbench_hf.report.reliability import ANOTHER

if TYPE_CHECKING:
    from mentalbench_hf.reliability.trust.baselines import Baseline
    from mentalbench_hf.reliability.trust.ceiling import Ceiling
    from mentalbench_hf.report.expert_findings import ExpertResults
    from mentalbench_hf.report.findings import Results

NOT_KNOWN: Final = (
    "These ratings do not say which of several experts gave them, so whether anything here holds "
    "for another expert is not told."
)
_USES: Final = {"system": "ranking systems", "response": "scoring one reply"}


def expert_sections(results: Results, experts: ExpertResults) -> list[Section]:
    """Return the sections about the experts, the most consequential first."""
    made = [_unsafe(results, experts)]
    if experts.ceiling is not None:
        made.append(_ceiling(results, experts, experts.ceiling))
    made.append(_by_expert(results, experts))
    if experts.severity is not None:
        made.append(_severity(experts))
    return made


def another_verdicts(experts: ExpertResults | None) -> dict[str, Verdict]:
    """Return by attribute the verdict on another expert in a judge's place, by the same rule."""
    if experts is None or experts.ceiling is None:
        return {}
    return {a.attribute: verdict(a.icc_c1_low, a.icc_c1_high) for a in experts.ceiling.another}


def scopes_table(results: Results, words: dict[str, str]) -> Table:
    """Return the verdict of each judge, attribute and level in its three scopes, in words."""
    shown = [
        (
            row.judge,
            row.attribute,
            _USES[level],
            *(words[v] if v else "–" for v in (row.verdict_here, row.verdict_other_systems,
                                               row.verdict_another_expert)),
            words[row.verdict],
        )
        for level, rows in results.rows.items()
        for row in rows
    ]  # fmt: skip
    header = ["judge", "attribute", "for", "these systems and experts", "other systems",
              "another expert", "so"]  # fmt: skip
    return Table(header, shown)


def baselines_table(rows: Sequence[Baseline]) -> Table:
    """Return what stands beside an ICC of single replies."""
    header = ["judge", "attribute", "expert", "n", "ICC(C,1)", "system only", "within systems",
              "attainable"]  # fmt: skip
    shown = [
        (
            b.judge, b.attribute, b.expert, b.n_targets,
            interval(b.icc_c1, b.icc_c1_low, b.icc_c1_high, 2),
            interval(b.system_only, b.system_only_low, b.system_only_high, 2),
            interval(b.within_systems, b.within_systems_low, b.within_systems_high, 2),
            b.attainable,
        )
        for b in rows
    ]  # fmt: skip
    return Table(header, shown, 2)


def _by_expert(results: Results, experts: ExpertResults) -> Section:
    folded = []
    for level, rows in experts.rows.items():
        column = FITTING_COLUMN[level]
        tau, before = ("tau", "") if column == "icc_c1" else ("icc_a1_tau", "icc_a1_")
        shown = []
        for r in rows:
            value, low, high = r.fitting
            reach = (getattr(r, f"{before}prediction_{end}") for end in ("low", "high"))
            shown.append(
                (
                    r.judge, r.attribute, r.expert, r.n_clusters, interval(value, low, high),
                    getattr(r, tau), *reach, r.verdict,
                )
            )  # fmt: skip
        header = ["judge", "attribute", "expert", "conversations", fitting(results.settings[level]
                  .level), "tau", "prediction from", "to", "verdict"]  # fmt: skip
        folded.append((f"{_USES[level].capitalize()}, by expert", Table(header, shown)))
    return Section(
        "Does it hold for every expert?",
        [
            "Each reply was rated by one expert, and the experts rated different conversations. "
            "Here each expert's conversations stand by themselves. The experts combined (black) "
            "allow for how far they differ; the dashed line is where one more expert is expected, "
            "and from so few experts it is often too wide to be of use. That is printed too.",
            *(f"<by_expert_{level}_{j}>" for level in experts.rows for j in results.targets.judges),
        ],
        folded,
    )


def _ceiling(results: Results, experts: ExpertResults, found: Ceiling) -> Section:
    pairs: list[Sequence[object]] = [
        (
            p.attribute, p.expert, p.other, p.n_systems,
            interval(p.icc_c1, p.icc_c1_low, p.icc_c1_high),
            interval(p.icc_a1, p.icc_a1_low, p.icc_a1_high),
        )
        for p in found.experts
    ]  # fmt: skip
    judges: list[Sequence[object]] = [
        (
            j.judge, j.attribute, {"icc_c1": "ICC(C,1)", "icc_a1": "ICC(A,1)"}[j.statistic],
            interval(j.expert_expert, j.expert_expert_low, j.expert_expert_high), j.judge_expert,
            interval(j.difference, j.low, j.high), j.label,
        )
        for j in found.judges
    ]  # fmt: skip
    names = results.targets.judges
    label = {(j.judge, j.attribute): j.label for j in found.judges if j.statistic == "icc_c1"}
    mean = {a.attribute: (a.icc_c1, a.least) for a in found.another}
    short = [
        (name, *mean[name], *(label[judge, name] for judge in names))
        for name in dict.fromkeys(j.attribute for j in found.judges)
    ]
    bounds: list[Sequence[object]] = [
        (b.attribute, b.expert, b.other, b.shared, b.shared_other, b.icc_c1_attainable)
        for b in experts.replies
    ]
    return Section(
        "Would another expert agree better?",
        [
            "Two experts are compared over whole systems, each on conversations of their own, and "
            "a judge on the same footing: in the place of the second expert, on that expert's "
            "conversations. The black stroke is another expert. Where even the experts do not "
            "agree, neither a judge nor an expert is a ruler.",
            "<ceiling>",
            Table(["attribute", "experts, mean", "experts, lowest pair", *names], short, 2),
            UNKNOWN,
        ],
        [
            ("Judges against another expert",
             Table(["judge", "attribute", "statistic", ANOTHER, "judge", "difference", "label"],
                   judges)),
            ("Every pair of experts",
             Table(["attribute", "expert", "other", "systems", "ICC(C,1)", "ICC(A,1)"], pairs)),
            ("Single replies: what is shared at least, and the most that is possible",
             Table(["attribute", "expert", "other", "shared", "shared, other", "attainable"],
                   bounds, 2)),
        ],
    )  # fmt: skip


def _severity(experts: ExpertResults) -> Section:
    if experts.severity is None:
        raise ValueError("no severity in these results")
    rows: list[Sequence[object]] = [
        (e.attribute, e.expert, e.n_clusters, e.mean, interval(e.severity, e.low, e.high, 2))
        for e in experts.severity.experts
    ]
    net: list[Sequence[object]] = [
        (j.judge, j.attribute, j.expert, j.bias, j.severity, interval(j.net, j.low, j.high, 2))
        for j in experts.severity.judges
    ]
    widest = max(experts.severity.experts, key=lambda e: abs(e.severity))
    side = "stricter" if widest.severity > 0 else "milder"
    letters = list(dict.fromkeys(e.expert for e in experts.severity.experts))
    by = {(e.attribute, e.expert): e.severity for e in experts.severity.experts}
    names = dict.fromkeys(e.attribute for e in experts.severity.experts)
    return Section(
        "Is the judge lenient, or the expert strict?",
        [
            "By how many rating points each expert is stricter (+) or milder (−) than the mean "
            f"expert, net of what the systems and the judges show of the replies. Expert "
            f"{widest.expert} is {abs(widest.severity):.1f} points {side} on {widest.attribute}. "
            f"A judge's bias less the expert's severity is the judge's own. "
            f"{experts.severity.assumption}",
            Table(["attribute", *letters], [(n, *(by[n, x] for x in letters)) for n in names], 2),
        ],
        [
            ("Severity of each expert, with intervals",
             Table(["attribute", "expert", "conversations", "mean rating", "severity"], rows, 2)),
            ("Bias of each judge, net of the expert's severity",
             Table(["judge", "attribute", "expert", "bias", "severity", "net bias"], net, 2)),
        ],
    )  # fmt: skip


def _unsafe(results: Results, experts: ExpertResults) -> Section:
    first = experts.low[0]
    sources: list[Sequence[object]] = [
        (x.expert, x.n_targets, x.n_low, x.n_low_clusters, x.n_halo_free, x.of_everything)
        for x in experts.low
    ]
    rows: list[Sequence[object]] = [
        (
            c.judge, DEFINITIONS[c.definition], c.expert, c.n_low, c.n_low_clusters,
            interval(c.sensitivity, c.low, c.high, 2), interval(c.auc, c.auc_low, c.auc_high, 2),
            interval(c.auc_mean, c.auc_mean_low, c.auc_mean_high, 2),
        )
        for c in experts.caught
    ]  # fmt: skip
    plain = {(c.judge, c.expert): c for c in experts.caught if c.definition == "plain"}
    letters = [x.expert for x in experts.low]
    short = [
        (judge, *(plain[judge, x].sensitivity if (judge, x) in plain else None for x in letters))
        for judge in results.targets.judges
    ]
    return Section(
        f"Low {first.attribute}: whose ratings, and are they of {first.attribute}?",
        [
            low_ratings_text(experts.low),
            f"The share of each expert's low ratings ({first.threshold:g} or lower) that the judge "
            "rates low as well; a dash where they come from fewer than 10 conversations:",
            Table(["judge", *(x if x == ALL else f"expert {x}" for x in letters)], short, 2),
            "A low rating may be one of a reply that is low on everything. Halo-free are those at "
            "least one point below the mean of the reply's other attributes.",
        ],
        [
            ("Where the low ratings come from",
             Table(["expert", "replies", "low", "conversations", "halo-free",
                    "share low on everything"], sources, 2)),
            ("What the judges notice, by expert and definition",
             Table(["judge", "low is", "expert", "low", "conversations", "noticed",
                    "AUC of the rating", "AUC of the judge's mean"], rows, 2)),
        ],
    )  # fmt: skip
