from __future__ import annotations

import csv
import io
import random
import stat
import zipfile
from pathlib import Path

import pytest

from mentalbench_hf.errors import SourceError
from mentalbench_hf.sources import CSV_NAME, archive, extract_csv

TABLE = b"context,response\r\nhello,there\r\n"


def make(path: Path, entries: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as file:
        for name, body in entries.items():
            file.writestr(name, body)
    return path


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    return tmp_path / "MentalBench-100k.zip"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "in" / "out"


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize(
    "name", ["MentalBench-100k.csv", "a/b/Other.CSV", "MentalBench-100k/t.csv"]
)
def test_the_only_table_comes_out(name: str, packing: int, zipped: Path, out: Path) -> None:
    make(
        zipped,
        {
            name: TABLE,
            "__MACOSX/._MentalBench-100k.csv": b"fork",
            ".hidden.csv": b"x",
            ".git/a.csv": b"x",
            "README.txt": b"read me",
            "folder/": b"",
        },
        packing,
    )
    path = extract_csv(zipped, out)
    assert path == out / CSV_NAME
    assert path.read_bytes() == TABLE
    assert [p.name for p in out.iterdir()] == [CSV_NAME]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_newlines_and_quotes_survive(encoding: str, zipped: Path, out: Path) -> None:
    rows = [
        ["context", "response"],
        ['she said “no”, then "yes"', "line one\nline two\r\nline three"],
        ["naïve, café", ' leading "quote", \n'],
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    make(zipped, {CSV_NAME: text.getvalue().encode(encoding)})
    path = extract_csv(zipped, out)
    with path.open(encoding=encoding, newline="") as file:
        assert list(csv.reader(file)) == rows


@pytest.mark.parametrize(
    "name",
    [
        "../evil.csv",
        "a/../../evil.csv",
        "/tmp/evil.csv",
        "..\\evil.csv",
        "\\\\server\\share\\evil.csv",
        "C:\\evil.csv",
        "c:evil.csv",
        "..",
    ],
)
@pytest.mark.parametrize("beside", [True, False])
def test_an_entry_that_leaves_the_folder(
    name: str, beside: bool, zipped: Path, out: Path, tmp_path: Path
) -> None:
    make(zipped, ({CSV_NAME: TABLE} if beside else {}) | {name: b"evil"})
    with pytest.raises(SourceError, match=r"MentalBench-100k\.zip is refused"):
        extract_csv(zipped, out)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [zipped]
    assert not Path("/tmp/evil.csv").exists()


def test_a_name_with_a_nul(zipped: Path, out: Path) -> None:
    make(zipped, {"data.csv?.txt": TABLE})
    zipped.write_bytes(zipped.read_bytes().replace(b"data.csv?", b"data.csv\0"))
    with pytest.raises(SourceError, match="NUL"):
        extract_csv(zipped, out)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices(kind: int, zipped: Path, out: Path) -> None:
    link = zipfile.ZipInfo(CSV_NAME)
    link.create_system = 3
    link.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(SourceError, match="link or a device"):
        extract_csv(zipped, out)
    assert not out.exists()


def test_a_bomb_by_ratio(zipped: Path, out: Path) -> None:
    make(zipped, {CSV_NAME: bytes(20 << 20)})
    with pytest.raises(SourceError, match=f"expands from .*{archive.MAX_RATIO} times"):
        extract_csv(zipped, out)
    assert not out.exists()


def test_a_bomb_by_size(zipped: Path, out: Path) -> None:
    """The sizes of the directory are enough to refuse: nothing that large is written here."""
    make(zipped, {CSV_NAME: TABLE}, zipfile.ZIP_STORED)
    raw = bytearray(zipped.read_bytes())
    central = raw.rindex(b"PK\x01\x02")
    size = archive.MAX_EXPANDED + 1
    # Compressed and expanded size are at offsets 20 and 24 of a directory entry.
    raw[central + 20 : central + 28] = size.to_bytes(4, "little") * 2
    zipped.write_bytes(raw)
    with pytest.raises(SourceError, match=f"at most {archive.MAX_EXPANDED} bytes"):
        extract_csv(zipped, out)


def test_a_directory_that_lies_about_the_size(zipped: Path, out: Path) -> None:
    make(zipped, {CSV_NAME: TABLE * 1000})
    raw = bytearray(zipped.read_bytes())
    central = raw.rindex(b"PK\x01\x02")
    raw[central + 24 : central + 28] = (100).to_bytes(4, "little")
    zipped.write_bytes(raw)
    with pytest.raises(SourceError):
        extract_csv(zipped, out)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    "entries",
    [{}, {"README.md": b"x"}, {"a.csv": TABLE, "b.csv": TABLE}, {"__MACOSX/a.csv": TABLE}],
)
def test_exactly_one_table(entries: dict[str, bytes], zipped: Path, out: Path) -> None:
    make(zipped, entries)
    with pytest.raises(SourceError, match="exactly one CSV"):
        extract_csv(zipped, out)


def test_an_encrypted_archive(zipped: Path, out: Path) -> None:
    make(zipped, {CSV_NAME: TABLE})
    raw = bytearray(zipped.read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    raw[6] |= 1
    zipped.write_bytes(raw)
    with pytest.raises(SourceError, match="encrypted"):
        extract_csv(zipped, out)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04", b"PK\x05\x06" + bytes(10)])
def test_no_zip_at_all(content: bytes, zipped: Path, out: Path) -> None:
    zipped.write_bytes(content)
    with pytest.raises(SourceError, match="not a readable zip archive"):
        extract_csv(zipped, out)


def test_a_missing_archive(zipped: Path, out: Path) -> None:
    with pytest.raises(SourceError, match=r"MentalBench-100k\.zip cannot be unpacked"):
        extract_csv(zipped, out)


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_damage_never_gives_other_bytes(packing: int, zipped: Path, tmp_path: Path) -> None:
    """Whatever a few flipped bytes do, the outcome is the table or an error of this package."""
    rng = random.Random(3)
    table = TABLE + rng.randbytes(300).hex().encode() * 3
    good = make(zipped, {CSV_NAME: table, "README.txt": b"x"}, packing).read_bytes()
    refused = 0
    for i in range(400):
        raw = bytearray(good)
        for _ in range(rng.randint(1, 3)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        zipped.write_bytes(raw[: rng.randint(len(raw) // 2, len(raw))] if i % 4 == 0 else raw)
        out = tmp_path / f"out{i}"
        try:
            assert extract_csv(zipped, out).read_bytes() == table
        except SourceError:
            refused += 1
            assert not out.exists() or list(out.iterdir()) == []
    assert refused > 100


def test_a_copy_is_used_again_and_a_damaged_one_is_not(zipped: Path, out: Path) -> None:
    make(zipped, {CSV_NAME: TABLE})
    path = extract_csv(zipped, out)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert extract_csv(zipped, out) == path
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    path.write_bytes(TABLE[::-1])
    assert extract_csv(zipped, out).read_bytes() == TABLE
