"""The tables of MentalAlign-70k as Arrow, in ``audited`` and ``released`` form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.choices import VARIANTS, check_choice
from mentalbench_hf.data.mentalalign import (
    CODE_OF,
    STATUSES,
    USABLE_CODES,
    MentalAlign,
)
from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import (
    ATTRIBUTES,
    AXIS_OF,
    MENTALALIGN_70K,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


#: Columns that came with a version; earlier ones are built without them.
_SINCE: Final = {"1.1.0": ("expert", "block")}


def mentalalign_table(
    data: MentalAlign,
    table: str,
    variant: str = "audited",
    version: str = MENTALALIGN_70K.version,
) -> pa.Table:
    """Return one table of MentalAlign-70k.

    Args:
        data: the ratings.
        table: "default" or "ratings", "responses", or "judgments".
        variant: "audited" nulls what is not a rating of the response; "released" keeps every
            published value. Statuses are the same in both.
        version: version of the data: the present one or an earlier one.

    Raises:
        DataError: unknown table, variant or version, or a key that is not unique.
    """
    check_choice(variant, VARIANTS, "data", DataError)
    makers = {
        "default": _ratings,
        "ratings": _ratings,
        "responses": _responses,
        "judgments": _judgments,
    }
    if table not in makers:
        raise DataError(
            f"unknown table {table!r}; MentalAlign-70k has {', '.join(MENTALALIGN_70K.tables)}"
        )
    MENTALALIGN_70K.at(version)
    made = makers[table](data, variant)
    later = {c for since, columns in _SINCE.items() if since > version for c in columns}
    made = made.select([c for c in made.schema.names if c not in later])
    key = [c for c in ("conversation_id", "system", "rater", "attribute") if c in made.schema.names]
    check_unique(made, key)
    return made


def check_unique(table: pa.Table, key: Sequence[str]) -> None:
    """Raise DataError unless the key columns identify every row; the message names a double."""
    import pyarrow as pa
    import pyarrow.compute as pc

    codes = np.zeros(len(table), dtype=np.int64)
    for column in key:
        encoded = pc.dictionary_encode(table[column], null_encoding="encode").combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0)
        codes = codes * len(encoded.dictionary) + encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    same = np.flatnonzero(codes[order][1:] == codes[order][:-1])
    if len(same):
        double = table.select(list(key)).slice(int(order[same[0]]), 1).to_pylist()[0]
        raise DataError(f"the key {', '.join(key)} is not unique; twice there: {double}")


def _ratings(data: MentalAlign, variant: str) -> pa.Table:
    import pyarrow as pa

    # conversations × systems × raters × attributes
    values, kept, statuses = _long(data, variant)
    n, s, r, a = values.shape
    return pa.table(
        {
            "conversation_id": np.repeat(data.conversation_ids, s * r * a),
            "system": _labels(np.tile(np.repeat(np.arange(s), r * a), n), data.roster.system_ids),
            "rater": _labels(np.tile(np.repeat(np.arange(r), a), n * s), data.roster.raters),
            "attribute": _labels(np.tile(np.arange(a), n * s * r), ATTRIBUTES),
            "axis": _labels(np.tile(np.arange(a), n * s * r), [AXIS_OF[x] for x in ATTRIBUTES]),
            "rating": _int8(values.ravel(), kept.ravel()),
            "status": _labels(statuses.ravel(), STATUSES),
            **_rated_by(data, s, [x == data.roster.reference for x in data.roster.raters], a),
        }
    )


def _responses(data: MentalAlign, variant: str) -> pa.Table:
    import pyarrow as pa

    values, kept, statuses = _long(data, variant)
    n, s, *_ = values.shape
    flat = (n * s, len(data.roster.raters), len(ATTRIBUTES))
    values, kept, statuses = values.reshape(flat), kept.reshape(flat), statuses.reshape(flat)
    columns: dict[str, Any] = {
        "conversation_id": np.repeat(data.conversation_ids, s),
        "system": _labels(np.tile(np.arange(s), n), data.roster.system_ids),
        "context": pa.array(data.contexts).take(pa.array(np.repeat(np.arange(n), s))),
        "response_status": _labels(
            np.where(
                data.missing_responses.ravel(),
                CODE_OF[Status.RESPONSE_MISSING],
                CODE_OF[Status.OK],
            ),
            STATUSES,
        ),
        **_rated_by(data, s),
    }
    for r, rater in enumerate(data.roster.raters):
        for a, attribute in enumerate(ATTRIBUTES):
            name = f"{rater}_{attribute}"
            columns[name] = _int8(values[:, r, a], kept[:, r, a])
            columns[f"{name}_status"] = _labels(statuses[:, r, a], STATUSES)
    return pa.table(columns)


def _judgments(data: MentalAlign, variant: str) -> pa.Table:
    import pyarrow as pa

    n, s, j = len(data.conversation_ids), len(data.roster.system_ids), len(data.roster.judge_ids)
    judges = data.roster.judge_ids
    parsed = [data.judgments[judge][c][k] for c in range(n) for k in range(s) for judge in judges]
    raw = [data.raw[judge][c][k] or None for c in range(n) for k in range(s) for judge in judges]
    shown = np.repeat(~data.missing_responses.ravel(), j)
    keep = shown if variant == "audited" else np.ones(n * s * j, dtype=bool)
    return pa.table(
        {
            "conversation_id": np.repeat(data.conversation_ids, s * j),
            "system": _labels(np.tile(np.repeat(np.arange(s), j), n), data.roster.system_ids),
            "rater": _labels(np.tile(np.arange(j), n * s), data.roster.judge_ids),
            "raw": pa.array(raw, pa.string()),
            "parse_status": pa.array([str(p.status) for p in parsed], pa.string()),
            "parse_reason": pa.array([p.reason for p in parsed], pa.string()),
            "response_status": _labels(
                np.where(shown, CODE_OF[Status.OK], CODE_OF[Status.RESPONSE_MISSING]), STATUSES
            ),
            "explanation": pa.array([p.explanation for p in parsed], pa.string()),
            "overall": pa.array(
                [p.overall if ok else None for p, ok in zip(parsed, keep, strict=True)],
                pa.float32(),
            ),
        }
    )


def _rated_by(
    data: MentalAlign, n_systems: int, human: Sequence[bool] = (True,), n_attributes: int = 1
) -> dict[str, pa.Array]:
    """Return the columns expert and block, null in the rows of raters that are not human."""
    import pyarrow as pa

    codes, letters = data.experts

    def long(values: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(values, n_systems * len(human) * n_attributes)

    null = np.tile(np.repeat(~np.array(human), n_attributes), len(codes) * n_systems)
    # Blocks count from 1, as the ConvIDs do.
    return {
        "expert": pa.array(long(np.array(letters, dtype=object)[codes]), pa.string(), mask=null),
        "block": pa.array(long(data.blocks.block + 1), pa.int16(), mask=null),
    }


def _long(
    data: MentalAlign, variant: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.uint8]]:
    """Return values, kept or not, and statuses, by conversation, system, rater, attribute."""
    kept = ~np.isnan(data.values)
    if variant == "audited":
        kept &= np.isin(data.statuses, USABLE_CODES)
    axes = (1, 2, 0, 3)
    return data.values.transpose(axes), kept.transpose(axes), data.statuses.transpose(axes)


def _int8(values: NDArray[np.float32], kept: NDArray[np.bool_]) -> pa.Array:
    import pyarrow as pa

    return pa.array(np.where(kept, values, 0).astype(np.int8), mask=~kept)


def _labels(codes: NDArray[Any], names: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    dictionary = pa.array([str(name) for name in names])
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), dictionary).cast(
        pa.string()
    )
