"""One Parquet file from the several that a large Hub dataset may be cut into."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from mentalbench_hf.errors import SourceError
from mentalbench_hf.sources.verify import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def join_shards(shards: Sequence[Path], cache: Path) -> Path:
    """Return one Parquet file with the rows of all `shards`, in the order of their names.

    A single shard is returned as it is. Several are joined in the cache, under a name made from
    their bytes, one batch of rows in memory at a time.

    Raises:
        SourceError: if there is no shard, one is not Parquet, or their columns differ.
    """
    if not shards:
        raise SourceError("there is no Parquet file to join")
    if len(shards) == 1:
        return shards[0]
    import pyarrow as pa
    import pyarrow.parquet as pq

    ordered = sorted(shards, key=lambda path: path.name)
    prints = "".join(fingerprint(path).sha256 for path in ordered)
    name = hashlib.sha256(prints.encode()).hexdigest()[:16]
    target = cache / "joined" / f"{name}.parquet"
    if target.is_file():
        return target
    # Named by process, so that two builds at once do not write into one file.
    part = target.with_suffix(f".{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        schema = pq.read_schema(ordered[0]).remove_metadata()
        with pq.ParquetWriter(part, schema) as writer:
            for path in ordered:
                with pq.ParquetFile(path) as shard:
                    if not shard.schema_arrow.remove_metadata().equals(schema):
                        raise SourceError(
                            f"{path.name} has other columns than {ordered[0].name}: they are not "
                            "shards of one table. Leave one of them in the folder"
                        )
                    for batch in shard.iter_batches():
                        writer.write_batch(batch)
        part.replace(target)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{ordered[0].name} and its shards cannot be joined: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return target
