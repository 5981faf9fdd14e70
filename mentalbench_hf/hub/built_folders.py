"""Read the tables that `mentalbench build` and `mentalbench install` made back into arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mentalbench_hf.data.mentalalign import CODE_OF, STATUSES, MentalAlign
from mentalbench_hf.data.mentalbench import MentalBench
from mentalbench_hf.errors import DataError
from mentalbench_hf.hub.bare_names import entries
from mentalbench_hf.hub.build import MARKER
from mentalbench_hf.hub.card import data_file
from mentalbench_hf.parsing import ParsedJudgment
from mentalbench_hf.schema import (
    ATTRIBUTES,
    MENTALALIGN_70K,
    MENTALBENCH_100K,
    RELEASED,
    SAMPLE,
    Roster,
    Status,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_NO_CONTEXT: Final = "(The installed ratings do not hold this text.)"
Folders = dict[str, Path]


def built_folders(folder: Path) -> Folders:
    """Return dataset -> its folder, for builds in `folder` or right below it."""
    found: Folders = {}
    for marker in sorted([*folder.glob(MARKER), *folder.glob(f"*/{MARKER}")]):
        name = json.loads(marker.read_text(encoding="utf-8")).get("dataset")
        if name in (MENTALALIGN_70K.name, MENTALBENCH_100K.name):
            found.setdefault(str(name), marker.parent)
    return found


def installed_folders() -> Folders:
    """Return dataset -> its folder in the cache of `datasets`; empty unless ratings are there.

    Only the tables that bare names are meant to give are of use here; of several, the newest, and
    conversations only of the kind (real or sample) of the ratings.
    """
    found = {
        name: [e for e in entries(name) if e.config == "default"]
        for name in (MENTALALIGN_70K.name, MENTALBENCH_100K.name)
    }
    if not found[MENTALALIGN_70K.name]:
        return {}
    kind = found[MENTALALIGN_70K.name][-1].kind
    return {name: e[-1].folder for name, e in found.items() if e and e[-1].kind is kind}


def read_built(folders: Folders) -> tuple[MentalAlign, MentalBench | None, bool]:
    """Return the ratings and conversations of built or installed datasets.

    Args:
        folders: dataset -> its folder; MentalBench-100k may be absent.

    Returns:
        The ratings, the conversations where they are there, and whether the datasets are
        installed ones, which hold audited ratings without contexts and explanations.

    Raises:
        DataError: MentalAlign-70k is absent, or the tables are not as documented.
    """
    if MENTALALIGN_70K.name not in folders:
        raise DataError(
            f"the folder holds {', '.join(folders)} but not {MENTALALIGN_70K.name}; build both: "
            f"mentalbench build {MENTALALIGN_70K.name} --out DIR/{MENTALALIGN_70K.name}"
        )
    home = folders[MENTALALIGN_70K.name]
    installed = not (home / MARKER).is_file()
    try:
        ratings = _installed_ratings(home) if installed else _built_ratings(home)
        texts = folders.get(MENTALBENCH_100K.name)
        conversations = None if texts is None else _conversations(texts, ratings)
    except (KeyError, ValueError, OSError) as error:
        raise DataError(
            f"the tables in {home.name} are not those of this version "
            f"({type(error).__name__}: {error}); build or install them anew"
        ) from error
    return ratings, conversations, installed


def _built_ratings(home: Path) -> MentalAlign:
    import pyarrow.parquet as pq

    marker = json.loads((home / MARKER).read_text(encoding="utf-8"))
    table = pq.read_table(home / data_file(MENTALALIGN_70K, "responses_released"))
    roster = SAMPLE if marker["synthetic"] else RELEASED
    s = len(roster.systems)
    n = len(table) // s
    names = [f"{r}_{a}" for r in roster.raters for a in ATTRIBUTES]
    shape = (n, s, len(roster.raters), len(ATTRIBUTES))
    values = np.stack([_floats(table[name]) for name in names], axis=-1).reshape(shape)
    codes = np.stack([_codes(table[f"{name}_status"]) for name in names], axis=-1).reshape(shape)
    judgments = pq.read_table(
        home / data_file(MENTALALIGN_70K, "judgments"), columns=["rater", "explanation"]
    )
    told = judgments["explanation"].to_pylist()
    j = len(roster.judges)
    spoken = {
        judge: [[_spoken(told[(c * s + k) * j + i]) for k in range(s)] for c in range(n)]
        for i, judge in enumerate(roster.judge_ids)
    }
    missing = _codes(table["response_status"]).reshape(n, s) == CODE_OF[Status.RESPONSE_MISSING]
    return _align(
        roster,
        table["conversation_id"].to_numpy()[::s],
        table["context"].to_pylist()[::s],
        values, codes, missing, spoken, synthetic=bool(marker["synthetic"]),
        experts=_experts(table, s),
    )  # fmt: skip


def _installed_ratings(home: Path) -> MentalAlign:
    table = _arrow(home)
    roster = SAMPLE if table["rater"][0].as_py() == SAMPLE.reference else RELEASED
    shape = (-1, len(roster.systems), len(roster.raters), len(ATTRIBUTES))
    values = _floats(table["rating"]).reshape(shape)
    codes = _codes(table["status"]).reshape(shape)
    ids = table["conversation_id"].to_numpy()[:: int(np.prod(shape[1:]))]
    missing = (codes == CODE_OF[Status.RESPONSE_MISSING]).all(axis=(2, 3))
    contexts = [_NO_CONTEXT] * len(ids)
    # Only the rows of the human rater say whose rating it is.
    human = roster.raters.index(roster.reference)
    first = table.take(np.arange(len(ids)) * int(np.prod(shape[1:])) + human * shape[3])
    experts = _experts(first, 1)
    return _align(
        roster, ids, contexts, values, codes, missing, {},
        synthetic=roster is SAMPLE, experts=experts,
    )  # fmt: skip


def _experts(table: pa.Table, every: int) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the expert of every n-th row, as codes and names; -1 in data before 1.1.0."""
    if "expert" not in table.column_names:
        return np.full(len(table) // every, -1, dtype=np.int64), ()
    given = table["expert"].to_pylist()[::every]
    names = tuple(sorted({x for x in given if x is not None}, key=lambda x: (len(x), x)))
    return np.array([names.index(x) if x else -1 for x in given], dtype=np.int64), names


def _align(
    roster: Roster,
    ids: Any,
    contexts: list[str],
    values: Any,
    codes: Any,
    missing: Any,
    judgments: dict[str, list[list[ParsedJudgment]]],
    *,
    synthetic: bool,
    experts: tuple[NDArray[np.int64], tuple[str, ...]],
) -> MentalAlign:
    """Return the ratings from arrays by conversation, system, rater and attribute."""
    by_rater = (2, 0, 1, 3)
    statuses = np.ascontiguousarray(codes.transpose(by_rater))
    return MentalAlign(
        roster=roster,
        conversation_ids=np.asarray(ids, dtype=np.int32),
        contexts=contexts,
        normal_contexts={},
        values=np.ascontiguousarray(values.transpose(by_rater)),
        read=statuses,
        statuses=statuses,
        judgments=judgments,
        raw={},
        missing_responses=missing,
        misaligned=np.zeros((len(roster.raters), len(ids)), dtype=bool),
        synthetic=synthetic,
        provenance=[],
        stated_experts=experts,
    )


def _conversations(home: Path, ratings: MentalAlign) -> MentalBench:
    import pyarrow.parquet as pq

    if (home / MARKER).is_file():
        table = pq.read_table(home / data_file(MENTALBENCH_100K, "default"))
    else:
        table = _arrow(home)
    return MentalBench(ratings.roster, table, ratings.synthetic, "parquet", (), [])


def _arrow(home: Path) -> pa.Table:
    import pyarrow as pa

    parts = []
    for path in sorted(home.glob("*.arrow")):
        with pa.OSFile(str(path), "rb") as file:
            parts.append(pa.ipc.open_stream(file).read_all())
    return pa.concat_tables(parts)


def _floats(column: pa.ChunkedArray) -> Any:
    import pyarrow as pa

    return column.cast(pa.float32()).to_numpy()


def _codes(column: pa.ChunkedArray) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.index_in(column, pa.array([str(s) for s in STATUSES])).to_numpy().astype(np.uint8)


def _spoken(explanation: str | None) -> ParsedJudgment:
    """Return a judgment that holds the judge's words only; ratings are in the arrays."""
    return ParsedJudgment({}, {}, {}, None, explanation, Status.OK, None, bound=False)
