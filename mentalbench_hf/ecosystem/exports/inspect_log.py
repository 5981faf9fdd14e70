"""Logs of inspect, .eval or .json: every score of every sample.

A scorer is a rater, and what it scored an attribute; a score that a person edited is that person's
rating as well. In a log of our own task ``mentalalign`` the evaluated model is the judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.ecosystem.exports.long_form import Export, Rows, Telling

if TYPE_CHECKING:
    from inspect_ai.scorer import Score

TOOL: Final = "inspect"
#: inspect's own reading of its grades.
_WORDS: Final = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


def looks(content: Any) -> bool:
    """Tell whether this is what inspect writes as .json."""
    return isinstance(content, dict) and {"version", "status", "eval"} <= set(content)


def read_log(path: Path, telling: Telling) -> Export:
    """Return the ratings of a log.

    Raises:
        MissingExtraError: inspect is not installed.
        RunError: it is no log.
    """
    from mentalbench_hf.ecosystem.logs import open_log

    log = open_log(path)
    rows = Rows(TOOL, telling, _WORDS)
    facts = (log.eval.metadata or {}).get("mentalbench_hf")
    judge = isinstance(facts, Mapping) and facts.get("task") == "mentalalign"
    epochs = (log.eval.config.epochs or 1) > 1 and not judge
    for sample in log.samples or []:
        more = sample.metadata or {}
        # Each epoch is another reply, except where the reply is given and the judge is asked again.
        target = f"{sample.id}/{sample.epoch}" if epochs else sample.id
        where = {
            "cluster": more.get("conversation_id"),
            "system": more.get("system") or (None if judge else log.eval.model),
        }
        for scorer, score in (sample.scores or {}).items():
            for rater, value in _by_whom(scorer, score):
                given = value if isinstance(value, Mapping) else {scorer: value}
                for attribute, rating in given.items():
                    who = log.eval.model if judge and rater == scorer else rater
                    rows.add(target, attribute, who, rating, **where)
        if judge:
            for attribute, rating in (more.get("experts") or {}).items():
                rows.add(target, attribute, "human", rating, **where)
    return rows.export()


def _by_whom(scorer: str, score: Score) -> Iterator[tuple[str, Any]]:
    """Yield the scorer with its own value, then each editor with the value set."""
    if not score.history:
        yield scorer, score.value
        return
    for edit in score.history:
        if edit.value != "UNCHANGED":
            yield (edit.provenance.author if edit.provenance else scorer), edit.value
