"""Readers' ratings, written the moment they are made: one line each, never changed."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any, Final

from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import ATTRIBUTES, SCALE

_SESSION: Final = re.compile(r"[0-9a-f]{32}")
_UNDO: Final = "undo"


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


class Kind(StrEnum):
    """What a reader says of a response beside its ratings."""

    SKIP = "skip"
    FLAG = "flag"
    COMMENT = "comment"


#: The longest comment that is kept, in characters.
LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class ReaderNote:
    """A skip with its reason, a flag or a comment; an empty value takes it back.

    Attributes:
        at: when, as for ReaderRating.
        session: the reader.
        conversation: key of the conversation.
        system: who wrote the response.
        kind: what it is.
        value: the reason, the comment, or "yes" for a flag.
        synthetic: the response is of the bundled sample.
    """

    at: str
    session: str
    conversation: str
    system: str
    kind: Kind
    value: str
    synthetic: bool


@dataclass(slots=True)
class Entry:
    """What one reader has said of one response.

    Attributes:
        ratings: attribute -> 1 to 5.
        notes: kind -> value, none of them empty.
    """

    ratings: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


Place = tuple[str, str]


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
        """Open the folder; it is created with the first rating.

        Args:
            folder: where the files are.
            guard: held while a line is written, such as the lock of a ``CommitScheduler``.

        Raises:
            DataError: it is no folder, or cannot be created or written.
        """
        self.folder = folder
        self._run = datetime.now(UTC).strftime("%Y%m%dT%H%M%S") + secrets.token_hex(3)
        self._guard: AbstractContextManager[Any] = guard or nullcontext()
        self._lock = Lock()
        # The folder is made with the first rating: a page that nobody rates on leaves nothing.
        there = folder.absolute()
        while not there.exists():
            there = there.parent
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise DataError(
                f"ratings cannot be kept in {folder}: {there} is not a folder that can be written. "
                "Give another folder with --ratings-dir or MENTALBENCH_RATINGS_DIR"
            )

    def save(self, rating: ReaderRating | ReaderNote) -> None:
        """Append one rating or note; it is on the disk when this returns.

        Raises:
            DataError: the rating is not on the scale, or a field is not what it must be.
            OSError: the disk is full or gone; the caller tells the reader.
        """
        if isinstance(rating, ReaderNote):
            if rating.kind not in tuple(Kind) or len(rating.value) > LONGEST:
                raise DataError(
                    f"a note is one of {', '.join(Kind)}, of at most {LONGEST:,} characters; "
                    f"received {len(rating.value):,} as {rating.kind!r}"
                )
        elif rating.attribute not in ATTRIBUTES or rating.rating not in SCALE:
            raise DataError(
                f"a rating is {SCALE[0]} to {SCALE[-1]} on one of {', '.join(ATTRIBUTES)}; "
                f"received {rating.rating!r} on {rating.attribute!r}"
            )
        self._append(rating.session, asdict(rating))

    def undo(self, session: str) -> Place | None:
        """Take back the reader's last change; return its response, None if there is none.

        The change stays in the file, and a line behind it says that it does not count.

        Raises:
            DataError: the session is not a session number.
            OSError: the disk is full or gone.
        """
        changes = self._changes(session)
        if not changes:
            return None
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        self._append(session, {"at": at, "session": session, "kind": _UNDO})
        return _place(changes[-1])

    def _append(self, session: str, record: dict[str, Any]) -> None:
        if not is_session(session):
            raise DataError("the session is not 32 hexadecimal digits")
        line = json.dumps(record, ensure_ascii=False) + "\n"
        path = self.folder / f"{session}.{self._run}.jsonl"
        with self._lock, self._guard:
            self.folder.mkdir(parents=True, exist_ok=True)
            # One write of a whole line: a reader never sees half of one, but after a crash of the
            # machine the last may be cut, and reading allows for that.
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode("utf-8"))
                os.fsync(handle)
            finally:
                os.close(handle)

    def entries_of(self, session: str) -> dict[Place, Entry]:
        """Return what a reader has said: (conversation, system) -> entry, the latest counts."""
        found: dict[Place, Entry] = {}
        for record in self._changes(session):
            entry = found.setdefault(_place(record), Entry())
            if "attribute" in record:
                entry.ratings[str(record["attribute"])] = int(record["rating"])
            elif record["value"]:
                entry.notes[str(record["kind"])] = str(record["value"])
            else:
                entry.notes.pop(str(record["kind"]), None)
        return found

    def ratings_of(self, session: str) -> dict[Place, dict[str, int]]:
        """Return a reader's ratings: (conversation, system) -> attribute -> rating."""
        return {p: e.ratings for p, e in self.entries_of(session).items() if e.ratings}

    def sessions(self) -> list[str]:
        """Return the readers who have said something, in a fixed order."""
        names = {path.name.partition(".")[0] for path in self.folder.glob("*.jsonl")}
        return sorted(filter(is_session, names))

    def _changes(self, session: str) -> list[dict[str, Any]]:
        """Return a reader's lines in order of time, without those taken back."""
        if not is_session(session):
            return []
        lines = [r for p in self.folder.glob(f"{session}.*.jsonl") for r in _lines(p)]
        kept: list[dict[str, Any]] = []
        for record in sorted(lines, key=lambda r: str(r["at"])):
            if record.get("kind") != _UNDO:
                kept.append(record)
            elif kept:
                kept.pop()
        return kept


def _place(record: dict[str, Any]) -> Place:
    return str(record["conversation"]), str(record["system"])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # the cut last line of a crash
        known = (*Kind, _UNDO)
        if isinstance(record, dict) and (
            record.get("attribute") in ATTRIBUTES or record.get("kind") in known
        ):
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
    folder.mkdir(parents=True, exist_ok=True)
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
