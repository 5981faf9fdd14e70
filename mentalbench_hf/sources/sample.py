"""The bundled synthetic sample: the same file names, recognised by its own checksum list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mentalbench_hf.errors import SourceError
from mentalbench_hf.sources.records import UpstreamFile

#: The list of checksums in the sample's folder, in the format of ``sha256sum``.
SUMS_NAME: Final = "SHA256SUMS"
_LINE: Final = re.compile(r"([0-9a-fA-F]{64}) [ *](\S.*)")


def sample_folder() -> Path:
    """Return the folder of the bundled sample; it is not checked that it exists."""
    return Path(__file__).resolve().parents[1] / "sample"


def sample_records(folder: Path) -> dict[str, UpstreamFile]:
    """Read the checksum list of a sample: one record per file it names.

    Raises:
        SourceError: if the list is missing or a line is not ``<sha256>  <file name>``.
    """
    path = folder / SUMS_NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"the synthetic sample has no readable {SUMS_NAME}, so its files cannot be verified. "
            "Reinstall mentalbench-hf"
        ) from error
    records = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            raise SourceError(
                f"line {number} of {SUMS_NAME} is not a sha256, two spaces and a file name. "
                "Reinstall mentalbench-hf"
            )
        sha256, name = match[1].lower(), match[2]
        records[name] = UpstreamFile(
            name=name, repo="", commit="", path=name, size=None, sha256=sha256, git_blob=None
        )
    return records
