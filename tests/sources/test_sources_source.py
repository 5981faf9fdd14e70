from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fileserver import FileServer, other, record_of

from mentalbench_hf.errors import SourceError
from mentalbench_hf.schema import RELEASED, SAMPLE
from mentalbench_hf.sources import (
    ARCHIVE,
    CSV_NAME,
    SHEETS,
    Source,
    SourceKind,
    UpstreamFile,
    VerificationError,
    cache_dir,
    open_source,
)

TABLE = b'context,response\r\n"one\ntwo","a ""quoted"" word"\r\n'


def make_archive(path: Path) -> UpstreamFile:
    """A small archive at `path` and the record that recognises it, as for the released one."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"MentalBench-100k/{CSV_NAME}", TABLE)
    known = record_of(path.read_bytes(), size_known=False)
    return dataclasses.replace(ARCHIVE, git_blob=known.git_blob)


# --- choosing -------------------------------------------------------------------------------


def test_the_words_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_source().kind is SourceKind.UPSTREAM
    assert open_source("upstream") == open_source()
    assert open_source().cache == cache_dir()
    sample = open_source("sample")
    assert (sample.kind, sample.synthetic, sample.roster) == ("sample", True, SAMPLE)
    assert "SYNTHETIC" in sample.label
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample").mkdir()
    for folder in ("./sample", Path("sample"), tmp_path / "sample", str(tmp_path)):
        source = open_source(folder)
        assert (source.kind, source.synthetic, source.roster) == ("folder", False, RELEASED)
        assert source.label == "local folder"


@pytest.mark.parametrize("source", ["upstraem", "", "no/such/folder", "a_file"])
def test_an_unknown_source(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").touch()
    with pytest.raises(SourceError, match="Choose upstream, sample, or a folder") as caught:
        open_source(source)
    assert repr(source) in str(caught.value)


def test_importing_stays_light() -> None:
    program = (
        "import sys, mentalbench_hf.sources as sources\n"
        "sources.open_source('upstream'), sources.open_source('sample')\n"
        "heavy = {'httpx2', 'tqdm', 'filelock', 'pyarrow', 'pandas', 'huggingface_hub'}\n"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- a folder -------------------------------------------------------------------------------


@pytest.mark.upstream
def test_the_released_sheets_of_a_folder(upstream: Path) -> None:
    source = open_source(upstream)
    paths = source.sheets()
    assert list(paths) == list(RELEASED.sheet_of.values())
    assert all(path == upstream / name for name, path in paths.items())
    assert source.has_conversations() is False
    with pytest.raises(SourceError, match=r"MentalBench-100k\.zip, MentalBench-100k\.csv"):
        source.conversations()
    provenance = source.provenance()
    assert [f["name"] for f in provenance] == list(SHEETS)
    for record in provenance:
        known = SHEETS[str(record["name"])]
        assert record == {
            "name": known.name,
            "holds": "ratings",
            "repo": known.repo,
            "commit": known.commit,
            "path": known.path,
            "size": known.size,
            "sha256": known.sha256,
            "verified": True,
        }
    assert str(upstream) not in json.dumps(provenance)


@pytest.mark.upstream
def test_a_folder_laid_out_as_upstream(upstream: Path, tmp_path: Path) -> None:
    record = SHEETS["gemini_llm_judge.xlsx"]
    (tmp_path / record.path).parent.mkdir(parents=True)
    shutil.copyfile(upstream / record.name, tmp_path / record.path)
    assert open_source(tmp_path).sheet(record.name) == tmp_path / record.path


@pytest.mark.upstream
def test_a_sheet_with_one_changed_byte_is_refused(upstream: Path, tmp_path: Path) -> None:
    record = SHEETS["Human_judge.xlsx"]
    raw = bytearray((upstream / record.name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / record.name).write_bytes(raw)
    source = open_source(tmp_path)
    with pytest.raises(VerificationError) as caught:
        source.sheet(record.name)
    message = str(caught.value)
    for part in (
        record.name,
        str(record.sha256),
        hashlib.sha256(raw).hexdigest(),
        "only the released files",
        "mentalbench reliability RATINGS",
    ):
        assert part in message
    assert source.provenance() == []


def test_a_missing_sheet(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(tmp_path).sheet("gpt-4o_llm_judge.xlsx")
    assert all(part in str(caught.value) for part in (str(tmp_path), *SHEETS))


def test_an_unknown_sheet(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"unknown rating sheet 'x\.xlsx'.*Human_judge\.xlsx"):
        open_source(tmp_path).sheet("x.xlsx")


@pytest.mark.parametrize("place", ["", "MentalBench-100k"])
def test_the_archive_of_a_folder(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    (folder / place).mkdir(parents=True)
    record = make_archive(folder / place / ARCHIVE.name)
    (folder / CSV_NAME).write_bytes(b"the archive wins")
    source = dataclasses.replace(open_source(folder), archive=record)
    if place:
        (folder / CSV_NAME).unlink()
    assert source.has_conversations()
    path = source.conversations()
    assert path.read_bytes() == TABLE
    assert not path.is_relative_to(folder)
    archive, table = source.provenance()
    assert (archive["path"], archive["verified"]) == (ARCHIVE.path, True)
    assert (table["path"], table["sha256"]) == (
        f"{ARCHIVE.path}/{CSV_NAME}",
        hashlib.sha256(TABLE).hexdigest(),
    )
    assert {f["holds"] for f in source.provenance()} == {"conversations"}


def test_another_archive_is_refused(tmp_path: Path) -> None:
    make_archive(tmp_path / ARCHIVE.name)
    with pytest.raises(VerificationError, match=f"git blob {ARCHIVE.git_blob}"):
        open_source(tmp_path).conversations()


def test_a_csv_of_a_folder_is_taken_and_recorded(tmp_path: Path) -> None:
    (tmp_path / CSV_NAME).write_bytes(TABLE)
    source = open_source(tmp_path)
    assert source.has_conversations()
    assert source.conversations() == tmp_path / CSV_NAME
    assert source.provenance() == [
        {
            "name": CSV_NAME,
            "holds": "conversations",
            "repo": None,
            "commit": None,
            "path": None,
            "size": len(TABLE),
            "sha256": hashlib.sha256(TABLE).hexdigest(),
            "verified": False,
        }
    ]


@pytest.mark.parametrize("place", ["", "data"])
def test_parquet_shards_of_a_folder_become_one_table(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    (folder / place).mkdir(parents=True)
    for i in range(3):
        rows = pa.table({"context": [f"c{i}a", f"c{i}b"], "response": ["r", None]})
        pq.write_table(rows, folder / place / f"train-0000{i}-of-00003.parquet")
    source = open_source(folder)
    assert source.has_conversations()
    path = source.conversations()
    assert path.suffix == ".parquet"
    joined = pq.read_table(path)
    assert joined["context"].to_pylist() == ["c0a", "c0b", "c1a", "c1b", "c2a", "c2b"]
    assert len(source.provenance()) == 3
    assert open_source(folder).conversations() == path
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_parquet_files_of_different_tables(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"b": [1]}), tmp_path / "b.parquet")
    with pytest.raises(SourceError, match=r"b\.parquet has other columns than a\.parquet"):
        open_source(tmp_path).conversations()
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    with pytest.raises(SourceError, match="cannot be joined"):
        open_source(tmp_path).conversations()


# --- upstream -------------------------------------------------------------------------------


@pytest.mark.upstream
def test_upstream_fetches_verifies_and_caches(
    server: FileServer, upstream: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, record in SHEETS.items():
        server.offer(record, (upstream / name).read_bytes())
    monkeypatch.setenv("MENTALBENCH_BASE_URL", server.url)
    source = open_source()
    assert source.has_conversations()
    assert server.requests == []
    paths = source.sheets()
    assert list(paths) == list(SHEETS)
    assert all(path.is_relative_to(cache_dir()) for path in paths.values())
    assert source.provenance() == open_source_after(upstream)
    assert open_source("upstream").sheets() == paths
    assert len(server.requests) == 5


def open_source_after(folder: Path) -> list[dict[str, str | int | None]]:
    """The provenance of the same files read from a folder."""
    source = open_source(folder)
    source.sheets()
    return source.provenance()


def test_upstream_unpacks_the_archive(server: FileServer, tmp_path: Path) -> None:
    record = make_archive(tmp_path / ARCHIVE.name)
    server.offer(record, (tmp_path / ARCHIVE.name).read_bytes())
    source = dataclasses.replace(open_source(base_url=server.url), archive=record)
    path = source.conversations()
    assert path.name == CSV_NAME
    assert path.read_bytes() == TABLE
    assert source.conversations() == path
    assert len(server.requests) == 1
    assert [f["name"] for f in source.provenance()] == [ARCHIVE.name, CSV_NAME]


def test_a_wrong_archive_is_no_reason_to_ask_the_hub(
    server: FileServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.offer(ARCHIVE, b"")
    server.script = [other(b"something else")]
    with pytest.raises(VerificationError, match=str(ARCHIVE.git_blob)):
        open_source(base_url=server.url).conversations()
    assert "Hub" not in caplog.text


SHA = "0123456789abcdef0123456789abcdef01234567"


def hub_answers(server: FileServer, files: dict[str, bytes]) -> None:
    """Make the server answer what the Hub answers for a small dataset."""
    api = "/api/datasets/abadawi/MentalBench-Align"
    listing = [
        {
            "type": "file",
            "path": path,
            "size": len(body),
            "oid": record_of(body, size_known=False).git_blob,
        }
        for path, body in files.items()
    ]
    info = {"id": "abadawi/MentalBench-Align", "sha": SHA, "siblings": []}
    server.files[f"{api}/revision/main"] = json.dumps(info).encode()
    server.files[f"{api}/tree/{SHA}"] = json.dumps(listing).encode()
    for path, body in files.items():
        server.files[f"/datasets/abadawi/MentalBench-Align/resolve/{SHA}/{path}"] = body


def parquet(values: list[str]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"context": values}), sink)
    return sink.getvalue().to_pybytes()


def read_conversations(
    server: FileServer, home: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Read them in a new process, because the Hub library reads its endpoint only once."""
    program = (
        "import json, logging, sys\n"
        "from mentalbench_hf.errors import SourceError\n"
        "from mentalbench_hf.sources import open_source\n"
        "logging.basicConfig(format='%(levelname)s %(message)s')\n"
        "source = open_source()\n"
        "try:\n"
        "    path = source.conversations()\n"
        "except SourceError as error:\n"
        "    sys.exit(f'SourceError {error}')\n"
        "print(json.dumps([str(path), source.provenance()]))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "HF_ENDPOINT": server.url,
            "HF_HOME": str(home / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "MENTALBENCH_BASE_URL": server.url,
            **environment,
        },
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_refused_archive_with_no_hub_dataset_either(
    offline: str, server: FileServer, tmp_path: Path
) -> None:
    done = read_conversations(server, tmp_path, HF_HUB_OFFLINE=offline)
    assert done.returncode == 1
    assert "WARNING MentalBench-100k.zip cannot be fetched" in done.stderr
    told = done.stderr.rpartition("SourceError ")[2]
    assert "answered 404" in told
    assert 'source="DIR"' in told
    assert "Also, the Hub dataset abadawi/MentalBench-Align cannot be fetched" in told


def test_a_hub_dataset_without_a_table(server: FileServer, tmp_path: Path) -> None:
    hub_answers(server, {"README.md": b"#"})
    done = read_conversations(server, tmp_path, HF_HUB_OFFLINE="0")
    assert done.returncode == 1
    assert "holds no CSV or Parquet file" in done.stderr


@pytest.mark.parametrize(
    ("files", "suffix", "names"),
    [
        ({"README.md": b"#", CSV_NAME: TABLE}, ".csv", [CSV_NAME]),
        ({"sub/any name.csv": TABLE}, ".csv", ["any name.csv"]),
        (
            {
                "d/train-0-of-2.parquet": parquet(["a"]),
                "d/train-1-of-2.parquet": parquet(["b"]),
            },
            ".parquet",
            ["train-0-of-2.parquet", "train-1-of-2.parquet"],
        ),
    ],
)
def test_the_hub_dataset_takes_the_place_of_a_refused_archive(
    files: dict[str, bytes], suffix: str, names: list[str], server: FileServer, tmp_path: Path
) -> None:
    hub_answers(server, files)
    done = read_conversations(server, tmp_path, HF_HUB_OFFLINE="0")
    assert done.returncode == 0, done.stderr
    assert "WARNING MentalBench-100k.zip cannot be fetched" in done.stderr
    path, provenance = json.loads(done.stdout)
    assert path.endswith(suffix)
    if suffix == ".csv":
        assert Path(path).read_bytes() == TABLE
    else:
        assert pq.read_table(path)["context"].to_pylist() == ["a", "b"]
    assert [f["name"] for f in provenance] == names
    for record in provenance:
        assert record["repo"] == "huggingface.co/datasets/abadawi/MentalBench-Align"
        assert record["commit"] == SHA
        assert record["path"] in files
        assert record["sha256"] == hashlib.sha256(files[record["path"]]).hexdigest()
        assert record["verified"] is False
    assert str(tmp_path) not in json.dumps(provenance)


# --- the sample -----------------------------------------------------------------------------


def make_sample(folder: Path) -> Source:
    names = [*SAMPLE.sheet_of.values(), CSV_NAME]
    lines = []
    for name in names:
        (folder / name).write_bytes(name.encode())
        lines.append(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(lines))
    return dataclasses.replace(open_source("sample"), folder=folder)


def test_a_sample_is_verified_by_its_own_list(tmp_path: Path) -> None:
    source = make_sample(tmp_path)
    assert list(source.sheets()) == list(SAMPLE.sheet_of.values())
    assert source.has_conversations()
    assert source.conversations() == tmp_path / CSV_NAME
    provenance = source.provenance()
    assert [f["name"] for f in provenance] == [*SAMPLE.sheet_of.values(), CSV_NAME]
    assert all(f["repo"] is None and f["verified"] is True for f in provenance)


def test_a_changed_sample_is_refused(tmp_path: Path) -> None:
    source = make_sample(tmp_path)
    name = SAMPLE.reference_sheet
    (tmp_path / name).write_bytes(b"changed")
    with pytest.raises(VerificationError, match=name):
        source.sheet(name)
    (tmp_path / CSV_NAME).unlink()
    assert not source.has_conversations()
    with pytest.raises(SourceError, match="Reinstall"):
        source.conversations()


@pytest.mark.parametrize("sums", [None, "nonsense\n", "abc  Human_judge.xlsx\n", ""])
def test_a_sample_without_a_usable_list(sums: str | None, tmp_path: Path) -> None:
    source = make_sample(tmp_path)
    if sums is None:
        (tmp_path / "SHA256SUMS").unlink()
    else:
        (tmp_path / "SHA256SUMS").write_text(sums)
    with pytest.raises(SourceError, match="Reinstall"):
        source.sheets()
