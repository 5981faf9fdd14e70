"""Fingerprints of a version's values: what tells that one moved.

A fingerprint is taken from the values, not from the bytes of a file, so it stays the same under
another compression, another version of Parquet or another operating system. It holds hashes, counts
and types and no text.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mentalbench_hf.errors import PublishError
from mentalbench_hf.hub.build import MARKER
from mentalbench_hf.hub.card import data_file
from mentalbench_hf.schema import DATASETS, SYNTHETIC

if TYPE_CHECKING:
    import pyarrow as pa

RECORDED: Final = Path(__file__).with_name("fingerprints.json")
#: Configuration -> rows, and column -> type and hash.
Fingerprint = dict[str, dict[str, Any]]


def fingerprint(folder: Path) -> Fingerprint:
    """Return the fingerprint of a built folder.

    Returns:
        by configuration its number of ``rows`` and its ``columns``: name -> ``"type hash"``, in the
            order of the table. The hash is the first 16 hex digits of a SHA-256 over the values in
            row order, a missing value being different from every value.
    """
    import pyarrow.parquet as pq

    spec = DATASETS[_marker(folder)["dataset"]]
    found: Fingerprint = {}
    by_file: dict[str, dict[str, Any]] = {}
    for config in spec.configs:
        path = data_file(spec, config)
        if path not in by_file:
            table = pq.read_table(folder / path)
            columns = {
                field.name: f"{field.type} {_digest(table[field.name])}" for field in table.schema
            }
            by_file[path] = {"rows": table.num_rows, "columns": columns}
        found[config] = by_file[path]
    return found


def check_recorded(folder: Path, recorded: Path = RECORDED) -> bool:
    """Compare a built folder with the fingerprint recorded for its version.

    Versions that share major and minor number hold the same values: 1.0.3 is compared with what was
    recorded for 1.0.

    Returns:
        whether there was a record to compare with.

    Raises:
        PublishError: a configuration, a row, a column, a type or a value is not as recorded. The
            message names the configuration and the column. Or: other versions of this dataset are
            recorded and this one is not.
    """
    key, minor = _key(folder)
    versions = json.loads(recorded.read_text(encoding="utf-8")).get(key, {})
    if not versions:
        return False
    if minor not in versions:
        raise PublishError(
            f"{key} {minor} has no recorded fingerprints; recorded are {', '.join(versions)}. "
            "A new version is announced: add a line to the CHANGELOG, then run "
            "`mentalbench fingerprint FOLDER --record FILE`."
        )
    differences = _differences(versions[minor], fingerprint(folder))
    if differences:
        more = f" (and {len(differences) - 5} more)" if len(differences) > 5 else ""
        raise PublishError(
            f"{key} is not what was recorded for version {minor}: "
            f"{'; '.join(differences[:5])}{more}. A change of any value is a new version."
        )
    return True


def record(folder: Path, recorded: Path = RECORDED) -> None:
    """Write the fingerprint of a built folder into the record; what is recorded stays.

    Raises:
        PublishError: its version is recorded already.
    """
    content = json.loads(recorded.read_text(encoding="utf-8")) if recorded.is_file() else {}
    key, minor = _key(folder)
    if minor in content.get(key, {}):
        raise PublishError(f"{key} {minor} is recorded already; a record is never replaced")
    content.setdefault(key, {})[minor] = fingerprint(folder)
    recorded.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _key(folder: Path) -> tuple[str, str]:
    """Return under which name a build is recorded, and its major and minor version."""
    marker = _marker(folder)
    name = marker["dataset"] + (f" ({SYNTHETIC})" if marker["synthetic"] else "")
    return name, ".".join(marker["version"].split(".")[:2])


def _marker(folder: Path) -> dict[str, Any]:
    path = folder / MARKER
    if not path.is_file():
        raise PublishError(f"{folder} is not a build: it has no {MARKER}")
    marker: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if marker.get("dataset") not in DATASETS:
        raise PublishError(f"{path} does not name a dataset of this package")
    return marker


def _differences(old: Fingerprint, new: Fingerprint) -> list[str]:
    found = [f"configuration {c!r} is gone" for c in old if c not in new]
    found += [f"configuration {c!r} is new" for c in new if c not in old]
    for config in [c for c in old if c in new]:
        was, now = old[config], new[config]
        if was["rows"] != now["rows"]:
            found.append(f"{config}: {now['rows']:,} rows instead of {was['rows']:,}")
        before, after = was["columns"], now["columns"]
        found += [f"{config}: column {c!r} is gone" for c in before if c not in after]
        found += [f"{config}: column {c!r} is new" for c in after if c not in before]
        for column in [c for c in before if c in after]:
            old_type, new_type = before[column].split()[0], after[column].split()[0]
            if old_type != new_type:
                found.append(f"{config}: column {column!r} is {new_type} instead of {old_type}")
            elif before[column] != after[column]:
                found.append(f"{config}: values of column {column!r} moved")
        if list(before) != list(after) and sorted(before) == sorted(after):
            found.append(f"{config}: the columns are in another order")
    return found


def _digest(column: pa.ChunkedArray) -> str:
    """Hash the values of a column in row order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    total = hashlib.sha256()
    total.update(np.packbits(pc.is_null(whole).to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_string(whole.type) or pa.types.is_large_string(whole.type):
        texts = pc.fill_null(whole.cast(pa.large_string()), "")
        # The lengths keep "ab", "c" apart from "a", "bc".
        total.update(pc.binary_length(texts).to_numpy().astype("<i8").tobytes())
        # One buffer holds all texts in row order: a loop over them takes seconds.
        offsets, joined = texts.buffers()[1:]
        if joined is not None:
            bounds = np.frombuffer(offsets, "<i8")[texts.offset :][: len(texts) + 1]
            total.update(joined[bounds[0] : bounds[-1]])
    else:
        numbers = pc.fill_null(whole, 0).to_numpy(zero_copy_only=False)
        kind = "<f8" if pa.types.is_floating(whole.type) else "<i8"
        total.update(numbers.astype(kind).tobytes())
    return total.hexdigest()[:16]
