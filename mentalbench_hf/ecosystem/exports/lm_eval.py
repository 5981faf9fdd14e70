"""Samples of lm-evaluation-harness: ``samples_TASK_DATE.jsonl`` (``--log_samples``).

Each line is a document with its metrics: a metric is an attribute. The file names neither the
model, whose name is that of its folder, nor who computed a metric.
"""

from __future__ import annotations

from typing import Any, Final

from mentalbench_hf.ecosystem.exports.long_form import Export, Rows, Telling

TOOL: Final = "lm-evaluation-harness"


def looks(content: Any) -> bool:
    """Tell whether this is what the harness writes."""
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and {"doc_id", "resps", "filtered_resps"} <= set(first)


def read(content: Any, telling: Telling) -> Export:
    """Return the ratings of a file."""
    rows = Rows(TOOL, telling)
    filters = {sample.get("filter") for sample in content}
    for sample in content:
        document = sample.get("doc") or {}
        # One line per filter of the answers: each is a reading of its own.
        target = str(sample["doc_id"])
        named = f" ({sample.get('filter')})" if len(filters) > 1 else ""
        for metric in sample.get("metrics") or []:
            value = sample.get(metric)
            if isinstance(value, list):
                continue  # parts from which the harness makes one number over all documents
            rows.add(
                target,
                f"{metric}{named}",
                None,
                value,
                cluster=document.get("conversation_id"),
                system=document.get("system"),
            )
    return rows.export("the model is named by the file's folder only")
