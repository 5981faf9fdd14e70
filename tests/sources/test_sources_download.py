from __future__ import annotations

import dataclasses
import logging
import socket
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace

import pytest
from fileserver import (
    FileServer,
    Reply,
    dropped,
    other,
    ranged,
    record_of,
    status,
    truncated,
    unframed,
    whole,
)

from mentalbench_hf.errors import SourceError
from mentalbench_hf.sources import (
    SHEETS,
    RefusedError,
    UpstreamFile,
    VerificationError,
    cache_dir,
    download,
)
from mentalbench_hf.sources.retry import MAX_ATTEMPTS


class Clock:
    """Takes the place of sleeping and remembers the waits."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def left_behind(cache: Path) -> list[str]:
    """Every file in the cache but the locks."""
    return sorted(p.name for p in cache.rglob("*") if p.is_file() and p.suffix != ".lock")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.upstream
def test_the_real_sheets_arrive_byte_for_byte(
    server: FileServer, upstream: Path, tmp_path: Path
) -> None:
    for name, record in SHEETS.items():
        server.offer(record, (upstream / name).read_bytes())
        path = download(record, tmp_path, server.url)
        assert path.name == name
        assert path.read_bytes() == (upstream / name).read_bytes()
    assert len(server.requests) == 5
    assert left_behind(tmp_path) == sorted(SHEETS)


@pytest.mark.upstream
def test_a_real_sheet_survives_a_truncated_body(
    server: FileServer, upstream: Path, tmp_path: Path, clock: Clock
) -> None:
    record = SHEETS["Human_judge.xlsx"]
    server.offer(record, (upstream / record.name).read_bytes())
    server.script = [truncated(100_000)]
    path = download(record, tmp_path, server.url, sleep=clock)
    assert path.read_bytes() == (upstream / record.name).read_bytes()
    assert [asked for _, asked in server.requests] == [None, "bytes=100000-"]


def test_progress_goes_to_stderr_when_forced(
    server: FileServer, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = record_of(content)
    server.offer(record, content)
    download(record, tmp_path, server.url, progress="always")
    out, err = capsys.readouterr()
    assert out == ""
    assert "file.bin: 100%" in err


@pytest.mark.parametrize("progress", [True, False])
def test_no_progress_where_stderr_is_no_terminal(
    progress: bool,
    server: FileServer,
    content: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = record_of(content)
    server.offer(record, content)
    download(record, tmp_path, server.url, progress=progress)
    assert capsys.readouterr() == ("", "")


def test_a_cache_hit_asks_nobody(server: FileServer, content: bytes, tmp_path: Path) -> None:
    record = record_of(content)
    server.offer(record, content)
    first = download(record, tmp_path, server.url)
    assert download(record, tmp_path, server.url) == first
    assert len(server.requests) == 1


def test_a_damaged_cache_is_fetched_again(
    server: FileServer, content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record = record_of(content)
    server.offer(record, content)
    path = download(record, tmp_path, server.url)
    path.write_bytes(content[:-1] + b"?")
    assert download(record, tmp_path, server.url).read_bytes() == content
    assert "damaged" in caplog.text


# Without a length or a known size only the hash can tell that a body is too short.
@pytest.mark.parametrize(
    ("first", "size_known"),
    [(truncated(120_000), True), (truncated(120_000), False), (unframed(120_000), True)],
)
def test_what_arrived_is_continued(
    first: Reply, size_known: bool, server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content, size_known=size_known)
    server.offer(record, content)
    server.script = [first, ranged]
    path = download(record, tmp_path, server.url, sleep=clock)
    assert path.read_bytes() == content
    assert [asked for _, asked in server.requests] == [None, "bytes=120000-"]
    assert clock.waits == [1.0]
    assert left_behind(tmp_path) == ["file.bin"]


def test_a_part_of_an_earlier_process_is_continued(
    server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content)
    server.offer(record, content)
    server.script = [truncated(50_000)] + [status(503)] * (MAX_ATTEMPTS - 1)
    with pytest.raises(SourceError, match="what arrived is kept"):
        download(record, tmp_path, server.url, sleep=clock)
    assert left_behind(tmp_path) == ["file.bin.partial"]
    server.requests.clear()
    assert download(record, tmp_path, server.url, sleep=clock).read_bytes() == content
    assert [asked for _, asked in server.requests] == ["bytes=50000-"]


def test_a_server_that_ignores_ranges(
    server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content)
    server.offer(record, content)
    server.script = [truncated(50_000), whole]
    assert download(record, tmp_path, server.url, sleep=clock).read_bytes() == content
    assert [asked for _, asked in server.requests] == [None, "bytes=50000-"]


@pytest.mark.parametrize(
    "answer",
    [
        status(416),
        status(206, Content_Range="bytes 7-9/300000"),
        status(206, Content_Range="what"),
        status(206),
    ],
)
def test_a_server_that_cannot_continue(
    answer: Reply,
    server: FileServer,
    content: bytes,
    tmp_path: Path,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = record_of(content)
    server.offer(record, content)
    server.script = [truncated(50_000), answer]
    assert download(record, tmp_path, server.url, sleep=clock).read_bytes() == content
    assert [asked for _, asked in server.requests] == [None, "bytes=50000-", None]
    # The wrong part was turned down before it could spoil the file.
    assert "verification" not in caplog.text


def test_a_complete_part_needs_no_second_transfer(
    server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    """A process stopped between the last byte and the move; without a size only 416 tells."""
    record = record_of(content, size_known=False)
    server.offer(record, content)
    path = download(record, tmp_path, server.url)
    path.rename(path.with_name("file.bin.partial"))
    server.requests.clear()
    assert download(record, tmp_path, server.url, sleep=clock).read_bytes() == content
    assert [asked for _, asked in server.requests] == ["bytes=300000-"]


def test_a_complete_part_of_known_size_asks_nobody(
    server: FileServer, content: bytes, tmp_path: Path
) -> None:
    record = record_of(content)
    server.offer(record, content)
    path = download(record, tmp_path, server.url)
    path.rename(path.with_name("file.bin.partial"))
    server.requests.clear()
    assert download(record, tmp_path, server.url).read_bytes() == content
    assert server.requests == []


@pytest.mark.parametrize("junk", [50_000, 300_000, 400_000])
def test_a_foreign_part_is_thrown_away(
    junk: int, server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content)
    server.offer(record, content)
    path = download(record, tmp_path, server.url)
    path.unlink()
    path.with_name("file.bin.partial").write_bytes(b"x" * junk)
    assert download(record, tmp_path, server.url, sleep=clock).read_bytes() == content
    assert left_behind(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("size_known", [True, False])
@pytest.mark.parametrize(
    "wrong",
    [b"y" * 300_000, b"<html>Sign in</html>", b"", b"z" * 400_000],
    ids=["same length", "a web page", "empty", "longer"],
)
def test_wrong_bytes_are_never_used(
    wrong: bytes, size_known: bool, server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content, size_known=size_known)
    received = record_of(wrong, size_known=size_known)
    server.offer(record, content)
    server.script = [other(wrong)]
    with pytest.raises(VerificationError) as caught:
        download(record, tmp_path, server.url, sleep=clock)
    message = str(caught.value)
    assert "file.bin" in message
    assert str(record.sha256 or record.git_blob) in message
    assert str(received.sha256 or received.git_blob) in message
    assert f"({len(wrong)} bytes)" in message
    assert len(server.requests) == 1
    assert clock.waits == []
    assert left_behind(tmp_path) == []
    # The next try starts clean.
    assert download(record, tmp_path, server.url, sleep=clock).read_bytes() == content
    assert server.requests[-1][1] is None


def test_a_wrong_continuation_is_fetched_afresh_once(
    server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content)
    server.offer(record, b"q" * 300_000)
    server.script = [truncated(10)]
    with pytest.raises(VerificationError):
        download(record, tmp_path, server.url, sleep=clock)
    assert [asked for _, asked in server.requests] == [None, "bytes=10-", None]
    assert left_behind(tmp_path) == []


def test_an_endless_body_is_cut_off(
    server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content)
    server.offer(record, bytes(60 << 20))
    with pytest.raises(VerificationError) as caught:
        download(record, tmp_path, server.url, sleep=clock)
    read = int(str(caught.value).rsplit("(", 1)[1].split()[0])
    assert 300_000 + (8 << 20) < read < 300_000 + (10 << 20)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 451])
def test_a_refusal_is_final(
    code: int, server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content)
    server.offer(record, content)
    server.script = [status(code)] * 2
    with pytest.raises(RefusedError, match=rf"file\.bin .*answered {code}") as caught:
        download(record, tmp_path, server.url, sleep=clock)
    assert 'source="DIR"' in str(caught.value)
    assert len(server.requests) == 1
    assert clock.waits == []


def test_a_file_that_is_not_there(server: FileServer, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(RefusedError, match="404"):
        download(record_of(b"x"), tmp_path, server.url, sleep=clock)
    assert server.requests == [("/someone/some-repo/raw/abc1234/a folder/file.bin", None)]


@pytest.mark.parametrize(
    ("first", "waits"),
    [
        (status(429, Retry_After="7"), [7.0]),
        (status(503, Retry_After="9"), [9.0]),
        (status(429, Retry_After="99999"), [120.0]),
        (status(429), [1.0]),
        (status(500), [1.0]),
        (status(502), [1.0]),
        (dropped, [1.0]),
    ],
)
def test_what_may_pass_is_tried_again(
    first: Reply,
    waits: list[float],
    server: FileServer,
    content: bytes,
    tmp_path: Path,
    clock: Clock,
) -> None:
    record = record_of(content)
    server.offer(record, content)
    server.script = [first]
    assert download(record, tmp_path, server.url, sleep=clock).read_bytes() == content
    assert len(server.requests) == 2
    assert clock.waits == waits


def test_retry_after_as_a_date(
    server: FileServer,
    content: bytes,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = record_of(content)
    server.offer(record, content)
    server.script = [status(429, Retry_After=formatdate(1_800_000_040, usegmt=True))]
    monkeypatch.setattr("mentalbench_hf.sources.retry.time", SimpleNamespace(time=lambda: 1.8e9))
    download(record, tmp_path, server.url, sleep=clock)
    assert clock.waits == [40]


def test_tries_are_bounded(
    server: FileServer, content: bytes, tmp_path: Path, clock: Clock
) -> None:
    record = record_of(content)
    server.offer(record, content)
    server.script = [status(503)] * 50
    with pytest.raises(SourceError, match=f"in {MAX_ATTEMPTS} tries.*503"):
        download(record, tmp_path, server.url, sleep=clock)
    assert len(server.requests) == MAX_ATTEMPTS
    assert clock.waits == [1.0, 2.0, 4.0, 8.0]


def test_a_silent_server_times_out(tmp_path: Path, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(SourceError, match="no answer in time"):
            download(record_of(b"x"), tmp_path, address, sleep=clock, timeout=0.1)
    assert len(clock.waits) == MAX_ATTEMPTS - 1


@pytest.mark.parametrize("record", [record_of(b"x"), SHEETS["Human_judge.xlsx"]])
def test_without_network_it_says_what_to_do(
    record: UpstreamFile, tmp_path: Path, clock: Clock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SourceError, match=r"No network: 127\.0\.0\.1") as caught:
        download(record, tmp_path, f"http://127.0.0.1:{port}", sleep=clock)
    message = str(caught.value)
    for part in ('source="DIR"', record.name, 'source="sample"', "MENTALBENCH_BASE_URL"):
        assert part in message
    assert clock.waits == []


@pytest.mark.parametrize(
    "base", ["ftp://host", "github.com", "http://", "http://h:port", "http://h/?a=b"]
)
def test_a_base_address_that_is_none(base: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="MENTALBENCH_BASE_URL"):
        download(record_of(b"x"), tmp_path, base)


def test_the_base_address_of_the_environment(
    server: FileServer, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = record_of(content)
    server.offer(record, content)
    monkeypatch.setenv("MENTALBENCH_BASE_URL", f"{server.url}/")
    assert download(record, tmp_path).read_bytes() == content


def test_credentials_of_the_base_address_are_used_and_not_shown(
    server: FileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = server.url.replace("http://", "http://me:hush%21@")
    with pytest.raises(RefusedError) as caught:
        download(record_of(b"x"), tmp_path, address)
    assert server.headers[0]["Authorization"].startswith("Basic ")
    assert "hush" not in str(caught.value) + caplog.text


def test_redirects_are_followed(server: FileServer, content: bytes, tmp_path: Path) -> None:
    record = record_of(content)
    server.offer(record, content)
    server.files["/elsewhere"] = content
    server.script = [status(302, Location="/elsewhere")]
    assert download(record, tmp_path, server.url).read_bytes() == content
    assert server.requests[-1][0] == "/elsewhere"


def test_two_processes_fetch_once(server: FileServer, content: bytes, tmp_path: Path) -> None:
    record = record_of(content)
    server.offer(record, content)

    def slow(handler: object, body: bytes) -> None:
        time.sleep(0.5)
        whole(handler, body)  # type: ignore[arg-type]

    server.script = [slow, slow]
    program = (
        "import sys; from pathlib import Path\n"
        "from mentalbench_hf.sources import UpstreamFile, download\n"
        f"record = UpstreamFile(**{dataclasses.asdict(record)!r})\n"
        "print(download(record, Path(sys.argv[1]), sys.argv[2]))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), server.url],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(answers) == 1
    assert Path(answers.pop()).read_bytes() == content
    assert len(server.requests) == 1


def test_a_cache_that_cannot_be_made(server: FileServer, content: bytes, tmp_path: Path) -> None:
    record = record_of(content)
    server.offer(record, content)
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(SourceError, match="MENTALBENCH_CACHE"):
        download(record, tmp_path / "cache", server.url)


def test_cache_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MENTALBENCH_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.setenv("MENTALBENCH_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "mentalbench"
