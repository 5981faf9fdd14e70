"""A judged run as ratings: what the commands for ratings of any rater take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentalbench_hf.inference.repetitions import average_ratings
from mentalbench_hf.inference.run.run_folder import RunFolder
from mentalbench_hf.inference.run_tables import judged_rows
from mentalbench_hf.schema import ATTRIBUTES, Status

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def ratings_frame(run: Path) -> pd.DataFrame:
    """Return the ratings of a judged run, one row per reply, judge and attribute.

    Returns:
        target (conversation and system, with the reply's number in the run where these do not
        tell replies apart), conversation_id, system, rater (the judge), attribute, rating (1 to
        5, the mean of the repetitions that gave one; expected ratings where the run has them;
        NaN for none), status (of the rating; of the first repetition where there is none).

    Raises:
        RunError: the folder is not a judged run.
    """
    import pandas as pd

    manifest = RunFolder(run).manifest()
    judges, repeats = list(manifest.get("models", {})), int(manifest.get("repeats", 1))
    suffix = "_expected" if manifest.get("scoring") == "expected" else ""
    rows = list(judged_rows(run))
    items = range(0, len(rows), len(judges) * repeats)
    names = [f"{rows[i]['conversation_id']}/{rows[i]['system']}" for i in items]
    if len(set(names)) < len(names):
        names = [f"{name}/{number}" for number, name in enumerate(names, 1)]
    records = []
    for name, start in zip(names, items, strict=True):
        for j, judge in enumerate(judges):
            group = rows[start + j * repeats : start + (j + 1) * repeats]
            stated = [(0, [row[f"{a}{suffix}"] for a in ATTRIBUTES]) for row in group]
            for a, rating in zip(ATTRIBUTES, average_ratings(1, stated)[0].tolist(), strict=True):
                statuses = [row[f"{a}_status"] for row in group]
                usable = [s for s, row in zip(statuses, group, strict=True)
                          if row[f"{a}{suffix}"] is not None]  # fmt: skip
                status = (usable or statuses)[0]
                if usable and suffix and status not in (Status.OK, Status.PARSE_REPAIRED):
                    status = str(Status.OK)  # scored, not written: no text has a status
                records.append(
                    (name, group[0]["conversation_id"], group[0]["system"], judge, a, rating,
                     status)
                )  # fmt: skip
    columns = ["target", "conversation_id", "system", "rater", "attribute", "rating", "status"]
    return pd.DataFrame.from_records(records, columns=columns)
