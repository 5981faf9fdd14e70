"""Exports of Argilla 2: records as JSON, and datasets with flat columns.

A question is an attribute, a response a rating by the user who gave it, a suggestion a rating by
its agent. Users are named by their ids: Argilla exports no names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mentalbench_hf.ecosystem.exports.long_form import Export, Rows, Telling

TOOL: Final = "Argilla"
_RESPONSES: Final = re.compile(r"(.+)\.responses")
_CLUSTER, _SYSTEM = "conversation_id", "system"


def looks(content: Any) -> bool:
    """Tell whether this is what Argilla writes."""
    first = content[0] if isinstance(content, list) and content else None
    if not isinstance(first, dict):
        return False
    nested = isinstance(first.get("responses"), dict) and "fields" in first
    return nested or any(f"{key}.users" in first for key in first if _RESPONSES.fullmatch(str(key)))


def read(content: Any, telling: Telling) -> Export:
    """Return the ratings of a file."""
    rows = Rows(TOOL, telling)
    for number, record in enumerate(content):
        more = record.get("metadata") if "fields" in record else record
        more = more if isinstance(more, Mapping) else {}
        target = record.get("id") or record.get("_server_id") or number
        given = _nested(record) if "fields" in record else _flat(record)
        for attribute, rater, value in given:
            rows.add(
                target,
                attribute,
                rater,
                value,
                cluster=more.get(_CLUSTER),
                system=more.get(_SYSTEM),
            )
    return rows.export("people are named by their ids, as Argilla exports no names")


def _nested(record: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for question, responses in (record.get("responses") or {}).items():
        for response in responses:
            yield question, response.get("user_id"), response.get("value")
    for question, suggestion in (record.get("suggestions") or {}).items():
        if suggestion:
            yield question, suggestion.get("agent"), suggestion.get("value")


def _flat(record: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in record:
        if named := _RESPONSES.fullmatch(str(key)):
            question, values = named[1], record[key]
            values, users = _list(values), _list(record.get(f"{key}.users"))
            states = _list(record.get(f"{key}.status")) or ["submitted"] * len(values)
            for value, user, state in zip(values, users, states, strict=True):
                if state in (None, "submitted"):  # drafts and discarded ones are no ratings
                    yield question, user, value
            suggested = record.get(f"{question}.suggestion")
            if suggested is not None:
                yield question, record.get(f"{question}.suggestion.agent"), suggested


def _list(values: Any) -> list[Any]:
    return [] if values is None else list(values)
