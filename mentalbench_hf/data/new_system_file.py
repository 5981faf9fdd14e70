"""A judge's ratings of a system that no human rated, from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mentalbench_hf.data.rating_frames import load_frame, need_columns
from mentalbench_hf.data.rating_values import numbers, row_number
from mentalbench_hf.errors import DataError


@dataclass(frozen=True, eq=False)
class NewRatings:
    """One judge's ratings of a new system on one attribute.

    Attributes:
        ratings: shape (n,), NaN where missing.
        conversations: id of each reply's conversation; None when the file does not say.
        human: human ratings of the same replies, NaN where there is none; None without any.
    """

    ratings: np.ndarray[Any, Any]
    conversations: np.ndarray[Any, Any] | None
    human: np.ndarray[Any, Any] | None


def read_new_system(path: Path, known: tuple[str, ...]) -> dict[str, NewRatings]:
    """Read a judge's ratings of a new system: attribute -> ratings.

    Args:
        path: a .csv, .parquet or .jsonl file with the columns attribute and rating, and where
            there are any conversation_id and human.
        known: attributes and axes that may occur.

    Raises:
        DataError: the file cannot be read, a column is missing, an attribute is not known, or a
            rating is not a number. The message names the row.
    """
    frame = load_frame(str(path))
    need_columns(frame, ["attribute", "rating"], path.name)
    wrong = np.flatnonzero(~frame["attribute"].isin(known).to_numpy())
    if len(wrong):
        raise DataError(
            f"{path.name}, row {row_number(frame, wrong[0])}: unknown attribute "
            f"{frame['attribute'].iloc[wrong[0]]!r}; known: {', '.join(known)}"
        )
    out = {}
    for attribute, rows in frame.groupby("attribute", sort=False):
        conversations = None
        if "conversation_id" in rows:
            conversations = rows["conversation_id"].to_numpy(dtype=object)
        out[str(attribute)] = NewRatings(
            ratings=numbers(rows, "rating", path.name),
            conversations=conversations,
            human=numbers(rows, "human", path.name) if "human" in rows else None,
        )
    return out
