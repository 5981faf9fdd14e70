"""Faults that are counted where they stand: cells, scores, responses and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.audit.finding import Finding
from mentalbench_hf.data.incomplete_replies import MIN_WITNESSES, witnesses
from mentalbench_hf.data.mentalalign import CODE_OF, MentalAlign
from mentalbench_hf.schema import ATTRIBUTES, Status


def counted_faults(data: MentalAlign) -> Iterable[Finding]:
    """Yield every fault that is counted, by kind, rater and system."""
    told = witnesses(data)
    yield from _by_cell(
        data, "empty_cell", "cells", lambda r: _all(data, r, Status.MISSING, empty=True)
    )
    yield from _null_scores(data)
    yield from _by_cell(data, "zero_marker", "responses", lambda r: _zeros(data, r))
    yield from _out_of_range(data)
    yield from _not_strict(data)
    yield from _of_judges(data, "response_missing", data.missing_responses)
    yield from _of_judges(data, "incomplete_replies", told >= MIN_WITNESSES, judges=told)
    yield from _misaligned(data)
    yield from _repeated(data)


def _by_cell(
    data: MentalAlign, kind: str, unit: str, where: Callable[[int], NDArray[np.bool_]]
) -> Iterable[Finding]:
    """Yield one finding per rater and system from a mask of cells, shape (n, 10)."""
    for r, rater in enumerate(data.roster.raters):
        mask = where(r)
        for s, system in enumerate(data.roster.system_ids):
            ids = data.conversation_ids[mask[:, s]]
            if len(ids):
                rows = [{"conversation_id": int(i)} for i in ids]
                yield Finding(
                    kind, data.roster.sheet_of[rater], rater, system, len(rows), unit, rows
                )


def _all(data: MentalAlign, r: int, status: Status, *, empty: bool) -> NDArray[np.bool_]:
    whole = np.asarray((data.read[r] == CODE_OF[status]).all(axis=-1))
    cells = data.raw[data.roster.raters[r]]
    for c, s in np.argwhere(whole):
        whole[c, s] = (not cells[c][s].strip()) == empty
    return whole


def _zeros(data: MentalAlign, r: int) -> NDArray[np.bool_]:
    return np.asarray((data.values[r] == 0).all(axis=-1))


def _scores(
    data: MentalAlign, kind: str, r: int, mask: NDArray[np.bool_], *, value: bool
) -> Iterable[Finding]:
    """Yield one finding per system from a mask of scores, shape (n, 10, 7)."""
    for s, system in enumerate(data.roster.system_ids):
        rows: list[dict[str, Any]] = []
        for c, a in np.argwhere(mask[:, s]):
            row = {"conversation_id": int(data.conversation_ids[c]), "attribute": ATTRIBUTES[a]}
            if value:
                row["value"] = int(data.values[r, c, s, a])
            rows.append(row)
        if rows:
            rater = data.roster.raters[r]
            yield Finding(
                kind, data.roster.sheet_of[rater], rater, system, len(rows), "scores", rows
            )


def _null_scores(data: MentalAlign) -> Iterable[Finding]:
    for r in range(len(data.roster.raters)):
        missing = data.read[r] == CODE_OF[Status.MISSING]
        missing &= ~_all(data, r, Status.MISSING, empty=True)[..., None]
        yield from _scores(data, "null_score", r, missing, value=False)


def _out_of_range(data: MentalAlign) -> Iterable[Finding]:
    for r in range(len(data.roster.raters)):
        outside = data.read[r] == CODE_OF[Status.OUT_OF_RANGE]
        outside &= ~_zeros(data, r)[..., None]
        yield from _scores(data, "out_of_range", r, outside, value=True)


def _not_strict(data: MentalAlign) -> Iterable[Finding]:
    readings = (Status.PARSE_REPAIRED, Status.REFUSED, Status.PARSE_FAILED)
    for rater, judgments in data.judgments.items():
        for s, system in enumerate(data.roster.system_ids):
            rows = [
                {
                    "conversation_id": int(data.conversation_ids[c]),
                    "read_as": str(row[s].status),
                    "n_ratings": sum(v is not None for v in row[s].ratings.values()),
                    "reason": row[s].reason,
                }
                for c, row in enumerate(judgments)
                if row[s].status in readings
            ]
            if rows:
                yield Finding(
                    "not_strict_json",
                    data.roster.sheet_of[rater],
                    rater,
                    system,
                    len(rows),
                    "cells",
                    rows,
                )


def _of_judges(
    data: MentalAlign, kind: str, mask: NDArray[np.bool_], **values: NDArray[np.int64]
) -> Iterable[Finding]:
    """Yield one finding per system from a mask of responses, shape (n, 10), that judges tell of.

    Each of `values`, of the same shape, is given in every row.
    """
    for s, system in enumerate(data.roster.system_ids):
        rows = [
            {"conversation_id": int(data.conversation_ids[c])}
            | {name: int(value[c, s]) for name, value in values.items()}
            for c in np.flatnonzero(mask[:, s])
        ]
        if rows:
            yield Finding(kind, "judge sheets", "judges", system, len(rows), "responses", rows)


def _misaligned(data: MentalAlign) -> Iterable[Finding]:
    for r, rater in enumerate(data.roster.raters):
        ids = data.conversation_ids[data.misaligned[r]]
        if len(ids):
            rows = [{"conversation_id": int(i)} for i in ids]
            yield Finding(
                "misaligned", data.roster.sheet_of[rater], rater, "", len(rows), "rows", rows
            )


def _repeated(data: MentalAlign) -> Iterable[Finding]:
    for rater, texts in data.normal_contexts.items():
        first: dict[str, int] = {}
        rows: list[dict[str, Any]] = []
        for i, text in zip(data.conversation_ids, texts, strict=True):
            if text in first:
                rows.append({"conversation_id": int(i), "same_as": first[text]})
            else:
                first[text] = int(i)
        if rows:
            yield Finding(
                "repeated_context", data.roster.sheet_of[rater], rater, "", len(rows), "rows", rows
            )
