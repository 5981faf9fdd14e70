"""mentalbench_hf: two clinician-rated benchmarks, and what their LLM judges may be trusted with.

``import mentalbench_hf as mb`` is the front door: every name below loads what it needs when it is
first used, so that the import itself costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf._version import __version__

if TYPE_CHECKING:
    from mentalbench_hf.front.agreement import reliability, statistics
    from mentalbench_hf.front.data import audit, build, install, publish, status, uninstall
    from mentalbench_hf.front.doctor import doctor
    from mentalbench_hf.front.exchange import certify_log, preferences
    from mentalbench_hf.front.human_units import calibrate, held_out_systems, new_system
    from mentalbench_hf.front.judging import certify, generate, judge
    from mentalbench_hf.front.loading import load_ratings, load_responses, load_table, read_ratings
    from mentalbench_hf.front.panel import panel
    from mentalbench_hf.front.questions import compare, unsafe_cards
    from mentalbench_hf.front.reporting import report, reproduce
    from mentalbench_hf.front.studies import plan, plan_panel, smallest_study
    from mentalbench_hf.front.systems import ceiling, leaderboard
    from mentalbench_hf.schema import (
        ATTRIBUTES,
        AXES,
        JUDGES,
        SCALE,
        SYSTEMS,
        Status,
    )

__all__ = [
    "ATTRIBUTES",
    "AXES",
    "JUDGES",
    "SCALE",
    "SYSTEMS",
    "Status",
    "__version__",
    "audit",
    "build",
    "calibrate",
    "ceiling",
    "certify",
    "certify_log",
    "compare",
    "doctor",
    "generate",
    "held_out_systems",
    "install",
    "judge",
    "leaderboard",
    "load_ratings",
    "load_responses",
    "load_table",
    "new_system",
    "panel",
    "plan",
    "plan_panel",
    "preferences",
    "publish",
    "read_ratings",
    "reliability",
    "report",
    "reproduce",
    "smallest_study",
    "statistics",
    "status",
    "uninstall",
    "unsafe_cards",
]

#: Where each name of the front door is at home.
_HOMES: Final = {
    "mentalbench_hf.front.agreement": ("statistics",),
    "mentalbench_hf.front.data": (
        "audit", "build", "install", "publish", "status", "uninstall",
    ),
    "mentalbench_hf.front.doctor": ("doctor",),
    "mentalbench_hf.front.exchange": ("certify_log", "preferences"),
    "mentalbench_hf.front.human_units": ("calibrate", "held_out_systems", "new_system"),
    "mentalbench_hf.front.judging": ("certify", "generate", "judge"),
    "mentalbench_hf.front.loading": (
        "load_ratings", "load_responses", "load_table", "read_ratings",
    ),
    "mentalbench_hf.front.panel": ("panel",),
    "mentalbench_hf.front.questions": ("compare", "unsafe_cards"),
    "mentalbench_hf.front.reporting": ("reproduce",),
    "mentalbench_hf.front.studies": ("plan", "plan_panel", "smallest_study"),
    "mentalbench_hf.front.systems": ("ceiling", "leaderboard"),
    "mentalbench_hf.schema": ("ATTRIBUTES", "AXES", "JUDGES", "SCALE", "SYSTEMS", "Status"),
}  # fmt: skip
#: Two jobs bear the names of rooms; these modules are the rooms, and calling them does the job.
_ROOMS: Final = ("reliability", "report")


def __getattr__(name: str) -> Any:
    """Load a name of the front door when it is first used (PEP 562)."""
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of the front door."""
    return __all__
