"""The numbers of a built folder's card, computed a second time from its Parquet files alone.

`hub.statistics` computes them from what was read; this reads the finished files with other means,
so that a fault in either shows.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentalbench_hf.data.audit import Audit
from mentalbench_hf.data.incomplete_replies import MIN_WITNESSES, calls_incomplete
from mentalbench_hf.hub.build import MARKER
from mentalbench_hf.hub.card import data_file
from mentalbench_hf.hub.card_numbers import MEANS_COLUMNS, means_title, tables_table, words_table
from mentalbench_hf.hub.reading import TableShape
from mentalbench_hf.report.audit import (
    experts_table,
    experts_text,
    files_table,
    findings_table,
    misalignment_text,
    status_table,
)
from mentalbench_hf.report.markdown import table
from mentalbench_hf.schema import (
    ATTRIBUTES,
    AXES,
    MENTALBENCH_100K,
    SCALE_MAX,
    SCALE_MIN,
    DatasetSpec,
    Roster,
    Status,
)

if TYPE_CHECKING:
    import pandas as pd

#: rater, system and kind of fault -> how often.
Faults = dict[tuple[str, str, str], int]


def recomputed_blocks(spec: DatasetSpec, folder: Path, roster: Roster) -> dict[str, str]:
    """Return the computed texts that a card must hold: name -> Markdown.

    Args:
        spec: the dataset.
        folder: a finished build.
        roster: its systems and raters.
    """
    record = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    shapes = {c: _shape(folder / data_file(spec, c)) for c in spec.configs}
    blocks = {"tables": tables_table(spec, shapes), "files": files_table(record["files"])}
    if spec is MENTALBENCH_100K:
        return blocks | _mentalbench_blocks(spec, folder, roster)
    found = read_audit(folder)
    ratings = _read(spec, folder, "ratings")
    counts = ratings.groupby(["rater", "status"]).size()
    statuses = {r: {str(s): int(counts.get((r, str(s)), 0)) for s in Status} for r in roster.raters}
    responses = _read(spec, folder, "responses")
    rated = responses.groupby(["block", "expert"])["conversation_id"]
    runs = rated.agg(["min", "max", "nunique"]).reset_index()
    return blocks | {
        "experts": experts_table(runs.to_numpy(dtype=object).tolist()),
        "what was found of experts": experts_text(found),
        "audit": findings_table(found),
        "misalignment": misalignment_text(found),
        "statuses": status_table(Audit(**{**_fields(found), "statuses": statuses})),
        **{f"means of {rater}": _means(ratings, rater, roster) for rater in roster.raters},
    }


def read_audit(folder: Path) -> Audit:
    """Return the audit that a built folder holds."""
    return Audit.from_records(json.loads((folder / "audit.json").read_text(encoding="utf-8")))


def recomputed_faults(spec: DatasetSpec, folder: Path, roster: Roster) -> Faults:
    """Count the faults of the released ratings anew, from the tables.

    Covers every kind but repeated contexts: the contexts of the human sheet are in no table.
    The system is ``""`` where whole rows are at fault, the rater ``"judges"`` where all judges are.
    """
    ratings = _read(spec, folder, "ratings_released")
    judgments = _read(spec, folder, "judgments_released")
    responses = _read(spec, folder, "responses_released")
    faults: Faults = {}

    def count(kind: str, frame: pd.DataFrame, *, rater: str = "", per: int = 1) -> None:
        raters = [rater] * len(frame) if rater else frame["rater"]
        for (who, system), n in Counter(zip(raters, frame["system"], strict=True)).items():
            faults[who, system, kind] = n // per

    seven = len(ATTRIBUTES)
    cell = ["conversation_id", "system", "rater"]
    own = ratings[ratings["rater"] == roster.reference]
    n_null = own["rating"].isna().groupby([own[c] for c in cell]).transform("sum")
    count("empty_cell", own[n_null == seven], per=seven)
    count("null_score", own[own["rating"].isna() & (n_null < seven)])
    count("empty_cell", judgments[judgments["raw"].isna()])
    n_zero = (ratings["rating"] == 0).groupby([ratings[c] for c in cell]).transform("sum")
    count("zero_marker", ratings[n_zero == seven], per=seven)
    outside = ratings["rating"].notna() & ~ratings["rating"].between(SCALE_MIN, SCALE_MAX)
    count("out_of_range", ratings[outside & (n_zero < seven)])
    unread = (Status.PARSE_REPAIRED, Status.REFUSED, Status.PARSE_FAILED)
    count("not_strict_json", judgments[judgments["parse_status"].isin([str(s) for s in unread])])
    absent = responses["response_status"] == str(Status.RESPONSE_MISSING)
    count("response_missing", responses[absent], rater="judges")
    told = judgments[judgments["explanation"].fillna("").map(calls_incomplete)]
    told = told[told["response_status"] != str(Status.RESPONSE_MISSING)]
    n_told = told.groupby(cell[:2], as_index=False).size()
    count("incomplete_replies", n_told[n_told["size"] >= MIN_WITNESSES], rater="judges")
    slipped = ratings[ratings["status"] == str(Status.MISALIGNED)]
    for rater, ids in slipped.groupby("rater")["conversation_id"]:
        faults[str(rater), "", "misaligned"] = int(ids.nunique())
    return faults


def _means(ratings: pd.DataFrame, rater: str, roster: Roster) -> str:
    own = ratings[ratings["rater"] == rater]
    wide = own.pivot_table(
        index=["system", "conversation_id"], columns="attribute", values="rating", dropna=False
    ).reindex(columns=list(ATTRIBUTES))
    for axis, attributes in AXES.items():
        # An axis score is the mean of all its attributes, or missing.
        wide[axis] = wide[list(attributes)].mean(axis=1, skipna=False)
    by_system = wide.groupby("system").mean()
    complete = wide[list(ATTRIBUTES)].notna().all(axis=1).groupby("system").sum()
    order = by_system[list(ATTRIBUTES)].sum(axis=1).reindex(list(roster.system_ids))
    rows = [
        [system, int(complete[system]), *by_system.loc[system, [*ATTRIBUTES, *AXES]].tolist()]
        for system in order.sort_values(ascending=False, kind="stable").index
    ]
    return f"{means_title(rater)}\n\n{table(MEANS_COLUMNS, rows, digits=2)}"


def _mentalbench_blocks(spec: DatasetSpec, folder: Path, roster: Roster) -> dict[str, str]:
    responses = _read(spec, folder, "responses")
    contexts = _read(spec, folder, "default")["context"]
    words = {
        system: own.loc[own["status"] == str(Status.OK), "n_words"].astype(float)
        for system, own in responses.groupby("system")
    }
    sizes = responses.groupby("system").size()
    return {
        "words": words_table([(s, words[s], int(sizes[s])) for s in roster.system_ids]),
        "contexts": f"{len(contexts):,} conversations, {contexts.nunique():,} different contexts;",
    }


def _shape(path: Path) -> TableShape:
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    return TableShape(metadata.num_rows, metadata.num_columns)


def _read(spec: DatasetSpec, folder: Path, config: str) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(folder / data_file(spec, config))


def _fields(found: Audit) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__slots__}
