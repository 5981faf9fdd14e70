"""From a file to what it holds and which questions it can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mentalbench_hf.ecosystem.doctor.guess import is_model
from mentalbench_hf.ecosystem.doctor.holdings import Holdings, holdings
from mentalbench_hf.ecosystem.doctor.questions import Asking, Question, questions
from mentalbench_hf.ecosystem.doctor.table import Table, open_table
from mentalbench_hf.ecosystem.exports.long_form import Telling
from mentalbench_hf.errors import DataError


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What a file holds.

    Attributes:
        file: the file.
        table: its ratings as a long table.
        assumed: what was assumed, in sentences.
        lacks: what the file does not hold, or what was left out, in sentences.
        held: what the ratings are.
        experts: raters taken for experts.
        judges: raters taken for judges.
        questions: the questions with their answers.
    """

    file: str
    table: Table
    assumed: tuple[str, ...]
    lacks: tuple[str, ...]
    held: Holdings
    experts: tuple[str, ...]
    judges: tuple[str, ...]
    questions: tuple[Question, ...]

    def record(self) -> dict[str, Any]:
        """Return one object for JSON."""
        c = self.table.columns
        return {
            "file": self.file,
            "kind": self.table.kind,
            "columns": {
                "target": c.target, "cluster": c.cluster, "system": c.system,
                "attribute": c.attribute,
                **({"raters": list(c.raters)} if c.raters else
                   {"rater": c.rater, "rating": c.rating}),
            },
            "assumed": list(self.assumed),
            "lacks": list(self.lacks),
            "order": self.table.order,
            **self.held.record(),
            "experts": list(self.experts),
            "judges": list(self.judges),
            "questions": [q.record() for q in self.questions],
        }  # fmt: skip


def diagnose(
    place: str,
    given: Mapping[str, str | None] | None = None,
    *,
    raters: Sequence[str] = (),
    experts: Sequence[str] = (),
    judges: Sequence[str] = (),
    telling: Telling | None = None,
    config: str | None = None,
    split: str | None = None,
) -> Diagnosis:
    """Say what a file holds and which questions it can answer; no statistic is computed.

    Args:
        place: see :func:`~mentalbench_hf.ecosystem.doctor.table.open_table`, as for all but
            experts and judges.
        given: parameter of Columns -> the column that the user named.
        raters: the columns that are raters.
        experts: raters that are experts; by default those whose names are no model's.
        judges: raters that are judges; by default the others.
        telling: what an export does not hold.
        config: configuration of a Hub dataset.
        split: its split.

    Raises:
        DataError: the file cannot be read, nothing tells what was rated by whom, or no rater has
            a name that was given.
    """
    table = open_table(place, given, raters=raters, telling=telling, config=config, split=split)
    held = holdings(table.long, table.columns)
    found, others, said = _who(held, experts, judges)
    ask = Asking(held, place, table.options, tuple(found), tuple(others), table.texts)
    return Diagnosis(
        file=place,
        table=table,
        assumed=(*table.assumed, *said),
        lacks=(*table.lacks, *_scales(held)),
        held=held,
        experts=tuple(found),
        judges=tuple(others),
        questions=tuple(questions(ask)),
    )


def _who(
    held: Holdings, experts: Sequence[str], judges: Sequence[str]
) -> tuple[list[str], list[str], list[str]]:
    """Return experts, judges, and what was assumed about them."""
    names = [r.rater for r in held.raters]
    for name in (*experts, *judges):
        if name not in names:
            raise DataError(f"no rater is called {name!r}; raters: {', '.join(names)}")
    rest = [n for n in names if n not in experts and n not in judges]
    if experts:
        return list(experts), list(judges) or rest, []
    people = [n for n in rest if not is_model(n)]
    models = list(judges) or [n for n in rest if is_model(n)]
    said = []
    if people:
        said = [f"experts are {', '.join(people)}, by their names (else --expert)"]
    return people, models, said


def _scales(held: Holdings) -> list[str]:
    """Say when attributes differ so much in scale that one scale does not fit all."""
    ends = {(s.low, s.high) for s in held.scales if s.n_values}
    highs = {high for _, high in ends}
    if len(highs) > 1 and max(highs) - min(highs) > 1:
        return [
            "attributes use different scales ("
            + ", ".join(f"{low:g} to {high:g}" for low, high in sorted(ends))
            + "): split the file, so that each has its own"
        ]
    return []
