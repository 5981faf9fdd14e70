"""The vocabulary: attributes, axes, scale, systems, raters, statuses and dataset versions.

Every name is defined here once; prompts, parsers, tables, cards and plots import it.
"""

from mentalbench_hf.schema.attributes import (
    ATTRIBUTES,
    AXES,
    AXIS_NAMES,
    AXIS_OF,
    SCALE,
    SCALE_MAX,
    SCALE_MIN,
    axis_of,
    axis_scores,
)
from mentalbench_hf.schema.datasets import (
    DATASETS,
    MENTALALIGN_70K,
    MENTALBENCH_100K,
    SPLIT,
    SYNTHETIC,
    DatasetSpec,
)
from mentalbench_hf.schema.experts import EXPERT_ANCHORS
from mentalbench_hf.schema.raters import (
    HUMAN,
    HUMAN_SHEET,
    JUDGE_IDS,
    JUDGES,
    RATERS,
    RELEASED,
    SAMPLE,
    SYSTEM_IDS,
    SYSTEMS,
    Judge,
    Roster,
    System,
    get_judge,
    get_system,
)
from mentalbench_hf.schema.status import PLACEHOLDERS, STATUS_MEANING, USABLE, Status

__all__ = [
    "ATTRIBUTES",
    "AXES",
    "AXIS_NAMES",
    "AXIS_OF",
    "DATASETS",
    "EXPERT_ANCHORS",
    "HUMAN",
    "HUMAN_SHEET",
    "JUDGES",
    "JUDGE_IDS",
    "MENTALALIGN_70K",
    "MENTALBENCH_100K",
    "PLACEHOLDERS",
    "RATERS",
    "RELEASED",
    "SAMPLE",
    "SCALE",
    "SCALE_MAX",
    "SCALE_MIN",
    "SPLIT",
    "STATUS_MEANING",
    "SYNTHETIC",
    "SYSTEMS",
    "SYSTEM_IDS",
    "USABLE",
    "DatasetSpec",
    "Judge",
    "Roster",
    "Status",
    "System",
    "axis_of",
    "axis_scores",
    "get_judge",
    "get_system",
]
