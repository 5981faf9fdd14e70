"""What is answered or judged: items from the benchmark, a user's file or an earlier run."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.run.item import Item
from mentalbench_hf.schema import PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_FORMS: Final = ".jsonl, .json, .csv or .parquet, or the folder of an earlier run"


def source_items(
    source: str, *, responses: bool, systems: Sequence[str] = (), limit: int | None = None
) -> Iterator[Item]:
    """Yield the conversations of MentalBench-100k, or their responses.

    Args:
        source: ``upstream``, ``sample`` or a folder, see ``mentalbench_hf.sources``.
        responses: yield one item per response instead of one per conversation.
        systems: only these systems' responses.
        limit: the first so many conversations.

    Raises:
        RunError: an unknown system. SourceError, DataError: see the rooms.
    """
    from mentalbench_hf.data.mentalbench import mentalbench_table, read_mentalbench
    from mentalbench_hf.sources import open_source

    data = read_mentalbench(open_source(source))
    known = data.roster.system_ids
    unknown = sorted(set(systems) - set(known))
    if unknown:
        raise RunError(f"Unknown system {', '.join(unknown)}; known: {', '.join(known)}.")
    table = mentalbench_table(data, "default")
    if limit is not None:
        table = table.slice(0, limit)
    number = 0
    for batch in table.to_batches(max_chunksize=1_000):
        for row in batch.to_pylist():
            who: Sequence[str] = ("",) if not responses else (systems or known)
            for system in who:
                yield Item(
                    number,
                    str(row["conversation_id"]),
                    row["context"],
                    system,
                    row[system] if responses else None,
                )
                number += 1


def file_items(
    path: Path,
    *,
    responses: bool,
    columns: Mapping[str, str] | None = None,
    system: str = "",
    limit: int | None = None,
) -> Iterator[Item]:
    """Yield the rows of a user's file, or the replies of an earlier ``generate`` run.

    Args:
        path: a file with the columns `context` (needed to generate), `response` (needed to
            judge) and, if there, `conversation_id` and `system`; or a run's folder.
        responses: the items are to be judged.
        columns: our name -> the file's name, where they differ.
        system: who wrote the responses, for a file without that column.
        limit: the first so many rows.

    Raises:
        RunError: the file cannot be read or lacks a column; the message names the row or column.
    """
    if path.is_dir():
        if not (path / "run.json").exists():
            raise RunError(f"{path} is a folder without run.json; give {_FORMS}.")
        from mentalbench_hf.inference.run_tables import generated_rows

        rows: Iterable[Mapping[str, Any]] = generated_rows(path)
    else:
        rows = _rows(path)
    names = {name: name for name in ("conversation_id", "context", "system", "response")}
    names |= dict(columns or {})
    needed = "response" if responses else "context"
    for number, row in enumerate(rows):
        if limit is not None and number >= limit:
            return
        if names[needed] not in row:
            raise RunError(
                f"{path}, row {number + 1}: no column {names[needed]!r}; it has "
                f"{', '.join(map(str, row)) or 'none'}. Name it with --columns "
                f"{needed}=<its name>."
            )
        context = _text(row.get(names["context"]), path, number, "context")
        if not responses and not context.strip():
            raise RunError(f"{path}, row {number + 1}: the context is empty.")
        response = _text(row.get(names["response"]), path, number, "response")
        given = row.get(names["conversation_id"])
        yield Item(
            number,
            str(number + 1 if given is None or given == "" else given),
            context,
            str(row.get(names["system"]) or system),
            present(response) if responses else None,
        )


def list_items(responses: Sequence[str | None], contexts: Sequence[str] | None) -> Iterator[Item]:
    """Yield items from two sequences of texts (the metric's inputs).

    Items with the same context are one conversation.

    Raises:
        RunError: the sequences differ in length.
    """
    if contexts is not None and len(contexts) != len(responses):
        raise RunError(f"{len(responses)} responses but {len(contexts)} contexts.")
    seen: dict[str, int] = {}
    for number, response in enumerate(responses):
        context = "" if contexts is None else contexts[number]
        # Without contexts nothing says which responses belong together.
        name = seen.setdefault(context, len(seen)) if context else number
        yield Item(number, str(name + 1), context, "", present(response))


def present(response: str | None) -> str | None:
    """Return a response, or None for a text that only stands for one that is not there."""
    if response is None or response.strip().casefold() in PLACEHOLDERS:
        return None
    return response


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    ending = path.suffix.lower()
    if not path.is_file():
        raise RunError(f"There is no file {path}. Give {_FORMS}.")
    if ending == ".parquet":
        import pyarrow.parquet as pq

        for batch in pq.ParquetFile(path).iter_batches(batch_size=1_000):
            yield from batch.to_pylist()
        return
    try:
        if ending == ".csv":
            csv.field_size_limit(2**27)
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from csv.DictReader(file)
        elif ending == ".jsonl":
            with path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield _object(json.loads(line), path, number)
        elif ending == ".json":
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content, list):
                raise RunError(f"{path} must hold a list of objects.")
            for number, entry in enumerate(content, 1):
                yield _object(entry, path, number)
        else:
            raise RunError(f"{path} has an unknown ending; give {_FORMS}.")
    except (ValueError, csv.Error) as error:
        raise RunError(f"{path} cannot be read: {error}.") from error


def _object(entry: Any, path: Path, number: int) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise RunError(f"{path}, row {number}: not an object but {type(entry).__name__}.")
    return entry


def _text(value: Any, path: Path, number: int, column: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RunError(
            f"{path}, row {number + 1}: {column} must be text, got {type(value).__name__}."
        )
    return value
