"""Compute the numbers and figures of docs/reliability.md and coverage.md.

    python benchmarks/doc_numbers.py --source ../shared/upstream [--check]

The coverage table is the output of a simulation of minutes, which this script only shows:

    python benchmarks/coverage.py > benchmarks/coverage.txt
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from readme_table import readme_table

from mentalbench_hf.data.fault_variants import FAULT_NAMES, fault_variants
from mentalbench_hf.data.mentalalign import MentalAlign, read_mentalalign
from mentalbench_hf.hub.card import fill
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.bias_surface import bias_surface
from mentalbench_hf.reliability.trust.calibration import calibrate
from mentalbench_hf.reliability.trust.planner import plan
from mentalbench_hf.reliability.trust.seed_stability import seed_stability
from mentalbench_hf.reliability.trust.sensitivity import sensitivity
from mentalbench_hf.reliability.trust.severity import severity
from mentalbench_hf.reliability.trust.unsafe import unsafe_cards
from mentalbench_hf.reliability.trust.variance_components import variance_components
from mentalbench_hf.report import figures
from mentalbench_hf.report.markdown import table
from mentalbench_hf.report.reliability import interval
from mentalbench_hf.sources import open_source

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = [CHECKOUT / "docs" / name for name in ("reliability.md", "coverage.md")]
IMAGES = CHECKOUT / "docs" / "images"
COVERAGE = Path(__file__).with_name("coverage.txt")
JUDGE, NAME = "claude-3.7-sonnet", "Safety"


def blocks(data: MentalAlign, source: str) -> dict[str, str]:
    """Return the computed blocks of the pages."""
    targets = data.targets("audited")
    return {
        "both_levels": readme_table(source),
        "unsafe": _unsafe(targets),
        "resampling": _resampling(targets),
        "coverage": _coverage(),
        "seeds": _seeds(data),
        "moved": _moved(data),
        "severity": _severity(targets),
        "calibration": _calibration(targets),
    }


def _unsafe(targets: Any) -> str:
    def share(s: Any) -> str:
        return f"{s.estimate:.1%} [{s.low:.1%}, {s.high:.1%}]"

    rows = [
        (c.judge, int(c.threshold), c.true_positives + c.false_negatives, c.true_positives,
         share(c.sensitivity), share(c.specificity), share(c.precision))
        for c in unsafe_cards(targets, names=[NAME])
    ]  # fmt: skip
    header = ["judge", "rated ≤", "by experts", "also by judge", "sensitivity", "specificity",
              "precision"]  # fmt: skip
    return table(header, rows)


def _resampling(targets: Any) -> str:
    rows = []
    for resample in ("conversations", "systems", "crossed"):
        settings = settings_of("system", resample=resample)
        row = reliability(targets, settings, judges=[JUDGE], names=[NAME], scoped=False)[0]
        shown = interval(row.icc_c1, row.icc_c1_low, row.icc_c1_high)
        rows.append((resample, shown, row.verdict))
    return table(["drawn", "ICC(C,1)", "verdict"], rows)


def _coverage() -> str:
    return f"```text\n{COVERAGE.read_text(encoding='utf-8').rstrip()}\n```"


def _seeds(data: MentalAlign) -> str:
    found = [
        seed_stability(data.published_targets(), "published"),
        seed_stability(data.targets("audited"), "system"),
        seed_stability(data.targets("audited"), "response"),
    ]
    rows = [
        (
            {"published": "published rule"}.get(s.protocol, f"our rule, level {s.protocol}"),
            s.n_resamples,
            len(s.seeds),
            s.n_labels,
            len(s.moving),
            f"{min(s.per_seed)} to {max(s.per_seed)}",
        )
        for s in found
    ]
    header = ["rule", "replicates", "seeds", "labels", "labels that move",
              "differ from the usual label, per seed"]  # fmt: skip
    return table(header, rows)


def _moved(data: MentalAlign) -> str:
    found = sensitivity(fault_variants(data), n_resamples=2_000)
    rows = [
        (m.judge, m.attribute, m.level, f"{m.before} → {m.after}",
         interval(m.change, m.change_low, m.change_high), FAULT_NAMES.get(m.main_fault, ""))
        for m in found.changed
    ]  # fmt: skip
    header = ["judge", "attribute", "level", "verdict", "change of ICC", "main fault"]
    n = f"{len(found.changed)} of {len(found.moved)} verdicts change when the faults are taken out:"
    return f"{n}\n\n{table(header, rows)}"


def _severity(targets: Any) -> str:
    rows = [
        (s.judge, s.attribute, interval(s.shift, s.shift_low, s.shift_high, 2),
         interval(s.slope, s.slope_low, s.slope_high, 2))
        for s in severity(targets, names=["Guidance", NAME, "Empathy"])
    ]  # fmt: skip
    return table(["judge", "attribute", "shift", "slope"], rows)


def _calibration(targets: Any) -> str:
    found = [calibrate(targets, j, n) for j in targets.judges for n in ("Guidance", NAME, "CSS")]
    rows = [
        (c.judge, c.attribute, c.before.bias, c.before.rmse, c.after.rmse,
         interval(c.skill, c.skill_low, c.skill_high, 2))
        for c in found
    ]  # fmt: skip
    header = ["judge", "attribute", "bias before", "RMSE before", "RMSE after", "skill"]
    return table(header, rows, digits=2)


def pictures(data: MentalAlign) -> Mapping[str, Any]:
    """Return the page's figures by name."""
    targets = data.targets("audited")
    cards = pd.DataFrame(
        [c.record(with_missed=False) for c in unsafe_cards(targets, names=[NAME], thresholds=[3])]
    )
    surface = pd.DataFrame([b.record() for b in bias_surface(targets, judges=["gpt-4o"])])
    surface = surface[(surface["system"] == "") & surface["human_level"].notna()]
    both = pd.DataFrame(
        [
            r.record()
            for variant in ("released", "audited")
            for r in reliability(data.targets(variant), settings_of("response"), judges=["gpt-4o"])
        ]
    )
    studies = plan(variance_components(targets, "o4-mini", "CSS"), levels=("response",))
    return {
        "unsafe_Safety_3": figures.unsafe_bars(cards),
        "bias_gpt-4o": figures.bias_heatmap(surface),
        "audit_moves_gpt-4o": figures.released_against_audited(both, "icc_a1"),
        "plan": figures.planned_bounds(pd.DataFrame([s.record() for s in studies])),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="upstream")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    options = parser.parse_args()
    data = read_mentalalign(open_source(options.source))
    computed = blocks(data, options.source)
    old = {page: page.read_text(encoding="utf-8") for page in PAGES}
    new = {page: fill(text, computed) for page, text in old.items()}
    if options.check:
        stale = [page.name for page in PAGES if new[page] != old[page]]
        print(f"stale: {', '.join(stale)}" if stale else "up to date")
        return int(bool(stale))
    for page, text in new.items():
        page.write_text(text, encoding="utf-8")
    IMAGES.mkdir(exist_ok=True)
    for name, ax in pictures(data).items():
        ax.figure.savefig(IMAGES / f"{name}.png", dpi=110)
    print(f"written: {len(PAGES)} pages, {len(pictures(data))} figures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
