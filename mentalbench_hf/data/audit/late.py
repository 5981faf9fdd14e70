"""Whether the last rows' ratings stand beside the right replies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from mentalbench_hf.data.audit.finding import Finding
from mentalbench_hf.data.mentalalign import MentalAlign

#: Rows whose context was one and the same text in one revision.
LAST_ROWS: Final = 200


def late_context(data: MentalAlign) -> Iterable[Finding]:
    """Yield what the files show of the last rows, where both kinds of marker occur there.

    The human sheet marks a reply that was not there by an empty cell or zeros; the judges quote
    the placeholder they were shown. Where the two stand in the same cell, the human row is of the
    judges' conversation. The null shifts the one by every number of rows against the other.
    """
    n = len(data.conversation_ids)
    if n <= LAST_ROWS:
        return
    r = data.roster.raters.index(data.roster.reference)
    own = data.values[r]
    marked = np.isnan(own).all(axis=2) | (own == 0).all(axis=2)
    human, judges = marked[-LAST_ROWS:], data.missing_responses[-LAST_ROWS:]
    if not human.any() or not judges.any():
        return
    both = human & judges
    value = int(both.sum())
    null = np.array(
        [int((np.roll(human, shift, axis=0) & judges).sum()) for shift in range(1, LAST_ROWS)]
    )
    p_value = (1 + int((null >= value).sum())) / LAST_ROWS
    before = slice(max(0, n - 2 * LAST_ROWS), n - LAST_ROWS)
    texts = data.normal_contexts[data.roster.reference]
    ids = data.conversation_ids
    differing = int(data.misaligned[r, -LAST_ROWS:].sum())
    n_texts = len(set(texts[-LAST_ROWS:]))
    n_before = int((marked[before] & data.missing_responses[before]).sum())
    yield Finding(
        "late_context",
        data.roster.reference_sheet,
        data.roster.reference,
        "",
        value,
        "responses",
        [
            {"conversation_id": int(ids[n - LAST_ROWS + c]), "system": data.roster.system_ids[s]}
            for c, s in np.argwhere(both)
        ],
        f"In these files the last {LAST_ROWS} rows (ConvID {int(ids[-LAST_ROWS])}\u2013"
        f"{int(ids[-1])}) hold {n_texts} different contexts, {differing} of them other than the "
        "judges'. Whether they were filled in later cannot be seen here. That the ratings belong "
        f"to them can: of {int(judges.sum())} replies that the judges were not shown, {value} are "
        f"marked as missing in the same cell of the human sheet; with the rows shifted at most "
        f"{null.max()} are (p = {p_value:.3f}). In the {LAST_ROWS} rows before, {n_before} of "
        f"{int(data.missing_responses[before].sum())} are.",
        {
            "different_contexts": n_texts,
            "contexts_other_than_the_judges": differing,
            "not_shown": "that the contexts were filled in later: that revision is not here",
            "statistic": {
                "name": "replies marked as missing in the human sheet and by the judges",
                "value": value,
                "of": int(judges.sum()),
            },
            "null": {
                "name": "human rows shifted against the judges' by every number of rows",
                "n_shifts": len(null),
                "null_95": float(np.quantile(null, 0.95)),
                "null_max": int(null.max()),
            },
            "p_value": round(p_value, 4),
            "control": {
                "name": f"the {LAST_ROWS} rows before",
                "value": n_before,
                "of": int(data.missing_responses[before].sum()),
            },
        },
    )
