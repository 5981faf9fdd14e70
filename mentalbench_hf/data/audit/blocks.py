"""Where the style of the human ratings changes, and for no judge."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.audit.finding import Finding
from mentalbench_hf.data.audit.interim import nearest_run
from mentalbench_hf.data.mentalalign import MentalAlign
from mentalbench_hf.data.ruler.change_points import ChangePoints
from mentalbench_hf.data.ruler.rater_blocks import RaterBlocks, rater_blocks_of
from mentalbench_hf.data.ruler.styles import letters
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.schema import SCALE_MAX


def rater_blocks(data: MentalAlign) -> Iterable[Finding]:
    """Yield one finding, also where nothing can be told: then it says why."""
    finding = _finding(
        data.roster.reference_sheet,
        data.roster.reference,
        data.conversation_ids.tolist(),
        data.blocks,
        data.experts,
        {judge: data.blocks_of(judge).found for judge in data.roster.judge_ids},
    )
    interim = _interim(data)
    said = [
        f" The {c['totals']} interim totals of expert {c['expert']} equal the sums of ConvID "
        f"{c['first']}\u2013{c['last']}."
        for c in interim
        if c["exact"]
    ]
    yield replace(
        finding,
        text=finding.text + "".join(said),
        facts=finding.facts | {"interim_totals": interim or "no interim totals among the files"},
    )


def rater_blocks_in(targets: RatedTargets, name: str) -> Finding:
    """Return where the style of the reference rater changes in any ratings.

    Args:
        targets: the ratings; clusters must be in the order in which they were rated. The other
            raters are covariates, and each stands in the reference's place as a control.
        name: what the ratings are called.
    """
    blocks = rater_blocks_of(targets)
    controls = {
        judge: rater_blocks_of(targets.without(targets.reference, judge), judge).found
        for judge in targets.judges
    }
    ids = [_plain(i) for i in targets.cluster_names]
    return _finding(name, targets.reference, ids, blocks, letters(blocks.style), controls)


def _finding(
    sheet: str,
    rater: str,
    ids: Sequence[int | float | str],
    blocks_found: RaterBlocks,
    experts: tuple[NDArray[np.int64], tuple[str, ...]],
    controls: dict[str, ChangePoints],
) -> Finding:
    found, (codes, names) = blocks_found.found, experts
    edges = [0, *found.rows, len(ids)]
    blocks = [
        {
            "block": number,
            "expert": names[codes[first]],
            "first": ids[first],
            "last": ids[end - 1],
            "n": end - first,
        }
        for number, (first, end) in enumerate(pairwise(edges), start=1)
    ]
    breaks = [ids[row] for row in found.rows]
    return Finding(
        "rater_blocks",
        sheet,
        rater,
        "",
        len(breaks),
        "breaks",
        [{"conversation_id": i} for i in breaks],
        _text(found, blocks, controls),
        {
            "breaks": breaks,
            "boundaries": [
                {
                    "conversation_id": ids[b.row],
                    "low": ids[b.low],
                    "high": ids[b.high],
                    "probability": round(b.probability, 4),
                    "strength": round(b.strength, 1),
                }
                for b in found.boundaries
            ],
            "blocks": blocks,
            "experts": list(names),
            "statistic": {
                "name": "largest drop in the sum of squares of the standardised row features by "
                "one break",
                **_statistic(found),
            },
            "p_value": _number(found.p_value, 4),
            "strongest_shift_inside_a_block": _number(found.inside, 1),
            "null": "rows permuted",
            "control": {j: [ids[r] for r in c.rows] for j, c in controls.items()},
            "control_statistic": {j: _statistic(c) for j, c in controls.items()},
            "distances": blocks_found.styles.distances.round(2).tolist(),
            "distances_of_halves": blocks_found.styles.halves.round(2).tolist(),
            "cannot_tell": found.reason,
        },
    )


def _interim(data: MentalAlign) -> list[dict[str, Any]]:
    """Compare interim totals with runs of rows."""
    codes, names = data.experts
    r = data.roster.raters.index(data.roster.reference)
    values = np.nan_to_num(data.values[r].astype(np.float64))
    # Where replies were missing, what stands in the sheet was written later.
    whole = ~data.missing_responses.any(axis=0)
    compared = []
    for expert, totals in data.interim_totals.items():
        run = nearest_run(values, totals, SCALE_MAX)
        if run is None or run.n_equal < run.n_totals:
            run = nearest_run(values[:, whole], totals[whole], SCALE_MAX)
        if run is None:
            continue
        shares = np.bincount(codes[run.first : run.last + 1], minlength=len(names))
        compared.append(
            {
                "expert": expert,
                "first": int(data.conversation_ids[run.first]),
                "last": int(data.conversation_ids[run.last]),
                "n": run.last - run.first + 1,
                "equal": run.n_equal,
                "totals": run.n_totals,
                "exact": run.n_equal == run.n_totals,
                "difference_per_rating": round(run.difference, 4),
                "style": names[int(shares.argmax())],
                "share_of_style": round(float(shares.max() / shares.sum()), 3),
            }
        )
    return compared


def _statistic(found: ChangePoints) -> dict[str, float | int | None]:
    null = found.null if len(found.null) else np.array([float("nan")])
    return {
        "value": _number(found.statistic, 1),
        "null_median": _number(float(np.median(null)), 1),
        "null_95": _number(float(np.quantile(null, 0.95)), 1),
        "null_max": _number(float(null.max()), 1),
        "n_permutations": len(found.null),
        "p_value": _number(found.p_value, 4),
    }


def _plain(name: object) -> int | float | str:
    """Return a cluster's name as JSON can hold it."""
    if isinstance(name, np.integer | np.floating):
        return name.item()
    return name if isinstance(name, int | float) else str(name)


def _number(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(value, digits)


def _text(
    found: ChangePoints,
    blocks: list[dict[str, Any]],
    controls: dict[str, ChangePoints],
) -> str:
    if found.reason:
        return f"Cannot be told: {found.reason}."
    runs = ", ".join(f"{b['expert']} {b['first']}\u2013{b['last']}" for b in blocks)
    largest = float(found.null.max())
    wrong = {j: c.rows for j, c in controls.items() if c.rows}
    judges = "The same search finds no break in any judge" + (
        f" but {', '.join(wrong)}." if wrong else "."
    )
    if not found.rows:
        return (
            f"No change of style stands out (p = {found.p_value:.3f} by permuting rows). {judges}"
        )
    return (
        f"Style and ConvID: {runs}. One break alone takes {found.statistic:,.0f} off the sum of "
        f"squares; the most in {len(found.null)} sheets of permuted rows is {largest:,.0f} "
        f"(p = {found.p_value:.3f}). The weakest of the breaks has "
        f"{min(b.strength for b in found.boundaries):,.0f}, the strongest shift left inside a "
        f"block {found.inside:,.0f}. {judges} Which person a style is, is not recorded."
    )
