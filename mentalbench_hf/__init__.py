"""mentalbench_hf: two clinician-rated benchmarks, and what their LLM judges may be trusted with.

``import mentalbench_hf as mb`` is the front door: every name below loads what it needs when it is
first used, so that the import itself costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf._version import __version__

if TYPE_CHECKING:
    from mentalbench_hf.front.agreement import ceiling, reliability, statistics
    from mentalbench_hf.front.data import audit, build, install, publish
    from mentalbench_hf.front.loading import load_ratings, load_responses, read_ratings
    from mentalbench_hf.front.panel import panel
    from mentalbench_hf.front.questions import (
        calibrate,
        compare,
        new_system,
        plan,
        unsafe_cards,
    )
    from mentalbench_hf.front.reporting import report, reproduce
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
    "compare",
    "install",
    "load_ratings",
    "load_responses",
    "new_system",
    "panel",
    "plan",
    "publish",
    "read_ratings",
    "reliability",
    "report",
    "reproduce",
    "statistics",
    "unsafe_cards",
]

#: Where each name of the front door is at home.
_HOMES: Final = {
    "mentalbench_hf.front.agreement": ("ceiling", "statistics"),
    "mentalbench_hf.front.data": ("audit", "build", "install", "publish"),
    "mentalbench_hf.front.loading": ("load_ratings", "load_responses", "read_ratings"),
    "mentalbench_hf.front.panel": ("panel",),
    "mentalbench_hf.front.questions": (
        "calibrate", "compare", "new_system", "plan", "unsafe_cards",
    ),
    "mentalbench_hf.front.reporting": ("reproduce",),
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
