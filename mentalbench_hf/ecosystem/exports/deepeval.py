"""Test runs of DeepEval: the JSON it saves of a run (``testCases`` with ``metricsData``).

A metric is an attribute, and the model that computed it (``evaluationModel``) is its rater.
"""

from __future__ import annotations

from typing import Any, Final

from mentalbench_hf.ecosystem.exports.long_form import Export, Rows, Telling

TOOL: Final = "DeepEval"
#: Of single replies and of whole conversations; the names before and after aliases.
_CASES: Final = ("testCases", "test_cases", "conversationalTestCases", "conversational_test_cases")


def looks(content: Any) -> bool:
    """Tell whether this is what DeepEval writes."""
    run = _run(content)
    cases = [case for name in _CASES for case in run.get(name) or []]
    return any(isinstance(c, dict) and ("metricsData" in c or "metrics_data" in c) for c in cases)


def read(content: Any, telling: Telling) -> Export:
    """Return the ratings of a file."""
    rows, run = Rows(TOOL, telling), _run(content)
    for kind in _CASES:
        for number, case in enumerate(run.get(kind) or []):
            target = f"{case.get('name') or 'case'}/{case.get('order', number)}"
            more = case.get("metadata") or {}
            for metric in case.get("metricsData") or case.get("metrics_data") or []:
                rows.add(
                    target,
                    metric["name"],
                    metric.get("evaluationModel") or metric.get("evaluation_model"),
                    None if metric.get("error") else metric.get("score"),
                    cluster=more.get("conversation_id"),
                    system=more.get("system"),
                )
    return rows.export(
        "DeepEval keeps no ratings by people: add the experts' with a file of their own"
    )


def _run(content: Any) -> dict[str, Any]:
    """Return the run; the file of the latest one wraps it."""
    if not isinstance(content, dict):
        return {}
    inner = content.get("testRunData")
    return inner if isinstance(inner, dict) else content
