"""Which column of a table is what, by the names that people give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.data.rating_values import as_numbers
from mentalbench_hf.data.ratings_file import Columns
from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

#: What a column is -> names that say so, the plainest first.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "rater": ("rater", "annotator", "judge", "evaluator", "coder", "rater_id", "annotator_id"),
    "rating": ("rating", "score", "value", "resp", "label"),
    "target": ("target", "item", "reply", "response_id", "reply_id", "item_id", "id"),
    "cluster": ("conversation_id", "conversation", "cluster", "dialogue", "dialogue_id"),
    "system": ("system", "model", "system_id"),
    "attribute": ("attribute", "dimension", "criterion", "metric", "question"),
}
#: The columns of the Item Response Warehouse.
_WAREHOUSE: Final = {"id", "item", "resp"}
_ORDER: Final = ("order", "position", "timestamp", "date", "time", "created_at", "rated_at")
#: Names of raters that are models, or that say they are no expert.
_MODEL: Final = re.compile(
    r"gpt|claude|gemini|llama|qwen|deepseek|mistral|gemma|grok|command-|\bo\d|judge|llm|model"
    r"|crowd|eval:|api:",
    re.IGNORECASE,
)
#: Whole numbers over more steps than this are counts rather than ratings.
_STEPS: Final = 10


@dataclass(frozen=True, slots=True)
class Guess:
    """Which column is what.

    Attributes:
        columns: the columns, given or guessed.
        assumed: a sentence for each guess.
    """

    columns: Columns
    assumed: tuple[str, ...]


def guess_columns(frame: pd.DataFrame, given: Mapping[str, str | None], name: str) -> Guess:
    """Return which column is what, asking the names for what is not given.

    Args:
        frame: the table.
        given: parameter of Columns -> the column that the user named, None where not named.
        name: of the table, for messages.

    Raises:
        DataError: nothing tells which column names the rated thing, or where the ratings are.
    """
    there = {str(c).casefold(): str(c) for c in frame.columns}
    found: dict[str, str | None] = {}
    if set(there) >= _WAREHOUSE and not any(given.values()):
        found = {"target": there["id"], "attribute": there["item"], "rating": there["resp"]}
    for role, names in _NAMES.items():
        column = given.get(role) or found.get(role)
        taken = [*found.values(), *given.values()]
        free = (there[n] for n in names if n in there and there[n] not in taken)
        found[role] = column or next(free, None)
    if found["target"] is None and found["cluster"] is not None:
        # With one reply per conversation, the conversation names the reply.
        found["target"], found["cluster"] = found["cluster"], given.get("cluster")
    if found["target"] is None:
        raise DataError(
            f"{name}: no column says which thing was rated; name it with target=. Its columns "
            f"are: {', '.join(map(str, frame.columns))}"
        )
    assumed = [
        f"{role} is the column {column!r}"
        for role, column in found.items()
        if column and not given.get(role) and column != role
    ]
    columns = Columns(
        found["target"], found["cluster"], found["system"], found["attribute"],
        found["rater"] or "rater", found["rating"] or "rating",
    )  # fmt: skip
    if found["rater"] and found["rating"]:
        return Guess(columns, tuple(assumed))
    raters = _raters(frame, columns.keys)
    if not raters:
        raise DataError(
            f"{name} has neither a column of raters and one of ratings (rater=, rating=), nor "
            f"columns of ratings on a scale (rater_columns=); its columns are: "
            f"{', '.join(map(str, frame.columns))}"
        )
    wide = replace(columns, rater="rater", rating="rating", raters=tuple(raters))
    assumed = [a for a in assumed if not a.startswith(("rater ", "rating "))]
    return Guess(wide, (*assumed, f"raters are the columns {', '.join(map(repr, raters))}"))


def order_column(frame: pd.DataFrame) -> str | None:
    """Return the column that says in which order things were rated, None where there is none."""
    there = {str(c).casefold(): str(c) for c in frame.columns}
    return next((there[n] for n in _ORDER if n in there), None)


def is_model(rater: str) -> bool:
    """Tell whether a rater's name is that of a model, or of no expert."""
    return bool(_MODEL.search(rater))


def _raters(frame: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Return the columns of ratings: whole numbers on a short scale, and numbers within it."""
    numbers = {}
    for column in frame.columns:
        values = as_numbers(frame[column])
        filled = frame[column].notna().sum()
        if column not in keys and filled and np.isfinite(values).sum() * 2 > filled:
            numbers[str(column)] = values[np.isfinite(values)]
    short = {
        c: v for c, v in numbers.items() if (v == np.round(v)).all() and 0 < np.ptp(v) <= _STEPS
    }
    if not short:
        return []
    low = min(v.min() for v in short.values())
    high = max(v.max() for v in short.values())
    return [c for c, v in numbers.items() if low <= v.min() and v.max() <= high]
