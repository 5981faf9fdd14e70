"""Exports of Label Studio, format JSON: tasks with their annotations.

Of an annotation its ratings, numbers and single choices are read; the control's ``from_name`` is
the attribute. The rater is who completed it. Predictions are a model's ratings
(``model_version``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mentalbench_hf.ecosystem.exports.long_form import Export, Rows, Telling

TOOL: Final = "Label Studio"
#: The names under which a task may tell what belongs together and who wrote the reply.
_CLUSTER: Final = ("conversation_id", "conversation")
_SYSTEM: Final = ("system", "model")


def looks(content: Any) -> bool:
    """Tell whether this is what Label Studio writes."""
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and "data" in first and "annotations" in first


def read(content: Any, telling: Telling) -> Export:
    """Return the ratings of a file."""
    rows = Rows(TOOL, telling)
    numbers = False
    for task in content:
        data = task.get("data") or {}
        where = {
            "cluster": next((data[k] for k in _CLUSTER if k in data), None),
            "system": next((data[k] for k in _SYSTEM if k in data), None),
        }
        for made in (*(task.get("annotations") or []), *(task.get("predictions") or [])):
            if made.get("was_cancelled"):
                continue  # skipped by the person
            person = made.get("completed_by", made.get("model_version"))
            numbers = numbers or isinstance(person, int)
            if isinstance(person, Mapping):
                person = person.get("email") or person.get("id")
            for attribute, value in _ratings(made):
                rows.add(task["id"], attribute, person, value, **where)
    return rows.export(*["people are named by the numbers of their accounts"] * numbers)


def _ratings(annotation: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for region in annotation.get("result") or []:
        value, kind = region.get("value") or {}, region.get("type")
        if kind in ("rating", "number"):
            yield region["from_name"], value.get(kind)
        elif kind == "choices" and len(value.get("choices") or []) == 1:
            yield region["from_name"], value["choices"][0]
