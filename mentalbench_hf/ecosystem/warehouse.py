"""Ratings for others: one long table, or a table of the Item Response Warehouse.

The warehouse's standard calls the thing measured `id`, the probe `item`, the answer `resp`, and
who gave it `rater`: a rated reply is an `id`, an attribute an `item`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from mentalbench_hf.data.rating_values import numbers
from mentalbench_hf.ecosystem.exports.long_form import NAMES, UNKNOWN
from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from mentalbench_hf.ecosystem.doctor.table import Table

Form = Literal["long", "irw"]
#: The attribute of ratings that name none.
ONE: Final = "rating"


def long_ratings(tables: Sequence[Table]) -> pd.DataFrame:
    """Return the ratings of several files as one long table with the columns of NAMES.

    Clusters and systems are there where a file tells them; a missing rating is empty.

    Raises:
        DataError: a rating is no number, or two rows are about the same target, rater, attribute.
    """
    import pandas as pd

    frame = pd.concat([_named(table) for table in tables], ignore_index=True)
    told = ["target", "attribute", "rater"]
    twice = np.flatnonzero(frame.duplicated(told))
    if len(twice):
        row = frame.iloc[int(twice[0])]
        raise DataError(
            f"{row['rater']!r} rated {row['target']!r} on {row['attribute']!r} more than once "
            f"({len(twice)} such rows); keep one, or give the raters different names"
        )
    for column, filler in (("cluster", frame["target"]), ("system", UNKNOWN)):
        if frame[column].isna().all():
            frame = frame.drop(columns=column)
        else:
            frame[column] = frame[column].fillna(filler)
    return frame


def warehouse_table(long: pd.DataFrame) -> pd.DataFrame:
    """Return a long table as the warehouse has it: id, item, resp, rater, then covariates.

    Rows without a rating are left out, as the standard asks; system and cluster follow as
    `cov_system` and `cov_cluster`.

    Args:
        long: from :func:`long_ratings`.

    Raises:
        DataError: attributes with different scales, which the standard wants in tables of their
            own.

    Example:
        >>> import pandas as pd
        >>> long = pd.DataFrame({"target": ["r1"], "attribute": ["Safety"], "rater": ["A"],
        ...                      "rating": [4.0]})
        >>> list(warehouse_table(long))
        ['id', 'item', 'resp', 'rater']
    """
    known = long.dropna(subset="rating").rename(
        columns={"target": "id", "attribute": "item", "rating": "resp",
                 "system": "cov_system", "cluster": "cov_cluster"}
    )  # fmt: skip
    tops = known.groupby("item")["resp"].max()
    if len(tops) > 1 and tops.max() - tops.min() > 1:
        raise DataError(
            f"attributes have different scales ({tops.idxmin()} to {tops.min():g}, "
            f"{tops.idxmax()} to {tops.max():g}); the warehouse wants a table for each: split "
            "the file first"
        )
    more = [c for c in ("cov_system", "cov_cluster") if c in known]
    table: pd.DataFrame = known[["id", "item", "resp", "rater", *more]]
    if (table["resp"] == table["resp"].round()).all():
        table = table.astype({"resp": "int64"})
    return table.reset_index(drop=True)


def _named(table: Table) -> pd.DataFrame:
    """Return a table under the names of the long form."""
    import pandas as pd

    long, c = table.long, table.columns
    values = numbers(long, c.rating, table.kind)
    columns = {
        "target": long[c.target].map(str),
        "cluster": long[c.cluster].map(str) if c.cluster else None,
        "system": long[c.system].map(str) if c.system else None,
        "attribute": long[c.attribute].map(str) if c.attribute else ONE,
        "rater": long[c.rater].map(str),
        "rating": values,
    }
    return pd.DataFrame({name: columns[name] for name in NAMES}, index=long.index)
