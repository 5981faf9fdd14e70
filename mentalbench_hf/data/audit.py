"""What is wrong in the released ratings, found by the code itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.incomplete_replies import MIN_WITNESSES, witnesses
from mentalbench_hf.data.mentalalign import CODE_OF, STATUSES, MentalAlign
from mentalbench_hf.data.misalignment import misalignment
from mentalbench_hf.schema import (
    ATTRIBUTES,
    MENTALALIGN_70K,
    SCALE_MAX,
    SCALE_MIN,
    USABLE,
    Status,
)

#: Kind -> (title, what it means and what `audited` does about it), in the order of the report.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "empty_cell": (
        "Empty cells",
        "The sheet holds nothing for this response. No score is made up: the ratings are null.",
    ),
    "null_score": (
        "Null scores",
        "The cell is there but one of its scores is null. That rating is null.",
    ),
    "zero_marker": (
        "Responses scored 0 on all seven attributes",
        "Zero is not on the scale; on all seven it marks a response that was not there to rate. "
        "The ratings are null.",
    ),
    "out_of_range": (
        f"Scores outside {SCALE_MIN} to {SCALE_MAX}",
        "The score is not on the scale, and what was meant cannot be told. That rating is null.",
    ),
    "not_strict_json": (
        "Cells that are not valid JSON",
        "Where all seven scores stand unambiguously in the text they are kept, with status "
        "parse_repaired; a refusal has no ratings.",
    ),
    "response_missing": (
        "Responses that were not there when they were judged",
        "The judges were shown the placeholder text `nan` and quote it in their explanations. "
        "What they gave is not a rating of a model: all five raters' ratings are null.",
    ),
    "incomplete_replies": (
        "Replies that the judges call incomplete",
        "The explanations of at least two judges say that the reply is cut off, unfinished or "
        "incomplete. Whether the system wrote it so or it was cut on the way is not in the data. "
        "Nothing is changed; counts of unsafe replies are also given without them.",
    ),
    "misaligned": (
        "Human rows that belong to another conversation",
        "The human sheet and the judge sheets hold different texts under one ConvID, mostly in "
        "runs shifted by one. Whether the text or the ratings slipped cannot be told from the "
        "data, so the ratings of the rater whose sheet differs are null.",
    ),
    "repeated_context": (
        "Contexts that stand in a sheet more than once",
        "Counted as rows beyond the first with the same normalised text. Nothing is changed.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of fault in one sheet, for one system where that applies.

    Attributes:
        kind: a key of KINDS.
        sheet: the file.
        rater: whose sheet it is.
        system: the system concerned, empty when whole rows are.
        count: how many.
        unit: what is counted: cells, scores, responses or rows.
        rows: where: conversation_id, and attribute or reading where that applies.
    """

    kind: str
    sheet: str
    rater: str
    system: str
    count: int
    unit: str
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Audit:
    """All findings, and how many ratings have which status.

    Attributes:
        version: version of the data set audited.
        synthetic: whether it is the bundled sample.
        n_conversations: rows of each sheet.
        findings: every fault found, by kind, rater and system.
        statuses: rater -> status -> number of ratings (seven per response).
        misalignment: how the human ratings of misaligned rows correlate with the judges' mean
            when compared by ConvID and when compared by text: Pearson r and number of pairs.
        provenance: the files read.
    """

    version: str
    synthetic: bool
    n_conversations: int
    findings: list[Finding]
    statuses: dict[str, dict[str, int]]
    misalignment: dict[str, float | int | None]
    provenance: list[dict[str, str | int | None]]

    def record(self) -> dict[str, Any]:
        """Return a dict for JSON."""
        return asdict(self)

    def total(self, kind: str) -> int:
        """Return how often a kind of fault was found, over all sheets and systems."""
        return sum(f.count for f in self.findings if f.kind == kind)


def audit(data: MentalAlign) -> Audit:
    """Find every fault of KINDS in the ratings."""
    told = witnesses(data)
    findings = [
        *_by_cell(data, "empty_cell", "cells", lambda r: _all(data, r, Status.MISSING, empty=True)),
        *_null_scores(data),
        *_by_cell(data, "zero_marker", "responses", lambda r: _zeros(data, r)),
        *_out_of_range(data),
        *_not_strict(data),
        *_of_judges(data, "response_missing", data.missing_responses),
        *_of_judges(data, "incomplete_replies", told >= MIN_WITNESSES, judges=told),
        *_misaligned(data),
        *_repeated(data),
    ]
    return Audit(
        version=MENTALALIGN_70K.version,
        synthetic=data.synthetic,
        n_conversations=len(data.conversation_ids),
        findings=findings,
        statuses={
            rater: {
                str(status): int((data.statuses[r] == CODE_OF[status]).sum()) for status in STATUSES
            }
            for r, rater in enumerate(data.roster.raters)
        },
        misalignment=misalignment(data),
        provenance=data.provenance,
    )


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


def usable_share(result: Audit) -> dict[str, float]:
    """Return by rater the share of ratings that `audited` keeps, 0 to 1."""
    return {
        rater: sum(counts[str(s)] for s in USABLE) / max(1, sum(counts.values()))
        for rater, counts in result.statuses.items()
    }
