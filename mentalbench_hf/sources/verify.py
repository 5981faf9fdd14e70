"""Recognise a released file by its bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.sources.records import UpstreamFile

_CHUNK: Final = 1 << 20


class VerificationError(SourceError):
    """A file does not have the bytes that its record promises."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What identifies the bytes of one file.

    Attributes:
        size: bytes.
        sha256: hexadecimal sha256 of the bytes.
        git_blob: hexadecimal git blob id, the sha1 of ``"blob <size>\\0"`` followed by the bytes.
    """

    size: int
    sha256: str
    git_blob: str


def fingerprint(path: Path) -> Fingerprint:
    """Hash a file both ways in one pass, in constant memory.

    Raises:
        SourceError: if the file cannot be read, or changes its length while it is read.
    """
    sha256 = hashlib.sha256()
    try:
        declared = path.stat().st_size
        # Git names blobs by sha1; it identifies a file here and protects no secret.
        blob = hashlib.sha1(b"blob %d\0" % declared, usedforsecurity=False)
        size = 0
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                sha256.update(chunk)
                blob.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror or error}") from error
    if size != declared:
        raise SourceError(
            f"{path.name} changed while it was read ({declared} bytes, then {size}); try again"
        )
    return Fingerprint(size, sha256.hexdigest(), blob.hexdigest())


def verify(path: Path, record: UpstreamFile) -> Fingerprint:
    """Check that `path` holds exactly the file of `record`, and return what was computed.

    Raises:
        VerificationError: if size or hash differ; the message names the file, the expected and
            the received hash and size.
        SourceError: if the file cannot be read.
    """
    found = fingerprint(path)
    same = (
        (record.size is None or found.size == record.size)
        and (record.sha256 is None or found.sha256 == record.sha256.lower())
        and (record.git_blob is None or found.git_blob == record.git_blob.lower())
    )
    if same:
        return found
    if record.sha256 is not None:
        expected, received = f"sha256 {record.sha256}", f"sha256 {found.sha256}"
    else:
        expected, received = f"git blob {record.git_blob}", f"git blob {found.git_blob}"
    if record.size is not None:
        expected += f" ({record.size} bytes)"
    origin = f" The record is {record.path} of {record.repo} at {record.commit}."
    raise VerificationError(
        f"{record.name} fails verification and is not used: expected {expected}, "
        f"received {received} ({found.size} bytes).{origin if record.repo else ''}"
    )
