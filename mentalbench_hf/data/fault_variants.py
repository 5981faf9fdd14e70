"""The released ratings with one kind of fault taken out at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.data.mentalalign import CODE_OF
from mentalbench_hf.schema import SCALE, Status

if TYPE_CHECKING:
    from mentalbench_hf.data.audit import Audit
    from mentalbench_hf.data.mentalalign import MentalAlign
    from mentalbench_hf.data.targets import RatedTargets

#: Name -> what is done to the released ratings, in the order of every table.
FAULT_VARIANTS: Final[dict[str, str]] = {
    "released": "every published value, faults included",
    "no_out_of_scale": "scores that are not on the scale are null",
    "no_misaligned": "ratings of rows that hold another conversation are null",
    "no_missing_responses": "ratings of responses that were not there are null",
    "audited": "all of these are null, and whatever else is not a rating of the response",
}
#: Name -> the fault that is taken out alone, for readers.
FAULT_NAMES: Final[dict[str, str]] = {
    "no_out_of_scale": "scores that are not on the scale",
    "no_misaligned": "rows that hold another conversation",
    "no_missing_responses": "replies that were not there when they were rated",
}
#: The variant of the audited ratings without the rows that repeat each other.
NO_REPEATS: Final = "no_repeated_rows"
#: What stands before an expert's name in the variant without that expert.
_WITHOUT: Final = "without_expert_"


def fault_variants(data: MentalAlign) -> dict[str, RatedTargets]:
    """Return the ratings under every key of FAULT_VARIANTS, for sensitivity analysis.

    A zero on all seven attributes is both a score outside the scale and the mark of a response
    that was not there, so those ratings are null under either.
    """
    released = data.ratings("released")
    wrong = {
        "no_out_of_scale": ~np.isin(released, SCALE),
        "no_misaligned": np.broadcast_to(data.misaligned[:, :, None, None], released.shape),
        "no_missing_responses": data.statuses == CODE_OF[Status.RESPONSE_MISSING],
    }
    return {
        "released": data.targets("released"),
        **{
            name: data.targets_of(np.where(mask, np.nan, released), name)
            for name, mask in wrong.items()
        },
        "audited": data.targets("audited"),
    }


def left_out_variants(data: MentalAlign, found: Audit) -> dict[str, RatedTargets]:
    """Return the audited ratings without repeated rows, and without each expert.

    These are no faults that `audited` sets aside: which of two rows was rated and which repeats it
    cannot be told, and no expert is known to be wrong.

    Args:
        data: the ratings.
        found: their audit.

    Returns:
        By name; without NO_REPEATS where the audit found none, without experts where the ratings
        have one style.
    """
    audited = data.targets("audited")
    codes, letters = data.experts
    left = {}
    ids = {
        i
        for f in found.findings
        if f.kind == "repeated_ratings"
        for row in f.rows
        for i in (row["conversation_id"], row["repeated_in"])
    }
    if ids:
        left[NO_REPEATS] = np.isin(data.conversation_ids, list(ids))
    if len(letters) > 1:
        left |= {f"{_WITHOUT}{x}": codes == i for i, x in enumerate(letters)}
    return {
        name: replace(
            audited,
            ratings=np.where(rows[audited.clusters][:, None, None], np.nan, audited.ratings),
            data=name,
        )
        for name, rows in left.items()
    }


def left_out_name(variant: str) -> str:
    """Return a variant of :func:`left_out_variants` for readers."""
    if variant == NO_REPEATS:
        return "rows that repeat each other"
    return f"expert {variant.removeprefix(_WITHOUT)}"
