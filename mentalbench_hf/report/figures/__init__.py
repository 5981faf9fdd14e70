"""Figures: functions of tidy frames that draw on an `ax` and return it.

Saving is the caller's job. Colours are told apart by colour-blind readers, and every colour has a
number, a sign or a shape beside it.
"""

from mentalbench_hf.report.figures.bias import bias_heatmap
from mentalbench_hf.report.figures.differences import bland_altman
from mentalbench_hf.report.figures.experts import (
    expert_forest,
    judges_under_ceiling,
    style_over_rows,
)
from mentalbench_hf.report.figures.intervals import forest
from mentalbench_hf.report.figures.panel import panel_differences
from mentalbench_hf.report.figures.plan import planned_bounds
from mentalbench_hf.report.figures.reliability import icc_heatmap, released_against_audited
from mentalbench_hf.report.figures.systems import system_means
from mentalbench_hf.report.figures.unsafe import unsafe_bars

__all__ = [
    "bias_heatmap",
    "bland_altman",
    "expert_forest",
    "forest",
    "icc_heatmap",
    "judges_under_ceiling",
    "panel_differences",
    "planned_bounds",
    "released_against_audited",
    "style_over_rows",
    "system_means",
    "unsafe_bars",
]
