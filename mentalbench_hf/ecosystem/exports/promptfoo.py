"""Results of promptfoo: ``promptfoo eval --output results.json``, or the download of its viewer.

A reply is one cell of promptfoo's table: a test case answered with a prompt by a provider. Every
assertion with a score is a rating of it. The rater is the provider that graded it, where the
assertion names one; the marks that people set in the viewer are of the rater ``human``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mentalbench_hf.ecosystem.exports.long_form import Export, Rows, Telling

TOOL: Final = "promptfoo"


def looks(content: Any) -> bool:
    """Tell whether this is what promptfoo writes."""
    results = content.get("results") if isinstance(content, dict) else None
    return isinstance(results, dict) and isinstance(results.get("results"), list)


def read(content: Any, telling: Telling) -> Export:
    """Return the ratings of a file."""
    rows = Rows(TOOL, telling)
    cells = content["results"]["results"]
    prompts = {c.get("promptIdx") for c in cells}
    for number, cell in enumerate(cells):
        test, prompt = cell.get("testIdx", number), cell.get("promptIdx", 0)
        provider = _name(cell.get("provider"))
        system = provider if len(prompts) < 2 else f"{provider} (prompt {prompt})"
        where = {"cluster": f"test {test}", "system": system}
        for attribute, rater, value in _ratings(cell):
            rows.add(f"test {test}/{system}", attribute, rater, value, **where)
    return rows.export("people's marks in promptfoo carry no name: all are of the rater 'human'")


def _ratings(cell: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Any]]:
    """Yield attribute, rater and score."""
    graded = cell.get("gradingResult") or {}
    parts = [p for p in graded.get("componentResults") or [] if p]
    for part in parts:
        assertion = part.get("assertion") or {}
        kind = assertion.get("type", "assertion")
        if kind == "human":
            yield "human" if len(parts) < 2 else "overall", "human", part.get("score")
            continue
        grader = _name(assertion["provider"]) if assertion.get("provider") else None
        yield assertion.get("metric") or kind, grader, part.get("score")
    if not parts:
        yield "overall", None, graded.get("score", cell.get("score"))


def _name(provider: Any) -> str:
    if isinstance(provider, Mapping):
        return str(provider.get("label") or provider.get("id") or "unknown")
    return str(provider or "unknown")
