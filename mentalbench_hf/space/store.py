"""What the Space shows, kept on the server: texts as Arrow, ratings as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.mentalalign import STATUSES, MentalAlign
from mentalbench_hf.data.rated_replies import rows_of_texts
from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import ATTRIBUTES, HUMAN, Roster, Status

if TYPE_CHECKING:
    import pyarrow as pa

    from mentalbench_hf.data.mentalbench import MentalBench

#: Prefix of a rated conversation whose text is not among the conversations of MentalBench-100k.
RATED_ONLY: Final = "rated-"


@dataclass(frozen=True, slots=True)
class Scores:
    """One rater's scores of one response.

    Attributes:
        ratings: attribute -> 1 to 5, None where there is no usable rating.
        statuses: attribute -> why it is there or not.
        explanation: the rater's own words, None when there are none.
    """

    ratings: dict[str, int | None]
    statuses: dict[str, Status]
    explanation: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One response of a conversation.

    Attributes:
        system: who wrote it.
        text: None when it is missing or its text is not available here.
        available: whether texts of responses are available here at all.
        missing: it is known that there is no response.
        scores: rater -> its scores; empty when the response was not rated.
    """

    system: str
    text: str | None
    available: bool
    missing: bool
    scores: dict[str, Scores]

    @property
    def n_words(self) -> int | None:
        """Words of the text, None without one."""
        return None if self.text is None else len(self.text.split())


