"""What came of asking models: the replies of one, the scores by a judge."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd

    from mentalbench_hf.inference.run.calls import RunSummary

#: Replies that a notebook shows at once; `to_frame` holds all of them.
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Reply(Record):
    """One reply of a model.

    Attributes:
        conversation_id: the conversation it answers.
        system: who wrote it.
        context: what the person wrote.
        response: the reply; None where there is none.
        n_words: its length in words.
        refusal: it refuses to answer.
        call_status: ``ok``, or what became of the call.
    """

    conversation_id: str
    system: str
    context: str
    response: str | None
    n_words: int
    refusal: bool
    call_status: str


@dataclass(frozen=True, slots=True)
class Score(Record):
    """The mean rating of one system by one judge; repetitions are averaged first.

    Attributes:
        judge: who rated.
        system: who wrote the responses.
        score: an attribute, CSS or ARS.
        mean: 1 to 5; None without any rating.
        low: lower end of the 95% interval from resampling conversations; None for fewer than two.
        high: its upper end.
        n: responses with a score.
        n_unscored: responses without.
        n_conversations: conversations of the scored ones.
    """

    judge: str
    system: str
    score: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    n_unscored: int
    n_conversations: int


@dataclass(frozen=True, eq=False, repr=False)
class GeneratedRun(ResultTable[Reply]):
    """The replies of a model, one row each.

    Attributes:
        folder: the run: a dataset folder, and what ``judge`` takes.
        summary: what the call did; None for a run that was read.
    """

    folder: Path = Path()
    summary: RunSummary | None = None

    def _repr_html_(self) -> str:
        if len(self.rows) <= _SHOWN:
            return ResultTable._repr_html_(self)
        title = f"{self.title}, the first {_SHOWN} of {len(self.rows)}"
        return ResultTable._repr_html_(replace(self, rows=self.rows[:_SHOWN], title=title))


@dataclass(frozen=True, eq=False, repr=False)
class JudgedRun(ResultTable[Score]):
    """The scores by a judge, one row per judge, system and attribute or axis.

    Attributes:
        folder: the run: a dataset folder with every judgment.
        summary: what the call did; None for a run that was read.
    """

    folder: Path = Path()
    summary: RunSummary | None = None

    def ratings(self) -> pd.DataFrame:
        """Return every rating, one row per reply, judge and attribute.

        Columns target, conversation_id, system, rater, attribute, rating (1 to 5, NaN where
        missing), status; ``attrs["synthetic"]`` says whether they are of the SYNTHETIC SAMPLE.
        """
        from mentalbench_hf.inference.run_ratings import ratings_frame

        frame = ratings_frame(self.folder)
        frame.attrs["synthetic"] = self.synthetic
        return frame


def generated_run(folder: Path, summary: RunSummary | None = None) -> GeneratedRun:
    """Return the replies of a run; raises ``RunError`` for another kind of folder."""
    from mentalbench_hf.inference.run.run_folder import RunFolder
    from mentalbench_hf.inference.run_tables import generated_rows

    names = [field.name for field in fields(Reply)]
    rows = tuple(Reply(**{name: row[name] for name in names}) for row in generated_rows(folder))
    manifest = RunFolder(folder).manifest()
    return GeneratedRun(
        rows=rows,
        name="replies",
        title=f"Replies of {', '.join(manifest['models'])}",
        columns=("conversation_id", "system", "response", "n_words", "call_status"),
        synthetic=bool(manifest["synthetic"]),
        folder=folder,
        summary=summary,
    )


def judged_run(folder: Path, summary: RunSummary | None = None) -> JudgedRun:
    """Return the scores of a run; raises ``RunError`` for another kind of folder."""
    import pyarrow.parquet as pq

    from mentalbench_hf.inference.run.run_folder import RunFolder
    from mentalbench_hf.inference.run_card import SCORES_MEANING

    manifest = RunFolder(folder).manifest()
    scores = pq.read_table(folder / "data" / "scores.parquet").to_pylist()
    return JudgedRun(
        rows=tuple(Score(**row) for row in scores),
        name="scores",
        title=f"Scores by {', '.join(manifest['models'])}",
        columns=("judge", "system", "score", "mean", "low", "high", "n", "n_unscored"),
        reading=(SCORES_MEANING,),
        synthetic=bool(manifest["synthetic"]),
        folder=folder,
        summary=summary,
    )
