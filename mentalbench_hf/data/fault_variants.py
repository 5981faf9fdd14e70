"""The released ratings with one kind of fault taken out at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.data.mentalalign import CODE_OF
from mentalbench_hf.schema import SCALE, Status

if TYPE_CHECKING:
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