@dataclass(frozen=True, eq=False)
class Store:
    """Conversations by position, 0 to n - 1.

    Attributes:
        roster: who wrote and who rated.
        keys: name of each conversation in addresses: its id in MentalBench-100k, or ``rated-`` and
            its id in MentalAlign-70k when its text is not there.
        contexts: Arrow strings, length n.
        responses: system -> Arrow strings, length n, null where missing; empty when no texts of
            responses are available.
        rated_row: shape (n,), row of the conversation in `ratings`, -1 when it was not rated.
        ratings: MentalAlign-70k, without the judges' raw text.
        explanations: judge -> row -> system -> the judge's own words.
        synthetic: whether this is the bundled sample.
        released: whether the ratings as published are known, beside the audited ones.
        notes: what a reader must know about the data shown.
        styles: letters of the expert styles, by code; empty where the data do not tell them.
        style_counts: style -> its conversations.
    """

    roster: Roster
    keys: tuple[str, ...]
    contexts: pa.ChunkedArray
    responses: dict[str, pa.ChunkedArray]
    rated_row: NDArray[np.int32]
    ratings: MentalAlign
    explanations: dict[str, list[list[str | None]]]
    synthetic: bool
    released: bool = True
    notes: tuple[str, ...] = ()
    _index: dict[str, int] = field(init=False, repr=False)
    _audited: NDArray[np.float32] = field(init=False, repr=False)
    styles: tuple[str, ...] = field(init=False, repr=False)
    style_counts: dict[str, int] = field(init=False, repr=False)
    _style: NDArray[np.int64] = field(init=False, repr=False)
    _lowered: list[pa.ChunkedArray] = field(init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare look-up by key, audited ratings and folded texts for searching."""
        import pyarrow.compute as pc

        fixed = object.__setattr__
        fixed(self, "_index", {key: i for i, key in enumerate(self.keys)})
        fixed(self, "_audited", self.ratings.ratings("audited").astype(np.float32))
        codes, letters = self.ratings.experts
        fixed(self, "styles", letters)
        by_row = np.append(codes, -1)  # a conversation that was not rated has row -1
        fixed(self, "_style", by_row[self.rated_row])
        fixed(self, "style_counts", {s: int(self.of_style(s).sum()) for s in letters})
        texts = [self.contexts, *self.responses.values()]
        fixed(self, "_lowered", [pc.utf8_lower(t) for t in texts])

    def __len__(self) -> int:
        """Return the number of conversations."""
        return len(self.keys)

    @property
    def audited(self) -> NDArray[np.float32]:
        """Audited ratings, shape (raters, rated rows, systems, attributes), NaN where null."""
        return self._audited

    @property
    def statuses(self) -> NDArray[np.uint8]:
        """Codes of STATUSES, same shape as `audited`."""
        return self.ratings.statuses

    @property
    def has_texts(self) -> bool:
        """Whether texts of responses are available."""
        return bool(self.responses)

    def style(self, position: int) -> str:
        """Return the style of expert that rated a conversation; empty when it is not known."""
        code = int(self._style[position])
        return self.styles[code] if code >= 0 else ""

    def of_style(self, style: str) -> NDArray[np.bool_]:
        """Return which conversations an expert of this style rated."""
        return np.asarray(self._style == self.styles.index(style))

    def position(self, key: str) -> int | None:
        """Return the position of a conversation, None when there is none of that name."""
        return self._index.get(key)

    def context(self, position: int) -> str:
        """Return what the person wrote."""
        return str(self.contexts[position].as_py())

    def response(self, position: int, system: str) -> Response:
        """Return one response with all its scores."""
        text = self.responses[system][position].as_py() if self.responses else None
        row = int(self.rated_row[position])
        s = self.roster.system_ids.index(system)
        marked = row >= 0 and bool(self.ratings.missing_responses[row, s])
        return Response(
            system=system,
            text=text,
            available=self.has_texts and not self.keys[position].startswith(RATED_ONLY),
            missing=(text is None and self.has_texts and self._has_text_row(position)) or marked,
            scores={} if row < 0 else {r: self._scores(row, s, r) for r in self.roster.raters},
        )

    def _has_text_row(self, position: int) -> bool:
        return not self.keys[position].startswith(RATED_ONLY)

    def _scores(self, row: int, s: int, rater: str) -> Scores:
        r = self.roster.raters.index(rater)
        # Python numbers at once: looking at array elements one by one takes ten times as long.
        values, codes = self.audited[r, row, s].tolist(), self.statuses[r, row, s].tolist()
        words = self.explanations.get(rater)
        return Scores(
            ratings={
                a: int(v) if v == v else None for a, v in zip(ATTRIBUTES, values, strict=True)
            },
            statuses={a: STATUSES[c] for a, c in zip(ATTRIBUTES, codes, strict=True)},
            explanation=words[row][s] if words else None,
        )

    def search(self, text: str) -> NDArray[np.bool_]:
        """Return which conversations hold `text` in the context or a response, ignoring case."""
        import pyarrow.compute as pc

        found = np.zeros(len(self), dtype=bool)
        for column in self._lowered:
            hits = pc.fill_null(pc.match_substring(column, text.lower()), False)
            found |= hits.to_numpy()
        return found

    def label_of(self, name: str) -> str:
        """Return the name to show of a rater."""
        if name == self.roster.reference:
            return "Sample experts" if self.synthetic else "Human experts"
        return self.judge_label(name)

    def judge_label(self, judge: str) -> str:
        """Return the name to show of a judge (a system may bear the same id)."""
        return next((j.label for j in self.roster.judges if j.id == judge), judge)

    def system_label(self, system: str) -> str:
        """Return the name to show of a system."""
        label = next(s.label for s in self.roster.systems if s.id == system)
        return f"{label} (written by a person)" if system == HUMAN else label


def make_store(
    ratings: MentalAlign,
    conversations: MentalBench | None,
    *,
    released: bool = True,
    notes: tuple[str, ...] = (),
) -> Store:
    """Join both datasets by the text of the context.

    A rated conversation that ``rows_of_texts`` does not find is shown with its ratings and
    context, without responses.

    Args:
        ratings: MentalAlign-70k.
        conversations: MentalBench-100k, None when its texts are not available.
        released: whether `ratings` knows the values as published.
        notes: what a reader must know about the data shown.

    Raises:
        DataError: the two are of different rosters.
    """
    import pyarrow as pa

    from mentalbench_hf.data.mentalbench import mentalbench_table

    explanations = {
        judge: [[parsed.explanation for parsed in row] for row in rows]
        for judge, rows in ratings.judgments.items()
    }
    # What is found from the ratings once is kept: a copy would have to find it again.
    slim = replace(
        ratings, judgments={}, raw={}, normal_contexts={}, stated_experts=ratings.experts
    )
    ids = [int(i) for i in ratings.conversation_ids]
    columns: dict[str, pa.ChunkedArray] = {}
    if conversations is None:
        keys = [str(i) for i in ids]
        contexts = pa.chunked_array([pa.array(ratings.contexts, pa.large_string())])
        rows = np.arange(len(ids), dtype=np.int32)
    else:
        if conversations.roster != ratings.roster:
            raise DataError("the conversations and the ratings are of different rosters")
        table = mentalbench_table(conversations, "default")
        texts = table["context"].to_pylist()
        keys = [str(i) for i in table["conversation_id"].to_pylist()]
        row_of = rows_of_texts(ratings.contexts, [str(i) for i in ids], texts, keys)
        lost = np.flatnonzero(row_of < 0).tolist()
        rows = np.full(len(texts), -1, dtype=np.int32)
        rows[row_of[row_of >= 0]] = np.flatnonzero(row_of >= 0)
        keys += [f"{RATED_ONLY}{ids[i]}" for i in lost]
        rows = np.concatenate([rows, np.array(lost, dtype=np.int32)])
        contexts = _extended(table["context"], [ratings.contexts[i] for i in lost])
        columns = {
            s: _extended(table[s], [None] * len(lost)) for s in conversations.roster.system_ids
        }
    return Store(
        roster=ratings.roster,
        keys=tuple(keys),
        contexts=contexts,
        responses=columns,
        rated_row=rows,
        ratings=slim,
        explanations=explanations,
        synthetic=ratings.synthetic,
        released=released,
        notes=notes,
    )


def _extended(column: Any, more: list[str | None]) -> pa.ChunkedArray:
    import pyarrow as pa

    chunks = [*column.cast(pa.large_string()).chunks, pa.array(more, pa.large_string())]
    return pa.chunked_array([pa.concat_arrays(chunks)])
