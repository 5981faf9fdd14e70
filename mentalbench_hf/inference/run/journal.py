"""The journal of a run: one JSON line per reply, appended the moment it arrives.

Each line is written by one ``write`` to a file opened for appending, so a killed process loses at
most a line it had not begun; a line torn by the machine itself is cut off at the next start. A
lock on the folder, which the system releases when its process dies, refuses a second process.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, Final, Self

from mentalbench_hf.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOURNAL: Final = "journal.jsonl"
LOCK: Final = ".lock"
_SYNC_SECONDS: Final = 1.0


class Journal:
    """An append-only file of records, open for one process at a time."""

    def __init__(self, folder: Path, *, sync: str = "interval") -> None:
        """Lock the folder, heal the file and open it.

        Args:
            folder: the run; created when absent.
            sync: when records are forced to the disk: ``always``, ``interval`` (about every
                second; the default) or ``never``. A killed process loses nothing in any of
                them; a machine that loses power loses what was not forced.

        Raises:
            RunError: another process works on this run, or the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        if sync not in ("always", "interval", "never"):
            raise RunError(f"sync must be always, interval or never, got {sync!r}.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunError(
                f"Another process is working on {folder}. Wait for it, stop it, or give another "
                "out=."
            ) from None
        except OSError as error:
            raise RunError(f"The run {folder} cannot be written: {error}.") from error
        self.path = folder / JOURNAL
        try:
            self.healed = _heal(self.path)
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            self._lock.release()
            raise RunError(f"The journal {self.path} cannot be opened: {error}.") from error
        self._sync = sync
        self._synced = time.monotonic()

    def append(self, record: dict[str, Any]) -> None:
        """Write one record. Raises ``RunError`` when the disk does not take it."""
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
        data = line.encode("utf-8", "backslashreplace")
        try:
            written = os.write(self._file, data)
            while written < len(data):  # a nearly full disk takes a part
                written += os.write(self._file, data[written:])
            if self._sync == "always":
                os.fsync(self._file)
        except OSError as error:
            raise RunError(
                f"The journal {self.path} cannot be written: {error}. Nothing that it holds is "
                "lost; make room and do the same again."
            ) from error

    def sync_if_due(self) -> None:
        """Force the records to the disk if that is due; it may block, so call it in a thread."""
        if self._sync == "interval" and time.monotonic() - self._synced >= _SYNC_SECONDS:
            self._synced = time.monotonic()
            os.fsync(self._file)

    def close(self) -> None:
        """Force everything to the disk, close the file and release the lock."""
        if self._file >= 0:
            if self._sync != "never":
                os.fsync(self._file)
            os.close(self._file)
            self._file = -1
            self._lock.release()

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def read_journal(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield ``(byte offset, record)`` of every readable line, in order; nothing if absent.

    A line that is not JSON (a block of zeros after a power cut) is passed over: its call has no
    record and is asked again.
    """
    if not path.exists():
        return
    offset = 0
    with path.open("rb") as file:
        for line in file:
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if isinstance(record, dict):
                yield offset, record
            offset += len(line)


def _heal(path: Path) -> int:
    """Cut a torn last line off; return the number of bytes removed."""
    if not path.exists():
        return 0
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        start = end
        while start > 0:
            step = min(65536, start)
            file.seek(start - step)
            block = file.read(step)
            newline = block.rfind(b"\n")
            if newline >= 0:
                start = start - step + newline + 1
                break
            start -= step
        if start == end:
            return 0
        file.seek(start)
        try:
            json.loads(file.read())
        except ValueError:
            file.truncate(start)
            return end - start
        file.write(b"\n")  # whole, but for its end
        return 0
