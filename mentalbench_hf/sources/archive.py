"""Take the one CSV table out of the released zip archive, trusting nothing inside it."""

from __future__ import annotations

import lzma
import os
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final

from mentalbench_hf.errors import SourceError

#: The most the archive may expand to, in bytes, and by which factor.
MAX_EXPANDED: Final = 2_000_000_000
MAX_RATIO: Final = 200
_CHUNK: Final = 1 << 20
_ENCRYPTED: Final = 0x1
#: Everything that reading a damaged archive was seen to raise.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


def extract_csv(zip_path: Path, out_dir: Path) -> Path:
    """Write the archive's only CSV to `out_dir` under the archive's own name, byte for byte.

    Resource forks (``__MACOSX``) and dot files are passed over. A copy written earlier is used
    again when its length and checksum are those of the archive.

    Args:
        zip_path: the archive.
        out_dir: the folder to write to; made when missing.

    Returns:
        The CSV: `out_dir` / the archive's name with ``.csv``.

    Raises:
        SourceError: if the archive is broken or encrypted; if any entry has an absolute path, a
            drive letter, ``..``, or is a link or device; if it expands to more than 2 GB or by
            more than a factor of 200; if it does not hold exactly one CSV; or if the disk refuses.
    """
    name = zip_path.name
    target = out_dir / f"{zip_path.stem}.csv"
    try:
        with zipfile.ZipFile(zip_path) as archive:
            entry = _only_csv(name, archive.infolist())
            if not _is_copy(target, entry):
                out_dir.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source:
                    _write(name, source, target, entry.file_size)
    except _BROKEN as error:
        raise SourceError(
            f"{name} is not a readable zip archive ({error or type(error).__name__}). Download it "
            'again, or unpack it yourself and give source="DIR" with the CSV in it'
        ) from error
    except OSError as error:
        raise SourceError(
            f"{name} cannot be unpacked: {error.strerror or error}. Check the free disk space and "
            "that the cache folder can be written"
        ) from error
    return target


def _only_csv(name: str, entries: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """Check every entry, then pick the one table."""
    for entry in entries:
        _check_entry(name, entry)
    expanded = sum(e.file_size for e in entries)
    packed = sum(e.compress_size for e in entries)
    if expanded > MAX_EXPANDED or expanded > MAX_RATIO * max(packed, 1):
        raise SourceError(
            f"{name} expands from {packed} to {expanded} bytes; at most {MAX_EXPANDED} bytes and "
            f"{MAX_RATIO} times its size are accepted. It is not the released archive"
        )
    tables = [e for e in entries if _is_table(e.filename)]
    if len(tables) != 1:
        found = ", ".join(repr(e.filename) for e in entries[:10]) or "nothing"
        raise SourceError(
            f"{name} must hold exactly one CSV file, found {len(tables)} (entries: {found})"
        )
    return tables[0]


def _check_entry(name: str, entry: zipfile.ZipInfo) -> None:
    # The name as stored: zipfile cuts it at a NUL and changes separators on some systems.
    stored = entry.orig_filename
    parts = re.split(r"[/\\]", stored)
    if stored.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", stored) or "\0" in stored:
        reason = "has an absolute path, a drive letter or a NUL"
    elif ".." in parts:
        reason = "points outside of the target folder"
    elif stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        reason = "is a link or a device"
    elif entry.flag_bits & _ENCRYPTED:
        reason = "is encrypted"
    else:
        return
    raise SourceError(f"{name} is refused: its entry {stored!r} {reason}")


def _is_table(filename: str) -> bool:
    parts = filename.split("/")
    hidden = any(part == "__MACOSX" or part.startswith(".") for part in parts)
    return not hidden and parts[-1].lower().endswith(".csv")


def _is_copy(target: Path, entry: zipfile.ZipInfo) -> bool:
    if not target.is_file() or target.stat().st_size != entry.file_size:
        return False
    checksum = 0
    with target.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum == entry.CRC


def _write(name: str, source: IO[bytes], target: Path, size: int) -> None:
    """Write beside the target and move in one step, so that no reader meets half a table."""
    handle, path = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    part = Path(path)
    try:
        with os.fdopen(handle, "wb") as file:
            written = 0
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                file.write(chunk)
        if written != size:
            raise SourceError(
                f"{name} is damaged: its table has {written} bytes where {size} are promised"
            )
        # Temporary files are private; a shared cache needs the usual permissions.
        part.chmod(0o644)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
