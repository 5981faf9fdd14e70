"""Evaluations of MLflow: traces with assessments, and tables of results.

Read are the rows of ``mlflow.search_traces`` and of ``EvaluationResult.result_df`` (a column
``assessments``), traces as JSON (``info.assessments``), tables with columns ``NAME/value`` or
``NAME/score``, and the ``eval_results_table.json`` of the older ``mlflow.evaluate``. The rater is
the assessment's source: a person, a judge, or code.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from mentalbench_hf.ecosystem.exports.long_form import Export, Rows, Telling

TOOL: Final = "MLflow"
#: A column of scores; between them the older versions name the metric's version.
_COLUMN: Final = re.compile(r"(.+?)(?:/v\d+)?/(?:value|score)")
#: MLflow's own reading of its ratings in words.
_WORDS: Final = {"yes": 1.0, "no": 0.0}
_SESSION: Final = "mlflow.trace.session"


def looks(content: Any) -> bool:
    """Tell whether this is what MLflow writes."""
    rows = _rows(content)
    first = rows[0] if rows else None
    if not isinstance(first, dict):
        return False
    told = "trace_id" in first or "inputs" in first or "outputs" in first
    scored = "assessments" in first or any(_COLUMN.fullmatch(str(key)) for key in first)
    return _assessments(first) is not None or (told and scored)


def read(content: Any, telling: Telling) -> Export:
    """Return the ratings of a file."""
    rows, columns_only = Rows(TOOL, telling, _WORDS), False
    for number, row in enumerate(_rows(content), start=1):
        info = row.get("info") or row
        more = _parsed(info.get("trace_metadata")) or {}
        target = info.get("trace_id") or f"row {number}"
        where = {"cluster": more.get(_SESSION), "system": more.get("mlflow.modelId")}
        given = _assessments(row)
        if given is None:
            columns_only = True
            for key, value in row.items():
                if named := _COLUMN.fullmatch(str(key)):
                    rows.add(target, named[1], None, value, **where)
        for one in given or []:
            if one.get("feedback") is None or not one.get("valid", True):
                continue  # an expectation or an issue is no rating, a replaced one no longer is
            source = one.get("source") or {}
            rater = source.get("source_id") or str(source.get("source_type", "")).lower()
            value = None if one["feedback"].get("error") else one["feedback"].get("value")
            rows.add(target, one["assessment_name"], rater, value, **where)
    return rows.export(
        *["a table of MLflow's results does not say who rated; its traces do (search_traces)"]
        * columns_only
    )


def _assessments(row: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the assessments of a row or trace; None where it has no such field."""
    info = row.get("info")
    found = info.get("assessments") if isinstance(info, Mapping) else row.get("assessments")
    found = _parsed(found)
    ours = isinstance(found, list) and all(
        isinstance(a, Mapping) and "assessment_name" in a for a in found
    )
    return found if ours else None


def _parsed(value: Any) -> Any:
    """Return a cell of a CSV file as what it says: pandas writes lists and dicts as Python does."""
    if isinstance(value, str):
        for reader in (json.loads, ast.literal_eval):
            try:
                return reader(value)
            except (ValueError, SyntaxError):
                continue
        return None
    return value


def _rows(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict) and {"columns", "data"} <= set(content):
        return [dict(zip(content["columns"], row, strict=False)) for row in content["data"]]
    if isinstance(content, dict):
        content = content.get("traces") or ([content] if "info" in content else [])
    return content if isinstance(content, list) else []
