"""MentalBench-100k from the released CSV or the Hub's Parquet: conversations and responses."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from mentalbench_hf.choices import VARIANTS, check_choice
from mentalbench_hf.data.mentalalign_tables import check_unique
from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import MENTALBENCH_100K, PLACEHOLDERS, Roster, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from mentalbench_hf.sources import Source

#: Conversations handled at a time.
_CHUNK: Final = 1_000
_ENCODINGS: Final = ("utf-8-sig", "cp1252")


@dataclass(frozen=True, eq=False)
class MentalBench:
    """All conversations of MentalBench-100k.

    Attributes:
        roster: who wrote the responses.
        conversations: Arrow table as released: conversation_id (1 to n, the row's number),
            context, and one text column per system of the schema.
        synthetic: whether this is the bundled sample.
        encoding: how the file was decoded.
        extra_columns: columns beyond the documented ones, which are left out.
        provenance: one record per file read.
    """

    roster: Roster
    conversations: pa.Table
    synthetic: bool
    encoding: str
    extra_columns: tuple[str, ...]
    provenance: list[dict[str, str | int | None]]


def read_mentalbench(source: Source) -> MentalBench:
    """Read the conversations of a source.

    Raises:
        SourceError: the file is absent or fails verification.
        DataError: a documented column is missing, a context is empty, or the text is in no known
            encoding.
    """
    import pyarrow as pa

    documented = source.roster.columns
    path = source.conversations()
    read = _read_parquet if path.suffix == ".parquet" else _read_csv
    table, encoding = read(path)
    names = [name.strip() for name in table.column_names]
    missing = [column for column in documented if names.count(column) != 1]
    if missing:
        raise DataError(
            f"{path.name} must hold each documented column once; missing or doubled: "
            f"{', '.join(missing)}. Its columns are: {', '.join(names)}"
        )
    columns = {}
    for old, new in documented.items():
        column = table.column(names.index(old))
        try:
            columns[new] = column.cast(pa.string())
        except pa.ArrowException as error:
            raise DataError(f"{path.name}: column {old!r} holds {column.type}, not text") from error
    blank = [
        i for i, text in enumerate(columns["context"].to_pylist(), 1) if not (text or "").strip()
    ]
    if blank:
        raise DataError(f"{path.name}, row {blank[0]}: the context is empty ({len(blank)} in all)")
    ids = pa.array(range(1, table.num_rows + 1), pa.int32())
    return MentalBench(
        roster=source.roster,
        conversations=pa.table({"conversation_id": ids, **columns}),
        synthetic=source.synthetic,
        encoding=encoding,
        extra_columns=tuple(n for n in names if n not in documented),
        provenance=[f for f in source.provenance() if f["holds"] == "conversations"],
    )


def _read_parquet(path: Path) -> tuple[pa.Table, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path), "parquet"
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path.name} is not a readable Parquet file: {error}") from error


def _read_csv(path: Path) -> tuple[pa.Table, str]:
    """Read a CSV with any number of quotes and line breaks inside its fields.

    Fields are taken as they are: no text is read as missing, as a number or as a date.
    """
    import pyarrow as pa

    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        rows = _rows(file, path.name)
        header = next(rows, None)
        if header is None:
            raise DataError(f"{path.name} is empty")
        batches = []
        for chunk in _chunks(rows, 2_000):
            columns = list(zip(*chunk, strict=True))
            batches.append(
                pa.RecordBatch.from_arrays(
                    [pa.array(c, pa.string()) for c in columns],
                    names=[str(i) for i in range(len(header))],
                )
            )
    schema = pa.schema([(str(i), pa.string()) for i in range(len(header))])
    table = pa.Table.from_batches(batches, schema=schema)
    return table.rename_columns(header), encoding


def _encoding(path: Path) -> str:
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as file:
                while file.read(2**20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise DataError(f"{path.name} is in none of the encodings {', '.join(_ENCODINGS)}")


def _rows(file: TextIO, name: str) -> Iterator[list[str]]:
    # A field may be as long as a reply; csv's default limit of 128 KB is for hand-made tables.
    csv.field_size_limit(2**27)
    reader = csv.reader(file, strict=True)
    width = None
    try:
        for row in reader:
            if not row:
                continue
            width = width or len(row)
            if len(row) != width:
                raise DataError(
                    f"{name}, line {reader.line_num}: {len(row)} fields; the header has {width}"
                )
            yield row
    except csv.Error as error:
        raise DataError(f"{name}, line {reader.line_num}: not valid CSV ({error})") from error


def _chunks(rows: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    chunk: list[list[str]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def mentalbench_table(data: MentalBench, table: str, variant: str = "audited") -> pa.Table:
    """Return one table of MentalBench-100k.

    Args:
        data: the conversations.
        table: "default" (one row per conversation) or "responses" (one row per response).
        variant: "audited" makes a missing response null; "released" keeps the cell's text.

    Raises:
        DataError: unknown table or variant.
    """
    check_choice(variant, VARIANTS, "data", DataError)
    if table == "default":
        made = _default(data, variant)
        check_unique(made, ["conversation_id"])
    elif table == "responses":
        made = _long(data, variant)
        check_unique(made, ["conversation_id", "system"])
    else:
        raise DataError(
            f"unknown table {table!r}; MentalBench-100k has {', '.join(MENTALBENCH_100K.tables)}"
        )
    return made


def _is_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.utf8_lower(pc.utf8_trim_whitespace(pc.fill_null(column, "")))
    return pc.is_in(plain, value_set=pa.array(sorted(PLACEHOLDERS)))


def _default(data: MentalBench, variant: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = data.conversations
    if variant == "released":
        return table
    for system in data.roster.system_ids:
        column = table[system]
        missing = _is_missing(column)
        # A column without gaps is shared, not copied: the texts are most of the memory.
        if pc.any(missing).as_py():
            shown = pc.if_else(missing, pa.scalar(None, pa.string()), column)
            table = table.set_column(table.column_names.index(system), system, shown)
    return table


def word_counts(data: MentalBench) -> pa.Table:
    """Return conversation_id, system, n_words and status of every response, without the texts."""
    import pyarrow as pa

    return pa.concat_tables(
        part.drop_columns(["response"]) for part in _long_parts(data, "audited")
    )


def _long(data: MentalBench, variant: str) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables(_long_parts(data, variant))


def _long_parts(data: MentalBench, variant: str) -> Iterator[pa.Table]:
    """Yield the responses of some conversations at a time, so that few texts are held twice."""
    shown = _default(data, variant)
    for start in range(0, len(shown), _CHUNK):
        yield _interleaved(
            shown.slice(start, _CHUNK),
            data.conversations.slice(start, _CHUNK),
            data.roster.system_ids,
        )


def _interleaved(shown: pa.Table, released: pa.Table, systems: tuple[str, ...]) -> pa.Table:
    """Return one row per response: by conversation, then by system in the order of the schema."""
    import pyarrow as pa
    import pyarrow.compute as pc

    n = len(shown)
    parts = []
    for system in systems:
        missing = _is_missing(released[system])
        trimmed = pc.utf8_trim_whitespace(pc.fill_null(released[system], ""))
        words = pc.list_value_length(pc.utf8_split_whitespace(trimmed))
        parts.append(
            pa.table(
                {
                    "conversation_id": shown["conversation_id"],
                    "system": pa.array([system] * n, pa.string()),
                    "response": shown[system],
                    "n_words": pc.if_else(missing, pa.scalar(0, pa.int32()), words),
                    "status": pc.if_else(missing, str(Status.RESPONSE_MISSING), str(Status.OK)),
                }
            )
        )
    order = [s * n + c for c in range(n) for s in range(len(systems))]
    return pa.concat_tables(parts).take(pa.array(order, pa.int32())).combine_chunks()
