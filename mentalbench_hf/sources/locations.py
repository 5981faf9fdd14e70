"""Where a released file is asked for and where its copy is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from mentalbench_hf.errors import SourceError
from mentalbench_hf.sources.records import ARCHIVE, CSV_NAME, SHEETS, UpstreamFile

DEFAULT_BASE_URL: Final = "https://github.com"
BASE_URL_VARIABLE: Final = "MENTALBENCH_BASE_URL"
CACHE_VARIABLE: Final = "MENTALBENCH_CACHE"
#: The folder of verified copies inside the cache.
DOWNLOADS: Final = "upstream"


def cache_dir() -> Path:
    """Return the folder for downloads: ``MENTALBENCH_CACHE``, else ``~/.cache/mentalbench``."""
    return Path(os.environ.get(CACHE_VARIABLE) or "~/.cache/mentalbench").expanduser()


def cached_path(record: UpstreamFile, cache: Path) -> Path:
    """Return where the verified copy of a file lives inside the folder `cache`."""
    return cache / DOWNLOADS / (record.commit or "unversioned") / record.name


@dataclass(frozen=True, slots=True)
class Address:
    """Where one file is asked for; `shown` is fit for messages and holds no credentials."""

    url: str
    shown: str
    host: str
    auth: tuple[str, str] | None


def address_of(record: UpstreamFile, base_url: str | None) -> Address:
    """Build the address of a released file: ``<base>/<repo>/raw/<commit>/<path>``.

    Args:
        record: the file.
        base_url: where the repositories are, ``MENTALBENCH_BASE_URL`` or GitHub when None.

    Raises:
        SourceError: if the base address is not a plain http or https address.
    """
    base = base_url or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
    wanted = f"it must look like {DEFAULT_BASE_URL} (argument base_url or {BASE_URL_VARIABLE})"
    try:
        parts = urlsplit(base.strip().rstrip("/"))
        host = parts.hostname or ""
        if parts.port is not None:
            host = f"{host}:{parts.port}"
    except ValueError as error:
        raise SourceError(f"the base address is not a web address; {wanted}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SourceError(f"the base address is not a plain http or https address; {wanted}")
    auth = None
    if parts.username is not None:
        # Sent as a header instead, so that no log line repeats the address with a password.
        auth = (unquote(parts.username), unquote(parts.password or ""))
    path = f"{parts.path}/{quote(record.repo)}/raw/{quote(record.commit)}/{quote(record.path)}"
    netloc = parts.netloc.rpartition("@")[2]
    url = urlunsplit((parts.scheme, netloc, path, "", ""))
    return Address(url=url, shown=url, host=host, auth=auth)


def instead(record: UpstreamFile) -> str:
    """Say what a user can do without downloading this file, as the end of a sentence."""
    if record.name in SHEETS:
        needed = ", ".join(SHEETS)
    elif record.name == ARCHIVE.name:
        needed = f"{ARCHIVE.name} or {CSV_NAME}"
    else:
        needed = record.name
    return (
        f'give source="DIR", a folder that holds the files ({needed}), or source="sample" for the '
        f"bundled synthetic sample, or set {BASE_URL_VARIABLE} to a mirror of {DEFAULT_BASE_URL}"
    )
