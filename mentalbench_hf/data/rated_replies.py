"""Replies that experts have rated, with their texts: of the benchmark, or of a user's own file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.mentalalign import MentalAlign, normalise
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError, RunError
from mentalbench_hf.schema import ATTRIBUTES, PLACEHOLDERS, SCALE_MAX, SCALE_MIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mentalbench_hf.data.ratings_file import Columns
    from mentalbench_hf.sources import Source


@dataclass(frozen=True, eq=False)
class RatedReplies:
    """Rated replies with their texts.

    Attributes:
        targets: the ratings; the reference is the experts.
        contexts: shape (n_targets,), what each reply answers; ``""`` when unknown.
        responses: shape (n_targets,), the text of each reply; None where there is none.
        source: where they come from, in a few words.
    """

    targets: RatedTargets
    contexts: Sequence[str]
    responses: Sequence[str | None]
    source: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        """Check that there is one text per target."""
        n = len(self.targets.clusters)
        if not len(self.contexts) == len(self.responses) == n:
            raise DataError(
                f"{n} targets need as many texts; received {len(self.contexts)} contexts and "
                f"{len(self.responses)} responses"
            )

    @property
    def synthetic(self) -> bool:
        """The bundled sample."""
        return self.targets.synthetic

    @property
    def human(self) -> NDArray[np.float64]:
        """The experts' ratings, shape (n_targets, n_attributes), NaN where missing."""
        return self.targets.ratings[:, self.targets.raters.index(self.targets.reference), :]


@dataclass(frozen=True, eq=False)
class BenchmarkReplies(RatedReplies):
    """The human-rated replies of MentalAlign-70k.

    Attributes:
        ratings: all the ratings, with their statuses.
        unmatched: conversations whose text was not found in MentalBench-100k.
    """

    ratings: MentalAlign
    unmatched: int


def benchmark_replies(
    ratings: MentalAlign, responses: Sequence[str | None], unmatched: int = 0, source: str = ""
) -> BenchmarkReplies:
    """Return the rated replies with texts in the order of ``ratings.targets()``."""
    targets = ratings.targets("audited")
    contexts = [ratings.contexts[c] for c in targets.clusters]
    return BenchmarkReplies(targets, contexts, responses, ratings, unmatched, source=source)


def read_rated_replies(source: Source) -> BenchmarkReplies:
    """Join the ratings with the response texts of MentalBench-100k, by the conversation's text.

    Raises:
        RunError: the source holds no response texts, or they are of other conversations.
        SourceError, DataError: see the rooms.
    """
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.data.mentalbench import mentalbench_table, read_mentalbench

    if not source.has_conversations():
        raise RunError(
            f"The texts of the rated replies are needed, and {source.label} does not hold them: "
            "the rating sheets have the ratings only. Put the released MentalBench-100k.zip (or "
            'its CSV) beside the sheets, or use source="upstream".'
        )
    ratings = read_mentalalign(source)
    texts = mentalbench_table(read_mentalbench(source), "default")
    rows = rows_of_texts(
        ratings.contexts,
        [str(i) for i in ratings.conversation_ids],
        texts["context"].to_pylist(),
        [str(i) for i in texts["conversation_id"].to_pylist()],
    )
    columns = [texts[system].to_pylist() for system in ratings.roster.system_ids]
    responses = [None if row < 0 else column[row] for row in rows for column in columns]
    unmatched = int((rows < 0).sum())
    if 2 * unmatched > len(rows):
        raise RunError(
            f"{unmatched} of {len(rows)} rated conversations are not in the texts of "
            f"{source.label}: this is another MentalBench-100k."
        )
    return benchmark_replies(ratings, responses, unmatched, source.label)


