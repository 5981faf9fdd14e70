"""What is rated: seven attributes on two axes, on one ordinal scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def axis_scores(ratings: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return CSS and ARS of one response: the mean of an axis's attributes, 1 to 5.

    An axis of which any rating is missing is None: the mean of the others would be of another
    scale.
    """
    scores: dict[str, float | None] = {}
    for axis, members in AXES.items():
        known = [rating for a in members if (rating := ratings[a]) is not None]
        scores[axis] = sum(known) / len(known) if len(known) == len(members) else None
    return scores
