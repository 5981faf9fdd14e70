"""From a run's journal to its results: a dataset folder with a card and the score table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.ask import read_judgment
from mentalbench_hf.inference.expected import LOW_MASS, ratings_from
from mentalbench_hf.inference.prompts import item_code
from mentalbench_hf.inference.read_replies import ReadReplies
from mentalbench_hf.inference.run.journal import JOURNAL, read_journal
from mentalbench_hf.inference.run.run_folder import RunFolder
from mentalbench_hf.parsing.refusal import looks_like_refusal
from mentalbench_hf.schema import ATTRIBUTES, USABLE, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from mentalbench_hf.inference.run.item import Item

_BATCH: Final = 1_000


def generated_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the replies of a generation run, in the order of its items.

    A conversation without a reply (not asked yet, failed, cut in thinking) has a null response
    and a status that says so. Raises ``RunError`` for another kind of run.
    """
    folder = RunFolder(path)
    manifest = folder.manifest()
    if manifest.get("kind") != "generate":
        raise RunError(
            f"{path} is a run of {manifest.get('kind')!r}; a generation run is needed here."
        )
    (system,) = manifest["models"]
    for item, records in _joined(folder):
        record = records.get((system, 0))
        text = (record or {}).get("text") or ""
        yield {
            "conversation_id": item.conversation_id,
            "system": system,
            "context": item.context,
            "response": text or None,
            "thinking": (record or {}).get("thinking") or None,
            "n_words": len(text.split()),
            "n_thinking_words": len(((record or {}).get("thinking") or "").split()),
            "refusal": bool((record or {}).get("refusal")) or looks_like_refusal(text),
            **_call_columns(record),
        }


def judged_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the judgments of a run: by item, judge and repetition.

    Every planned judgment has a row. A rating that is not there is null and has its status:
    ``response_missing`` when there was nothing to judge, ``missing`` when no reply has come.
    """
    folder = RunFolder(path)
    manifest = folder.manifest()
    if manifest.get("kind") != "judge":
        raise RunError(
            f"{path} is a run of {manifest.get('kind')!r}; a judging run is needed here."
        )
    families = manifest.get("families", {})
    for item, records in _joined(folder):
        for judge, about in manifest["models"].items():
            for replicate in range(manifest["repeats"]):
                record = records.get((judge, replicate))
                yield {
                    "conversation_id": item.conversation_id,
                    "system": item.system,
                    "judge": judge,
                    "replicate": replicate,
                    "context": item.context,
                    "response": item.response,
                    **_ratings(item, record, manifest),
                    "own_counterpart": bool(item.system)
                    and item.system in (about["counterpart"], judge),
                    "same_family": bool(about["family"])
                    and families.get(item.system) == about["family"],
                    **_call_columns(record),
                    "rubric": manifest["rubric"],
                }


def write_generated(folder: RunFolder) -> None:
    """Write the results of a generation run as a dataset folder."""
    from mentalbench_hf.inference.run_card import generated_card

    table = folder.path / "data" / "responses.parquet"
    counts = _write_parquet(generated_rows(folder.path), _generated_schema(), table)
    card = generated_card(folder.manifest(), counts)
    (folder.path / "README.md").write_text(card, encoding="utf-8")


def write_judged(folder: RunFolder, rows: Iterable[dict[str, Any]] | None = None) -> ReadReplies:
    """Write the results of a judging run as a dataset folder, with the score table.

    `rows` are the run's ``judged_rows`` where they have been read already.
    """
    from mentalbench_hf.inference.run_card import judged_card
    from mentalbench_hf.inference.scores import repeat_table, score_table

    data = folder.path / "data"
    schema = _judged_schema()
    read = ReadReplies()

    def counted() -> Iterator[dict[str, Any]]:
        for row in judged_rows(folder.path) if rows is None else rows:
            read.count(row)
            yield row

    counts = _write_parquet(counted(), schema, data / "judgments.parquet")
    import pyarrow.parquet as pq

    columns = ["conversation_id", "system", "judge", "replicate", *ATTRIBUTES,
               *(f"{a}_expected" for a in ATTRIBUTES)]  # fmt: skip
    judged = pq.read_table(data / "judgments.parquet", columns=columns)
    manifest = folder.manifest()
    scores = score_table(judged, expected=manifest["scoring"] == "expected")
    pq.write_table(scores, data / "scores.parquet")
    repeats = repeat_table(judged) if manifest["repeats"] > 1 else None
    if repeats is not None:
        pq.write_table(repeats, data / "repeats.parquet")
    card = judged_card(manifest, counts, scores, repeats, read.sentence)
    (folder.path / "README.md").write_text(card, encoding="utf-8")
    return read


def _joined(folder: RunFolder) -> Iterator[tuple[Item, dict[tuple[str, int], dict[str, Any]]]]:
    """Yield every item with its records by (who, replicate); records are read one at a time."""
    path = folder.path / JOURNAL
    offset_of: dict[str, int] = {}  # key -> where its last word stands
    answered: set[str] = set()
    units: dict[int, list[tuple[str, int, str]]] = {}
    for offset, record in read_journal(path):
        key = record["key"]
        if record["status"] != "same" and key not in answered:
            offset_of[key] = offset
            if record["status"] == "ok":
                answered.add(key)
        units.setdefault(record["item"], []).append((record["who"], record["replicate"], key))
    if not path.exists():
        for item in folder.items():
            yield item, {}
        return
    with path.open("rb") as file:
        for item in folder.items():
            records = {}
            for who, replicate, key in units.get(item.number, ()):
                if key in offset_of:
                    file.seek(offset_of[key])
                    records[who, replicate] = json.loads(file.readline())
            yield item, records


def _ratings(item: Item, record: dict[str, Any] | None, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of one judgment: ratings, statuses, expected ratings, words."""
    row: dict[str, Any] = {"bound": None}
    if record is None or record["status"] != "ok" or item.response is None:
        status = Status.RESPONSE_MISSING if item.response is None else Status.MISSING
        row |= dict.fromkeys(ATTRIBUTES) | {f"{a}_status": str(status) for a in ATTRIBUTES}
        why = "no response" if item.response is None else _why(record)
        row |= {"parse_status": str(status), "parse_reason": why, "overall": None}
        row |= {"explanation": None}
        distributions: dict[str, Any] = {}
    else:
        refusal = bool(record.get("refusal"))
        secret = manifest.get("secret")  # runs of earlier versions have none
        code = item_code(secret, item.context, item.response) if secret else None
        parsed = read_judgment(record["text"], code=code, refusal=refusal)
        distributions = {} if refusal else record.get("distributions") or {}
        status, reason = parsed.status, parsed.reason
        row |= {a: parsed.ratings[a] for a in ATTRIBUTES}
        row |= {f"{a}_status": str(parsed.statuses[a]) for a in ATTRIBUTES}
        row |= {"parse_status": str(status), "parse_reason": reason}
        row |= {"overall": parsed.overall, "explanation": parsed.explanation}
        if code and record["text"] and not refusal:
            row["bound"] = parsed.bound
        # A distribution counts only where the reply, read as a whole, rates the attribute.
        if manifest["scoring"] == "expected" and record["text"]:
            usable = {a for a in ATTRIBUTES if parsed.statuses[a] in USABLE}
            distributions = {a: d for a, d in distributions.items() if a in usable}
    expected = ratings_from(distributions)
    masses = [rating.mass for rating in expected.values()]
    for a in ATTRIBUTES:
        rating = expected.get(a)
        row[f"{a}_expected"] = rating.value if rating else None
        row[f"{a}_mass"] = rating.mass if rating else None
        row[f"{a}_entropy"] = rating.entropy if rating else None
    row["low_mass"] = bool(masses) and min(masses) < LOW_MASS
    row["raw"] = (record or {}).get("text")
    row["thinking"] = (record or {}).get("thinking") or None
    return row


