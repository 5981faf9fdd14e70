"""Totals of single experts' ratings, from an earlier public revision of the release."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import ATTRIBUTES, Roster

#: Expert -> totals over the conversations of that expert, shape (n_systems, n_attributes).
InterimTotals = dict[str, NDArray[np.float64]]


def read_interim_totals(path: Path, roster: Roster) -> InterimTotals:
    """Read the interim table: one row per expert, system and attribute with a total.

    Raises:
        DataError: a column, a system, an attribute or a number is not as expected, or a total is
            absent.
    """
    suffixes = [s.suffix for s in roster.systems]
    totals: InterimTotals = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                own = totals.setdefault(
                    row["expert"], np.full((len(suffixes), len(ATTRIBUTES)), np.nan)
                )
                place = suffixes.index(row["sheet_suffix"]), ATTRIBUTES.index(row["attribute"])
                own[place] = float(row["total"])
            except (KeyError, ValueError, TypeError) as error:
                raise DataError(
                    f"{path.name}, line {number}: expected expert, sheet_suffix, attribute and "
                    f"total; received {row} ({error})"
                ) from error
    for expert, own in totals.items():
        if np.isnan(own).any():
            raise DataError(
                f"{path.name}: expert {expert!r} lacks {int(np.isnan(own).sum())} totals"
            )
    return totals
