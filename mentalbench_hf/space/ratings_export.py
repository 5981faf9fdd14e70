"""What readers have said, as a table: one row per reader, response and attribute."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

from mentalbench_hf.files import guard_formula
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.ratings_store import Entry, Kind, Place

#: The first six are what `mentalbench_hf.data.ratings_file` reads as a long table.
COLUMNS: Final = (
    "target", "conversation_id", "system", "rater", "attribute", "rating", *map(str, Kind),
)  # fmt: skip


def rater_name(session: str) -> str:
    """Return the name under which a reader's ratings leave the page: no more than its start."""
    return f"reader-{session[:8]}"


def ratings_csv(readers: Mapping[str, Mapping[Place, Entry]]) -> str:
    """Return the ratings of readers as CSV.

    Every response that a reader rated, skipped, flagged or commented has a row for each attribute;
    the rating is empty where there is none. Exports of several readers can be put one below the
    other. A text that a spreadsheet would take for a formula is guarded
    (:func:`~mentalbench_hf.files.guard_formula`).

    Args:
        readers: name of the rater -> (conversation, system) -> entry.
    """
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for rater, entries in readers.items():
        for (conversation, system), entry in sorted(entries.items()):
            if not entry.ratings and not entry.notes:
                continue  # everything was taken back
            notes = [guard_formula(entry.notes.get(kind, "")) for kind in Kind]
            for a in ATTRIBUTES:
                table.writerow(
                    [f"{conversation}/{system}", conversation, system, rater, a,
                     entry.ratings.get(a, ""), *notes]
                )  # fmt: skip
    return out.getvalue()
