"""Scores of Langfuse: the export of its table (CSV, JSON), of its API, or to blob storage.

A score's name is its attribute. What was scored is the observation, else the trace, else the
session; a session is the cluster. Scores of the source ANNOTATION are of the person who gave them
(``authorUserName``), those of EVAL and API of the evaluator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mentalbench_hf.ecosystem.exports.long_form import Export, Rows, Telling

TOOL: Final = "Langfuse"
_SOURCES: Final = ("ANNOTATION", "API", "EVAL")


def looks(content: Any) -> bool:
    """Tell whether this is what Langfuse writes."""
    first = _scores(content)[:1]
    if not (first and isinstance(first[0], dict)):
        return False
    known = {"name", "value", "source"} <= set(first[0])
    return known and any(k in first[0] for k in ("traceId", "trace_id"))


def read(content: Any, telling: Telling) -> Export:
    """Return the ratings of a file."""
    rows = Rows(TOOL, telling)
    for score in _scores(content):
        trace, session = _get(score, "traceId"), _get(score, "sessionId")
        value = score.get("value")
        text = _get(score, "stringValue")
        kind = _get(score, "dataType")
        rows.add(
            _get(score, "observationId") or trace or session,
            score["name"],
            _rater(score),
            # A category's number is a bare index; its word is what was meant.
            text if kind in ("CATEGORICAL", "TEXT") and text else value,
            cluster=session if trace else None,
        )
    return rows.export()


def _rater(score: Mapping[str, Any]) -> str | None:
    source = str(score.get("source", "")).upper()
    person = _get(score, "authorUserName") or _get(score, "authorUserId")
    if source == "ANNOTATION":
        return str(person) if person else None
    made = _get(score, "evaluatorId") or _get(score, "configId")
    return (
        str(made) if made else f"{source.lower()}:{score['name']}" if source in _SOURCES else None
    )


def _get(score: Mapping[str, Any], name: str) -> Any:
    """Return a field by its name in the table, or as in blob storage (with underscores)."""
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    value = score.get(name, score.get(snake))
    return None if value != value else value  # NaN of a CSV file


def _scores(content: Any) -> list[Any]:
    if isinstance(content, dict):
        content = content.get("data") or content.get("scores") or []
    return content if isinstance(content, list) else []