def rows_of_texts(
    rated: Sequence[str], rated_ids: Sequence[str], texts: Sequence[str], text_ids: Sequence[str]
) -> NDArray[np.int64]:
    """Return the row of each rated conversation's text, -1 where it cannot be told.

    The two datasets have ids of their own, so a conversation is found by its normalised context.
    Where that stands more than once, the text with the same id is taken, and the others in the
    order in which they stand; if more texts than rated conversations are left, nothing says which
    of them was rated, and none is taken.

    Args:
        rated: contexts of the rated conversations.
        rated_ids: their ids.
        texts: contexts of the conversations with texts.
        text_ids: their ids.

    Returns:
        Shape (len(rated),); no row twice.
    """
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        places.setdefault(normalise(text), []).append(place)
    alike: dict[str, list[int]] = {}
    for row, text in enumerate(rated):
        alike.setdefault(normalise(text), []).append(row)
    found = np.full(len(rated), -1, dtype=np.int64)
    for key, rows in alike.items():
        free = {text_ids[place]: place for place in places.get(key, ())}
        for row in rows:
            found[row] = free.pop(rated_ids[row], -1)
        left = [row for row in rows if found[row] < 0]
        if len(free) <= len(left):
            for row, place in zip(left, free.values(), strict=False):
                found[row] = place
    return found


def own_replies(
    frame: pd.DataFrame,
    reference: str,
    columns: Columns,
    *,
    context: str = "context",
    response: str = "response",
    name: str = "the table",
) -> RatedReplies:
    """Return a user's own rated replies, from a long or wide table that holds the texts too.

    Args:
        frame: the table; see ``ratings_file.Columns`` for its two forms. The cluster is the
            conversation; every row of a target holds the same texts.
        reference: the expert whose ratings count; other raters are shown beside the judge.
        columns: which column holds what; columns called conversation_id, system and attribute
            are taken where no other is named. The attributes are of the rubric.
        context: column of what the person wrote; it may be missing.
        response: column of the reply.
        name: of the table, for messages.

    Raises:
        DataError: a column is missing, an attribute is not of the rubric, a rating is off its
            scale, or a target has two texts; and see ``ratings_file.from_frame``.
    """
    from mentalbench_hf.data.rating_frames import need_columns
    from mentalbench_hf.data.ratings_file import from_frame

    need_columns(frame, [columns.target, response], name)
    columns = replace(
        columns,
        cluster=columns.cluster or _there("conversation_id", frame),
        system=columns.system or _there("system", frame),
        attribute=columns.attribute or _there("attribute", frame),
    )
    if columns.attribute is None:
        raise DataError(
            f"{name}: say which column holds the attribute; a judge rates "
            f"{', '.join(ATTRIBUTES)}, and its rating is compared with the expert's of the same one"
        )
    ratings = frame.drop(columns=[c for c in (context, response) if c in frame])
    targets = from_frame(
        ratings, reference, columns, scale=(SCALE_MIN, SCALE_MAX), name=name, alone=True
    )
    unknown = [a for a in targets.attributes if a not in ATTRIBUTES]
    if unknown:
        raise DataError(
            f"{name}: {', '.join(map(repr, unknown))} is no attribute of the rubric; a judge rates "
            f"{', '.join(ATTRIBUTES)}"
        )
    texts: dict[str, list[str]] = {}
    for column in (context, response):
        words = frame[column] if column in frame else frame[columns.target].map(lambda _: "")
        texts[column] = _per_target(frame[columns.target], words, column, name)
    responses = [t if t.strip().casefold() not in PLACEHOLDERS else None for t in texts[response]]
    return RatedReplies(targets, texts[context], responses, source=Path(name).name)


def _there(column: str, frame: pd.DataFrame) -> str | None:
    return column if column in frame else None


def _per_target(targets: Any, words: Any, column: str, name: str) -> list[str]:
    """Return each target's text, in the order in which the targets first stand in the table."""
    found: dict[object, str] = {}
    for target, text in zip(targets, words.fillna("").map(str), strict=True):
        if found.setdefault(target, text) != text:
            raise DataError(f"{name}: target {target!r} has two different texts in {column!r}")
    return list(found.values())
