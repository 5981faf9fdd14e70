"""Say what the bare names hold, and take it away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mentalbench_hf.hub.bare_names import Entry, Kind, entries, forget
from mentalbench_hf.hub.build import MARKER
from mentalbench_hf.hub.install import METRIC_VERSIONS, metric_home
from mentalbench_hf.schema import DATASETS, SYNTHETIC
from mentalbench_hf.sources.locations import DOWNLOADS, cache_dir


@dataclass(frozen=True, slots=True)
class Holding:
    """What one bare name gives.

    Attributes:
        call: what to type.
        entry: the data; None for nothing, and for a metric.
        folder: where it is, None for nothing.
        notes: what else a reader should know.
    """

    call: str
    entry: Entry | None
    folder: Path | None
    notes: tuple[str, ...] = ()

    def words(self) -> str:
        """Return what it holds, in a few words."""
        if self.entry is not None:
            return self.entry.words()
        return "nothing" if self.folder is None else "installed"

    def record(self) -> dict[str, Any]:
        """Return a flat record; ``holds`` is real, sample, unknown, installed or nothing."""
        entry = self.entry
        return {
            "call": self.call,
            "holds": str(entry.kind) if entry else self.words(),
            "variant": entry.variant if entry else None,
            "version": (entry.version or None) if entry else None,
            "config": entry.config if entry else None,
            "rows": entry.rows if entry else None,
            "source": entry.source if entry else None,
            "folder": str(self.folder) if self.folder else None,
            "notes": "; ".join(self.notes),
        }


def statuses(here: Path) -> list[Holding]:
    """Return what every bare name gives to a process in the folder `here`, without a network.

    A dataset of that name on the Hub, or a folder of that name in `here`, would come first: the
    latter is in the notes.
    """
    found = [_dataset(name, here) for name in DATASETS]
    for name in METRIC_VERSIONS:
        home = metric_home(name)
        found.append(Holding(f'evaluate.load("{name}")', None, home if home.is_dir() else None))
    return found


def _dataset(name: str, here: Path) -> Holding:
    under = entries(name)
    held = under[-1] if under else None
    notes = [f"hidden behind it: {entry.words()}" for entry in reversed(under[:-1])]
    if (here / name).is_dir():
        notes.append(f"in this folder ./{name} comes first: {_folder_words(here / name)}")
    call = f'load_dataset("{name}")'
    return Holding(call, held, held.folder if held else None, tuple(notes))


def _folder_words(folder: Path) -> str:
    try:
        record = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        kind = SYNTHETIC if record["synthetic"] else "real data"
        return f"a build of {kind}, {record['version']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a folder that `mentalbench build` did not make"


def uninstall(
    names: Sequence[str] | None = None, *, sample_only: bool = False, downloads: bool = False
) -> list[str]:
    """Take away what bare names hold, and return a line on each.

    Args:
        names: datasets and metrics; all by default.
        sample_only: leave real data, what cannot be told, and metrics.
        downloads: also delete the downloaded released files.
    """
    lines = []
    for name in DATASETS:
        if names is not None and name not in names:
            continue
        gone = forget(name, sample_only=sample_only)
        lines += [f"removed {name}: {entry.words()}" for entry in gone]
        left = [e for e in entries(name) if e.kind is not Kind.SAMPLE]
        lines += [f"left {name}: {entry.words()}" for entry in left]
        lines += [f"{name}: nothing to remove"] if not gone and not left else []
    for name in METRIC_VERSIONS:
        if sample_only or (names is not None and name not in names):
            continue
        home = metric_home(name)
        lines.append(f"removed {name}" if home.is_dir() else f"{name}: nothing to remove")
        shutil.rmtree(home, ignore_errors=True)
    if downloads:
        shutil.rmtree(cache_dir() / DOWNLOADS, ignore_errors=True)
        lines.append(f"removed the downloads in {cache_dir() / DOWNLOADS}")
    return lines
