"""What is answered or judged: texts of the benchmark, a file, a frame, lists or an earlier run."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.run.item import Item
from mentalbench_hf.inference.run.run_folder import MANIFEST, RunFolder
from mentalbench_hf.schema import PLACEHOLDERS

if TYPE_CHECKING:
    import pandas as pd

    from mentalbench_hf.sources import Source

#: The columns of a table of texts, by our names.
COLUMNS: Final = ("conversation_id", "context", "system", "response")
_FORMS: Final = ".jsonl, .json, .csv or .parquet, or the folder of an earlier run"


@dataclass(frozen=True, slots=True)
class Items:
    """What a run is about, and what that is: the description travels with the texts.

    Attributes:
        read: gives the items anew; called when a run begins, and not when it goes on.
        source: what they are, for the run's record.
        synthetic: they are the bundled sample, or made from it.
    """

    read: Callable[[], Iterable[Item]]
    source: Mapping[str, Any] = field(default_factory=dict)
    synthetic: bool = False

    def __iter__(self) -> Iterator[Item]:
        """Read the items."""
        return iter(self.read())


def source_items(
    source: str, *, responses: bool, systems: Sequence[str] = (), limit: int | None = None
) -> Items:
    """Return the conversations of MentalBench-100k, or their responses.

    Args:
        source: ``upstream``, ``sample`` or a folder, see ``mentalbench_hf.sources``.
        responses: one item per response instead of one per conversation.
        systems: only these systems' responses.
        limit: the first so many conversations.

    Raises:
        RunError: an unknown system (when read). SourceError, DataError: see the rooms.
    """
    from mentalbench_hf.sources import open_source

    opened = open_source(source)
    about: dict[str, Any] = {"name": Path(source).name, "limit": limit}
    if responses:
        about = {
            "name": Path(source).name, "systems": list(systems), "limit": limit,
            "synthetic": opened.synthetic,
        }  # fmt: skip
    return Items(
        lambda: _of_source(opened, tuple(systems), limit, responses=responses),
        about,
        opened.synthetic,
    )


def _of_source(
    source: Source, systems: Sequence[str], limit: int | None, *, responses: bool
) -> Iterator[Item]:
    from mentalbench_hf.data.mentalbench import mentalbench_table, read_mentalbench

    data = read_mentalbench(source)
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
) -> Items:
    """Return the rows of a user's file, or the replies of an earlier ``generate`` run.

    Replies of a run on the bundled sample are of the sample too.

    Args:
        path: a file with the columns `context` (needed to generate), `response` (needed to
            judge) and, if there, `conversation_id` and `system`; or a run's folder.
        responses: the items are to be judged.
        columns: our name -> the file's name, where they differ.
        system: who wrote the responses, for a file without that column.
        limit: the first so many rows.

    Raises:
        RunError: there is no such file or run; or, when it is read, it cannot be or lacks a
            column: the message names the row or column.
    """
    from mentalbench_hf.inference.clients.gguf import file_digest

    names = _names(columns)
    run = path.is_dir()
    if run and not RunFolder(path).exists:
        raise RunError(f"{path} is a folder without {MANIFEST}; give {_FORMS}.")
    if not run and not path.is_file():
        raise RunError(f"There is no file {path}. Give {_FORMS}.")
    about = {
        "name": path.name,
        "sha256": file_digest(path / MANIFEST if run else path),
        "limit": limit,
    }
    synthetic = run and bool(RunFolder(path).manifest().get("synthetic"))
    if run and responses:
        about["synthetic"] = synthetic

    def read() -> Iterator[Item]:
        rows: Iterable[Mapping[str, Any]] = _rows(path)
        if run:
            from mentalbench_hf.inference.run_tables import generated_rows

            rows = generated_rows(path)
        return _of_rows(rows, str(path), names, system, limit, responses=responses)

    return Items(read, about, synthetic)


def frame_items(
    frame: pd.DataFrame,
    *,
    responses: bool,
    columns: Mapping[str, str] | None = None,
    system: str = "",
    limit: int | None = None,
) -> Items:
    """Return the rows of a DataFrame; the arguments are those of :func:`file_items`.

    A frame whose ``attrs["synthetic"]`` is set, as ours have it, is of the bundled sample.

    Raises:
        RunError: a column is missing, or a text is none: the message names the row or column.
    """
    names = _names(columns)
    there = [theirs for theirs in names.values() if theirs in frame.columns]
    rows = [
        {name: None if value != value else value for name, value in zip(there, row, strict=True)}
        for row in frame[there].astype(object).itertuples(index=False, name=None)
    ]
    items = list(_of_rows(rows, "the frame", names, system, limit, responses=responses))
    about = {"name": "frame", "sha256": _digest([asdict(item) for item in items]), "limit": limit}
    return Items(lambda: items, about, bool(frame.attrs.get("synthetic")))


def list_items(
    responses: Sequence[str | None], contexts: Sequence[str] | None = None, *, system: str = ""
) -> Items:
    """Return items from two sequences of texts.

    Items with the same context are one conversation.

    Args:
        responses: the replies; None or an empty text is a missing one.
        contexts: what they answer; an empty text when unknown.
        system: who wrote them.

    Raises:
        RunError: the sequences differ in length.
    """
    if contexts is not None and len(contexts) != len(responses):
        raise RunError(f"{len(responses)} responses but {len(contexts)} contexts.")
    seen: dict[str, int] = {}
    items = []
    for number, response in enumerate(responses):
        context = "" if contexts is None else contexts[number]
        # Without contexts nothing says which responses belong together.
        name = seen.setdefault(context, len(seen)) if context else number
        items.append(Item(number, str(name + 1), context, system, present(response)))
    texts = [list(responses), None if contexts is None else list(contexts)]
    return Items(lambda: items, {"name": "texts", "sha256": _digest(texts)})


def context_items(contexts: Sequence[str]) -> Items:
    """Return conversations to answer, one per text.

    Raises:
        RunError: a text is empty.
    """
    rows = [{"context": context} for context in contexts]
    items = list(_of_rows(rows, "the texts", _names(None), "", None, responses=False))
    return Items(lambda: items, {"name": "texts", "sha256": _digest(list(contexts))})


def _of_rows(
    rows: Iterable[Mapping[str, Any]],
    place: str,
    names: Mapping[str, str],
    system: str,
    limit: int | None,
    *,
    responses: bool,
) -> Iterator[Item]:
    needed = "response" if responses else "context"
    for number, row in enumerate(rows):
        if limit is not None and number >= limit:
            return
        if names[needed] not in row:
            raise RunError(
                f"{place}, row {number + 1}: no column {names[needed]!r}; it has "
                f"{', '.join(map(str, row)) or 'none'}. Say with columns= which one is {needed}."
            )
        context = _text(row.get(names["context"]), place, number, "context")
        if not responses and not context.strip():
            raise RunError(f"{place}, row {number + 1}: the context is empty.")
        response = _text(row.get(names["response"]), place, number, "response")
        given = row.get(names["conversation_id"])
        yield Item(
            number,
            str(number + 1 if given is None or given == "" else given),
            context,
            str(row.get(names["system"]) or system),
            present(response) if responses else None,
        )


def _names(columns: Mapping[str, str] | None) -> dict[str, str]:
    unknown = sorted(set(columns or ()) - set(COLUMNS))
    if unknown:
        raise RunError(
            f"Unknown column {', '.join(unknown)} in columns=; ours are {', '.join(COLUMNS)}."
        )
    return {name: name for name in COLUMNS} | dict(columns or {})


def _digest(texts: object) -> str:
    text = json.dumps(texts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def present(response: str | None) -> str | None:
    """Return a response, or None for a text that only stands for one that is not there."""
    if response is None or response.strip().casefold() in PLACEHOLDERS:
        return None
    return response


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    ending = path.suffix.lower()
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


def _text(value: Any, place: str, number: int, column: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RunError(
            f"{place}, row {number + 1}: {column} must be text, got {type(value).__name__}."
        )
    return value
