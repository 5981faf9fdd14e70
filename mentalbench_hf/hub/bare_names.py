"""What the bare names, such as ``load_dataset("mentalalign-70k")``, give on this machine.

For a name that the Hub does not have, `datasets` takes the entry of its cache that was changed
last, whoever made it: ``mentalbench install``, or one load of any folder of that name. A revision
is not looked at.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.files import write_json
from mentalbench_hf.schema import DATASETS, RELEASED, SAMPLE, SYNTHETIC

if TYPE_CHECKING:
    from mentalbench_hf.sources import Source

#: Stands in a cache entry that `install` made.
RECORD: Final = "mentalbench_install.json"
#: What an entry's time of change is set to, so that real data stay the newest when a folder of
#: the same name is loaded later. Some file systems end in 2038.
_PINNED: Final = time.mktime((2037, 1, 1, 0, 0, 0, 0, 0, 0))


class Kind(StrEnum):
    """What an entry holds."""

    REAL = "real"
    SAMPLE = "sample"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the cache of `datasets` under a bare name.

    Attributes:
        name: the bare name.
        kind: real ratings or texts, the sample, or neither to be told from its contents.
        config: its table, such as ``default`` or ``judgments_released``.
        version: version of the data; empty for a folder that was loaded, whose version the cache
            does not keep.
        rows: number of rows.
        source: where the data came from, in a few words.
        folder: where it is.
    """

    name: str
    kind: Kind
    config: str
    version: str
    rows: int
    source: str
    folder: Path

    @property
    def variant(self) -> str:
        """``audited`` or ``released``."""
        return "released" if self.config.endswith("_released") else "audited"

    def words(self) -> str:
        """Return what it holds in a few words."""
        version = f" {self.version}" if self.version else ""
        data = {Kind.REAL: "real data", Kind.SAMPLE: SYNTHETIC, Kind.UNKNOWN: "unknown"}
        return (
            f"{data[self.kind]}: {self.variant}{version}, configuration {self.config}, "
            f"{self.rows:,} rows, from {self.source}"
        )


def entries(name: str) -> list[Entry]:
    """Return all entries under a bare name; the last is the one that `datasets` takes."""
    found = [p for p in home(name).glob("*/*/*") if p.is_dir()]
    return [_entry(name, p) for p in sorted(found, key=lambda p: p.stat().st_mtime)]


def held(name: str) -> Entry | None:
    """Return what a bare name gives, None for nothing."""
    found = entries(name)
    return found[-1] if found else None


def not_sample() -> list[Entry]:
    """Return the entries that the sample must not replace: all that are not the sample."""
    return [e for name in DATASETS for e in entries(name) if e.kind is not Kind.SAMPLE]


def home(name: str) -> Path:
    """Return the folder of all entries under a bare name; it need not exist."""
    import datasets.config

    return Path(datasets.config.HF_DATASETS_CACHE) / name


def takes_bare_name(folder: Path) -> str | None:
    """Return the bare name that loading a folder would take, None for a harmless folder name."""
    from datasets.naming import camelcase_to_snakecase

    name: str = camelcase_to_snakecase(folder.name)
    return name if name in DATASETS else None


def forget(name: str, *, sample_only: bool = False) -> list[Entry]:
    """Remove what the cache holds under a bare name and return it; only the sample if wanted."""
    gone = [e for e in entries(name) if not sample_only or e.kind is Kind.SAMPLE]
    for entry in gone:
        shutil.rmtree(entry.folder)
    if not sample_only or not entries(name):
        shutil.rmtree(home(name), ignore_errors=True)
    return gone


def label(folder: Path, name: str, version: str, source: Source) -> None:
    """Write into a new entry where it came from; real data stay the newest from now on."""
    write_json(folder / RECORD, {"dataset": name, "version": version, "source": source.label})
    if not source.synthetic:
        os.utime(folder, (_PINNED, _PINNED))


def _entry(name: str, folder: Path) -> Entry:
    record, info = _json(folder / RECORD), _json(folder / "dataset_info.json")
    splits = info.get("splits") or {}
    return Entry(
        name=name,
        kind=_kind(folder),
        config=folder.parts[-3],
        version=str(record.get("version", "")),
        rows=sum(int(s.get("num_examples", 0)) for s in splits.values()),
        source=str(record.get("source", f"a folder {name}, loaded once")),
        folder=folder,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _kind(folder: Path) -> Kind:
    """Tell the sample from real data by the names of systems and raters in the first row."""
    import pyarrow as pa

    for path in sorted(folder.glob("*.arrow")):
        try:
            with pa.OSFile(str(path), "rb") as file:
                reader = pa.ipc.open_stream(file)
                first = next(iter(reader), None)
        except (OSError, pa.ArrowInvalid):
            continue
        words = {w for c in reader.schema.names for w in (c, c.rpartition("_")[0])}
        for row in first.slice(0, 1).to_pylist() if first is not None else ():
            words |= {v for v in (row.get("system"), row.get("rater")) if v}
        for kind, roster in ((Kind.SAMPLE, SAMPLE), (Kind.REAL, RELEASED)):
            if words & {*roster.system_ids, *roster.raters}:
                return kind
    return Kind.UNKNOWN
