"""What is rated: seven attributes on two axes, on one ordinal scale."""

from __future__ import annotations

from typing import Final

SCALE_MIN: Final = 1
SCALE_MAX: Final = 5
SCALE: Final = tuple(range(SCALE_MIN, SCALE_MAX + 1))

#: Axis -> its attributes. An axis score is the mean of its attributes.
AXES: Final[dict[str, tuple[str, ...]]] = {
    "CSS": ("Guidance", "Informativeness", "Relevance", "Safety"),
    "ARS": ("Empathy", "Helpfulness", "Understanding"),
}
AXIS_NAMES: Final[dict[str, str]] = {
    "CSS": "Cognitive Support Score",
    "ARS": "Affective Resonance Score",
}
ATTRIBUTES: Final[tuple[str, ...]] = tuple(a for names in AXES.values() for a in names)
AXIS_OF: Final[dict[str, str]] = {a: axis for axis, names in AXES.items() for a in names}


def axis_of(name: str) -> str:
    """Return the axis of an attribute; an axis is its own axis, any other name has axis ``""``."""
    return name if name in AXES else AXIS_OF.get(name, "")