def _why(record: dict[str, Any] | None) -> str:
    if record is None:
        return "not asked yet"
    return f"call {record['status']}: {record.get('error', '')}"


def _call_columns(record: dict[str, Any] | None) -> dict[str, Any]:
    record = record or {"status": "not_asked"}
    return {
        "call_status": record["status"],
        "error": record.get("error"),
        "finish_reason": record.get("finish_reason"),
        "prompt_tokens": record.get("prompt_tokens"),
        "completion_tokens": record.get("completion_tokens"),
        "latency": record.get("latency"),
        "attempts": record.get("attempts"),
        "model": record.get("model"),
        "temperature": (record.get("sampling") or {}).get("temperature"),
        "prompt": record.get("prompt"),
        "at": record.get("at"),
    }


def _write_parquet(
    rows: Iterable[dict[str, Any]], schema: pa.Schema, path: Path
) -> dict[str, dict[str, int]]:
    """Write rows in batches; return the number of rows by status columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    counts: dict[str, dict[str, int]] = {"call_status": {}, "parse_status": {}}
    counts |= {"refusal": {}, "finish_reason": {}}
    with pq.ParquetWriter(draft, schema) as writer:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            for column, found in counts.items():
                if column in row:
                    value = str(row[column])
                    found[value] = found.get(value, 0) + 1
            if len(batch) == _BATCH:
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema=schema))
    draft.replace(path)
    return {column: found for column, found in counts.items() if found}


def _call_fields() -> list[tuple[str, pa.DataType]]:
    import pyarrow as pa

    text, whole, real = pa.string(), pa.int32(), pa.float32()
    return [
        ("call_status", text), ("error", text), ("finish_reason", text), ("prompt_tokens", whole),
        ("completion_tokens", whole), ("latency", real), ("attempts", whole), ("model", text),
        ("temperature", real), ("prompt", text), ("at", text),
    ]  # fmt: skip


def _generated_schema() -> pa.Schema:
    import pyarrow as pa

    text, whole, flag = pa.string(), pa.int32(), pa.bool_()
    return pa.schema(
        [
            ("conversation_id", text), ("system", text), ("context", text), ("response", text),
            ("thinking", text), ("n_words", whole), ("n_thinking_words", whole), ("refusal", flag),
            *_call_fields(),
        ]
    )  # fmt: skip


def _judged_schema() -> pa.Schema:
    import pyarrow as pa

    text, real, flag = pa.string(), pa.float32(), pa.bool_()
    fields = [
        ("conversation_id", text), ("system", text), ("judge", text), ("replicate", pa.int16()),
        ("context", text), ("response", text),
        *((a, pa.int8()) for a in ATTRIBUTES),
        *((f"{a}_status", text) for a in ATTRIBUTES),
        ("parse_status", text), ("parse_reason", text), ("bound", flag),
        ("overall", real), ("explanation", text),
    ]  # fmt: skip
    for a in ATTRIBUTES:
        fields += [(f"{a}_expected", real), (f"{a}_mass", real), (f"{a}_entropy", real)]
    fields += [("low_mass", flag), ("raw", text), ("thinking", text)]
    fields += [("own_counterpart", flag), ("same_family", flag), *_call_fields(), ("rubric", text)]
    return pa.schema(fields)
