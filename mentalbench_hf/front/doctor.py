"""What does a file of ratings hold, and which questions can it answer?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mentalbench_hf.ecosystem.doctor.diagnosis import Diagnosis


def doctor(
    place: str | Path,
    *,
    target: str | None = None,
    cluster: str | None = None,
    system: str | None = None,
    attribute: str | None = None,
    rater: str | None = None,
    rating: str | None = None,
    rater_columns: Sequence[str] = (),
    experts: Sequence[str] = (),
    judges: Sequence[str] = (),
    rater_name: str | None = None,
    levels: Mapping[str, float] | None = None,
    config: str | None = None,
    split: str | None = None,
) -> Diagnosis:
    """Say what a file holds and which questions it can answer, before anything is computed.

    Args:
        place: a table, an export of another tool, a folder of a judged run, or a Hub dataset.
        target: column that identifies the thing rated; columns not named are guessed by name.
        cluster: column of what belongs together.
        system: column of who made the target.
        attribute: column of what was rated.
        rater: column of who rated.
        rating: column of the rating.
        rater_columns: in a wide table, the columns that are raters.
        experts: raters that are experts; by default those whose names are no model's.
        judges: raters that are judges; by default the others.
        rater_name: of an export, who gave the ratings that name nobody.
        levels: of an export, word -> number for ratings in words.
        config: configuration of a Hub dataset.
        split: its split.

    Returns:
        Raters, items, overlap, scale and faults in ``held``; ``questions``, each with what is
        missing or the command to run; ``record()`` for JSON.

    Raises:
        DataError: the file cannot be read, or nothing tells what was rated by whom.
    """
    from mentalbench_hf.ecosystem.doctor.diagnosis import diagnose
    from mentalbench_hf.ecosystem.exports.long_form import Telling

    given = {
        "target": target, "cluster": cluster, "system": system, "attribute": attribute,
        "rater": rater, "rating": rating,
    }  # fmt: skip
    return diagnose(
        str(place),
        given,
        raters=rater_columns,
        experts=experts,
        judges=judges,
        telling=Telling(rater_name, levels or {}),
        config=config,
        split=split,
    )
