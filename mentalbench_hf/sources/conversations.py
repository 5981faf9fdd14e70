"""Find MentalBench-100k in a folder: the released archive, its CSV, or the Hub's Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mentalbench_hf.errors import SourceError
from mentalbench_hf.sources.archive import extract_csv
from mentalbench_hf.sources.locations import cached_path
from mentalbench_hf.sources.records import CSV_NAME
from mentalbench_hf.sources.shards import join_shards
from mentalbench_hf.sources.verify import Fingerprint, fingerprint, verify

if TYPE_CHECKING:
    from mentalbench_hf.sources.records import UpstreamFile


@dataclass(frozen=True, slots=True)
class Conversations:
    """The released conversations as one readable file.

    Attributes:
        table: a CSV or Parquet file; its columns are for the reader to check.
        files: the files it was made from, each with its hashes and whether they are the released.
    """

    table: Path
    files: tuple[tuple[Path, Fingerprint, bool], ...]


def find_conversations(folder: Path, archive: UpstreamFile) -> list[Path]:
    """List what holds the conversations in a folder, without reading any of it.

    The archive comes before its CSV, and that before Parquet files, because the archive can be
    verified. Each may lie in the folder itself or where the repository or the Hub keeps it.

    Returns:
        One archive, one CSV, or all Parquet shards; an empty list when there is none of them.
    """
    upstream_folder = Path(archive.path).parent
    for name in (archive.name, CSV_NAME):
        for path in (folder / name, folder / upstream_folder / name):
            if path.is_file():
                return [path]
    for place in (folder, folder / "data"):
        if shards := sorted(p for p in place.glob("*.parquet") if p.is_file()):
            return shards
    return []


def find_in_snapshot(folder: Path, archive: UpstreamFile) -> list[Path]:
    """List what holds the conversations in a copy of the Hub dataset, whatever its layout.

    Raises:
        SourceError: if several CSV files could be meant.
    """
    if usual := find_conversations(folder, archive):
        return usual
    for pattern in (archive.name, CSV_NAME, "*.parquet"):
        if found := sorted(folder.rglob(pattern)):
            return found if pattern == "*.parquet" else found[:1]
    tables = sorted(folder.rglob("*.csv"))
    if len(tables) > 1:
        names = ", ".join(path.name for path in tables[:5])
        raise SourceError(
            f"the Hub dataset holds several CSV files ({names}) and none is named {CSV_NAME}. "
            f'Put the right one into a folder as {CSV_NAME} and give source="DIR"'
        )
    return tables


def open_conversations(paths: list[Path], archive: UpstreamFile, cache: Path) -> Conversations:
    """Verify what can be verified and return one CSV or Parquet file.

    Args:
        paths: what one of the functions above found; not empty.
        archive: the record of the released archive.
        cache: where an archive is unpacked and Parquet shards are joined.

    Raises:
        VerificationError: if the archive is not the released one.
        SourceError: if the archive is unsafe or damaged, or the shards are not one table.
    """
    first = paths[0]
    if first.name == archive.name:
        released = verify(first, archive)
        table = extract_csv(first, cached_path(archive, cache).parent)
        return Conversations(table, ((first, released, True), (table, fingerprint(table), True)))
    # No hash is known for the CSV and the Parquet files: what they are is recorded.
    files = tuple((path, fingerprint(path), False) for path in paths)
    return Conversations(join_shards(paths, cache), files)
