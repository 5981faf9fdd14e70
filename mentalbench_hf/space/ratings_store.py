"""Readers' ratings, written the moment they are made: one line each, never changed."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import ATTRIBUTES, SCALE

_SESSION: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ReaderRating:
    """One rating by one reader.

    Attributes:
        at: when, as UTC in ISO 8601 with microseconds.
        session: the reader's random number: 32 hexadecimal digits, nothing else is known.
        conversation: key of the conversation in the Space's store.
        system: who wrote the response.
        attribute: what was rated.
        rating: 1 to 5.
        rubric: version of the rubric beside the response.
        synthetic: the response is of the bundled sample.
    """

    at: str
    session: str
    conversation: str
    system: str
    attribute: str
    rating: int
    rubric: str
    synthetic: bool


def new_session() -> str:
    """Return a random number for a new reader."""
    return secrets.token_hex(16)


def is_session(value: object) -> bool:
    """Tell whether a value from a browser is a session number (it becomes a file's name)."""
    return isinstance(value, str) and _SESSION.fullmatch(value) is not None


class RatingsStore:
    """A folder of files of lines of JSON, one file per reader and run of the server.

    No file is ever written by two processes or changed after the fact, so that copies of the
    folder (a dataset repository) can only grow.
    """

    def __init__(self, folder: Path, guard: AbstractContextManager[Any] | None = None) -> None:
        """Open or create the folder.

        Args:
            folder: where the files are.
            guard: held while a line is written, such as the lock of a ``CommitScheduler``.

        Raises:
            DataError: the folder cannot be created or written.
        """
        self.folder = folder
        self._run = datetime.now(UTC).strftime("%Y%m%dT%H%M%S") + secrets.token_hex(3)
        self._guard: AbstractContextManager[Any] = guard or nullcontext()
        self._lock = Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".probe-{self._run}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise DataError(
                f"ratings cannot be kept in {folder}: {error.strerror}. Give another folder with "
                "--ratings-dir or MENTALBENCH_RATINGS_DIR"
            ) from error

    def save(self, rating: ReaderRating) -> None:
        """Append one rating; it is on the disk when this returns.

        Raises:
            DataError: the rating is not on the scale, or a field is not what it must be.
            OSError: the disk is full or gone; the caller tells the reader.
        """
        if not is_session(rating.session):
            raise DataError("the session is not 32 hexadecimal digits")
        if rating.attribute not in ATTRIBUTES or rating.rating not in SCALE:
            raise DataError(
                f"a rating is {SCALE[0]} to {SCALE[-1]} on one of {', '.join(ATTRIBUTES)}; "
                f"received {rating.rating!r} on {rating.attribute!r}"
            )
        line = json.dumps(asdict(rating), ensure_ascii=False) + "\n"
        path = self.folder / f"{rating.session}.{self._run}.jsonl"
        with self._lock, self._guard:
            # One write of a whole line: a reader never sees half of one, but after a crash of the
            # machine the last may be cut, and reading allows for that.
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode("utf-8"))
                os.fsync(handle)
            finally:
                os.close(handle)

    def ratings_of(self, session: str) -> dict[tuple[str, str], dict[str, int]]:
        """Return a reader's ratings: (conversation, system) -> attribute -> rating, latest last."""
        if not is_session(session):
            return {}
        lines = [r for p in self.folder.glob(f"{session}.*.jsonl") for r in _lines(p)]
        found: dict[tuple[str, str], dict[str, int]] = {}
        for record in sorted(lines, key=lambda r: str(r["at"])):
            place = (str(record["conversation"]), str(record["system"]))
            found.setdefault(place, {})[str(record["attribute"])] = int(record["rating"])
        return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # the cut last line of a crash
        if isinstance(record, dict) and record.get("attribute") in ATTRIBUTES:
            yield record


def open_ratings(folder: Path, repo: str = "") -> RatingsStore:
    """Return the store of a folder; with a dataset repository, also copied there as it grows.

    What the repository holds is fetched first, so that a server with a new disk goes on where
    readers stopped. The token is that of the server (``HF_TOKEN`` or the Hub's login).

    Raises:
        DataError: the folder cannot be used, or the repository cannot be read.
    """
    if not repo:
        return RatingsStore(folder)
    from huggingface_hub import CommitScheduler, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    RatingsStore(folder)  # the folder must be usable before anything is fetched
    try:
        held = snapshot_download(repo, repo_type="dataset", allow_patterns="ratings/*.jsonl")
        for path in Path(held).glob("ratings/*.jsonl"):
            if not (folder / path.name).exists():
                (folder / path.name).write_bytes(path.read_bytes())
    except RepositoryNotFoundError:
        pass  # the scheduler creates it
    except (HfHubHTTPError, OSError) as error:
        raise DataError(
            f"the ratings in the dataset repository {repo} cannot be read "
            f"({type(error).__name__}); check its name and the server's token"
        ) from error
    scheduler = CommitScheduler(
        repo_id=repo, repo_type="dataset", folder_path=folder, path_in_repo="ratings", every=5,
        private=True, allow_patterns="*.jsonl",
    )  # fmt: skip
    return RatingsStore(folder, scheduler.lock)
