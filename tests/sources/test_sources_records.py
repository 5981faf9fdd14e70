from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fileserver import record_of

from mentalbench_hf.errors import SourceError
from mentalbench_hf.schema import RELEASED
from mentalbench_hf.sources import (
    ARCHIVE,
    SHEETS,
    UpstreamFile,
    VerificationError,
    fingerprint,
    verify,
)


def test_every_rater_has_its_sheet_in_order() -> None:
    assert list(SHEETS) == list(RELEASED.sheet_of.values())
    assert all(record.name == name for name, record in SHEETS.items())
    assert all(record.path.endswith(f"/{name}") for name, record in SHEETS.items())


@pytest.mark.upstream
def test_the_records_are_those_of_the_released_files(upstream: Path) -> None:
    for name, record in SHEETS.items():
        found = verify(upstream / name, record)
        assert (found.size, found.sha256) == (record.size, record.sha256)


def test_git_blob_ids_are_those_of_git(tmp_path: Path) -> None:
    for name, content in {"empty": b"", "some": b"what is up, doc?", "big": bytes(3 << 20)}.items():
        path = tmp_path / name
        path.write_bytes(content)
        git = subprocess.run(
            ["git", "hash-object", "--no-filters", str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert fingerprint(path).git_blob == git.stdout.strip()
    # The example of the Git book.
    assert fingerprint(tmp_path / "some").git_blob == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"


@pytest.mark.parametrize("size_known", [True, False])
def test_one_changed_byte_is_seen(size_known: bool, tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"abd")
    with pytest.raises(
        VerificationError, match=r"file\.bin.*expected.*received.*someone/some-repo"
    ):
        verify(path, record_of(b"abc", size_known=size_known))
    path.write_bytes(b"abc")
    assert verify(path, record_of(b"abc", size_known=size_known)).size == 3


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing\.bin"):
        fingerprint(tmp_path / "nothing.bin")


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "/abs", "a/b"])
def test_a_record_needs_a_plain_name(name: str) -> None:
    with pytest.raises(SourceError, match="plain file name"):
        UpstreamFile(name, "a/b", "c", "d", 1, "e", None)


def test_a_record_needs_a_hash() -> None:
    with pytest.raises(SourceError, match="sha256 or a git blob"):
        UpstreamFile("name", "a/b", "c", "d", 1, None, None)


def test_the_archive_is_known_by_its_blob() -> None:
    assert ARCHIVE.size is None
    assert ARCHIVE.sha256 is None
    assert len(ARCHIVE.git_blob or "") == 40
