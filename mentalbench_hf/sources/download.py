"""Fetch one released file into the cache: resumed, retried, verified, moved in atomically."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Final, Literal

from mentalbench_hf._version import __version__
from mentalbench_hf.errors import SourceError
from mentalbench_hf.sources.locations import (
    BASE_URL_VARIABLE,
    CACHE_VARIABLE,
    Address,
    address_of,
    cached_path,
    instead,
)
from mentalbench_hf.sources.retry import (
    MAX_ATTEMPTS,
    is_transient,
    parse_retry_after,
    wait_seconds,
)
from mentalbench_hf.sources.verify import VerificationError, verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx2

    from mentalbench_hf.sources.records import UpstreamFile

logger = logging.getLogger(__name__)

#: True shows a bar when stderr is a terminal, "always" shows it anyway, False never does.
Progress = bool | Literal["always"]

#: Seconds without a byte before a request counts as failed.
TIMEOUT: Final = 30.0
#: A body this much longer than it should be is wrong; reading on would only fill the disk.
_SLACK: Final = 8 << 20
#: The most that is read where the size is not recorded; GitHub keeps no file of this length.
_MAX_UNKNOWN: Final = 1 << 30
_CONTENT_RANGE: Final = re.compile(r"bytes\s+(\d+)-\d+/(\d+|\*)", re.ASCII)


class RefusedError(SourceError):
    """The server answered, and the answer will not change: no such file, or no access."""


class _TransientError(Exception):
    """The transfer failed in a way that may pass; whatever arrived is kept for the next try."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class _RangeRefusedError(Exception):
    """The server cannot continue the part that is there."""


def download(
    record: UpstreamFile,
    cache_dir: Path,
    base_url: str | None = None,
    progress: Progress = True,
    *,
    sleep: Callable[[float], None] = time.sleep,
    timeout: float = TIMEOUT,
) -> Path:
    """Return the verified cached copy of a released file, fetching it when it is not there.

    A part left by an earlier try is continued. Timeouts, dropped connections, 408, 429 and 5xx
    are tried again, a bounded number of times, after the wait the server asks for or a doubling
    one. Two processes that want the same file take turns.

    Args:
        record: the file.
        cache_dir: the folder for downloads; made when missing.
        base_url: where the repositories are, ``MENTALBENCH_BASE_URL`` or GitHub when None.
        progress: whether a bar goes to stderr, see ``Progress``.
        sleep: what waits between tries, in seconds.
        timeout: seconds without a byte before a try has failed.

    Raises:
        VerificationError: if other bytes arrive than were released; nothing of them is kept.
        RefusedError: if the server refuses for good, such as 401, 403 or 404.
        SourceError: if there is no network, tries are used up, or the cache cannot be written.
    """
    target = cached_path(record, cache_dir)
    if _is_cached(target, record):
        return target
    address = address_of(record, base_url)
    # Imported late: both cost time that a cache hit and `--help` do not need.
    from filelock import FileLock

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock"):
            # The process that held the lock may have fetched it meanwhile.
            if _is_cached(target, record):
                return target
            partial = target.with_name(f"{target.name}.partial")
            _fetch(record, address, partial, progress, sleep, timeout)
            partial.replace(target)
    except OSError as error:
        raise SourceError(
            f"{record.name} cannot be stored in the cache: {error.strerror or error}. Free some "
            f"space or set {CACHE_VARIABLE} to a folder that can be written"
        ) from error
    logger.info("fetched and verified %s", record.name)
    return target


def _is_cached(target: Path, record: UpstreamFile) -> bool:
    if not target.is_file():
        return False
    try:
        verify(target, record)
    except VerificationError as error:
        logger.warning("the cached copy is damaged and fetched again: %s", error)
        return False
    return True


def _fetch(
    record: UpstreamFile,
    address: Address,
    partial: Path,
    progress: Progress,
    sleep: Callable[[float], None],
    timeout: float,
) -> None:
    """Leave the verified file at `partial`, or raise."""
    import httpx2

    failure: Exception | None = None
    with httpx2.Client(
        follow_redirects=True,
        timeout=timeout,
        auth=address.auth,
        headers={"User-Agent": f"mentalbench-hf/{__version__}", "Accept-Encoding": "identity"},
    ) as client:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            begun = _usable_part(partial, record)
            try:
                if record.size is None or begun < record.size:
                    _transfer(client, record, address, partial, begun, progress)
                verify(partial, record)
            except VerificationError as error:
                partial.unlink(missing_ok=True)
                if not begun:
                    raise
                # The old part may be the culprit: one more try with nothing but fresh bytes.
                logger.warning("%s; starting again without the earlier part", error)
                failure = error
            except _RangeRefusedError as error:
                if _is_complete(partial, record):
                    return
                partial.unlink(missing_ok=True)
                failure = error
            except _TransientError as error:
                failure = error
                if attempt < MAX_ATTEMPTS:
                    wait = wait_seconds(attempt, error.retry_after)
                    logger.warning("%s: %s; next try in %.0f s", record.name, error, wait)
                    sleep(wait)
            else:
                return
    if isinstance(failure, VerificationError):
        raise failure
    raise SourceError(
        f"{record.name} could not be fetched from {address.host} in {MAX_ATTEMPTS} tries, the last "
        f"one failed with: {failure}. Try again later, what arrived is kept; or {instead(record)}"
    ) from failure


def _usable_part(partial: Path, record: UpstreamFile) -> int:
    """Bytes of an earlier try that can be continued; a part that is too long is removed."""
    size = partial.stat().st_size if partial.is_file() else 0
    if record.size is not None and size > record.size:
        partial.unlink()
        return 0
    return size


def _is_complete(partial: Path, record: UpstreamFile) -> bool:
    """Whether the part is the whole file: a range beyond its end is refused, and rightly so."""
    try:
        verify(partial, record)
    except VerificationError:
        return False
    return True


def _transfer(
    client: httpx2.Client,
    record: UpstreamFile,
    address: Address,
    partial: Path,
    begun: int,
    progress: Progress,
) -> None:
    """Ask once for the bytes from `begun` on and write what comes."""
    import httpx2

    headers = {"Range": f"bytes={begun}-"} if begun else {}
    try:
        with client.stream("GET", address.url, headers=headers) as response:
            offset = _check_answer(response, record, address, begun)
            _write_body(response, record, partial, offset, progress)
    except httpx2.ConnectTimeout as error:
        raise _TransientError("no connection in time") from error
    except (httpx2.ConnectError, httpx2.ProxyError) as error:
        raise SourceError(
            f"No network: {address.host} cannot be reached ({error}), so {record.name} cannot be "
            f"fetched. Connect and try again, or {instead(record)}"
        ) from error
    except httpx2.TimeoutException as error:
        raise _TransientError("no answer in time") from error
    except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
        raise _TransientError(f"the connection was lost ({error})") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise SourceError(
            f"{record.name} cannot be fetched from {address.shown}: {error}. Check "
            f"{BASE_URL_VARIABLE}, or {instead(record)}"
        ) from error


def _check_answer(
    response: httpx2.Response, record: UpstreamFile, address: Address, begun: int
) -> int:
    """Return the position in the file at which the body starts."""
    status = response.status_code
    said = f"{status} {response.reason_phrase}".strip()
    if is_transient(status):
        after = parse_retry_after(response.headers.get("Retry-After"))
        asked = "" if after is None else f", which asks to wait {after:.0f} s"
        raise _TransientError(f"the server answered {said}{asked}", after)
    if begun and status == 416:
        raise _RangeRefusedError(f"the server answered {said}")
    if begun and status == 206:
        given = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if given is None or int(given[1]) != begun:
            raise _RangeRefusedError("the server sent another part than the one asked for")
        return begun
    if status != 200:
        raise RefusedError(
            f"{record.name} cannot be fetched: {address.shown} answered {said}. "
            f"Check {BASE_URL_VARIABLE} when it is set, or {instead(record)}"
        )
    return 0


def _write_body(
    response: httpx2.Response, record: UpstreamFile, partial: Path, offset: int, progress: Progress
) -> None:
    from tqdm import tqdm

    length = response.headers.get("Content-Length", "")
    announced = offset + int(length) if length.isascii() and length.isdigit() else None
    limit = _MAX_UNKNOWN if record.size is None else record.size + _SLACK
    received = offset
    bar = tqdm(
        total=record.size or announced,
        initial=offset,
        desc=record.name,
        unit="B",
        unit_scale=True,
        # None asks tqdm to stay silent unless stderr is a terminal.
        disable={"always": False, True: None, False: True}[progress],
    )
    with bar, partial.open("ab" if offset else "wb") as file:
        for chunk in response.iter_bytes():
            file.write(chunk)
            received += len(chunk)
            bar.update(len(chunk))
            if received > limit:
                break
    # A body that nothing frames can end early unnoticed; the client reports the others itself.
    unframed = announced is None and "Transfer-Encoding" not in response.headers
    if unframed and record.size is not None and received < record.size:
        raise _TransientError(f"the body ended after {received} of {record.size} bytes")
