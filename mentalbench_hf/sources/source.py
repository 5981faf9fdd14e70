"""One place to read the released files from: upstream, a folder of copies, or the sample."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import SourceError
from mentalbench_hf.schema import RELEASED, SAMPLE, SYNTHETIC, Roster
from mentalbench_hf.sources.conversations import (
    find_conversations,
    find_in_snapshot,
    open_conversations,
)
from mentalbench_hf.sources.download import RefusedError, download
from mentalbench_hf.sources.hub_dataset import fetch_snapshot
from mentalbench_hf.sources.locations import cache_dir, cached_path
from mentalbench_hf.sources.records import (
    ARCHIVE,
    CSV_NAME,
    HUB_DATASET,
    INTERIM_NAME,
    SHEETS,
    UpstreamFile,
)
from mentalbench_hf.sources.sample import sample_folder, sample_records
from mentalbench_hf.sources.verify import Fingerprint, VerificationError, verify

if TYPE_CHECKING:
    from mentalbench_hf.sources.download import Progress

logger = logging.getLogger(__name__)

#: One used file; see ``Source.provenance``. It never holds a path of this machine.
Provenance = dict[str, str | int | None]


class SourceKind(StrEnum):
    """Where files are read from."""

    UPSTREAM = "upstream"
    FOLDER = "folder"
    SAMPLE = "sample"


_LABELS: Final[dict[SourceKind, str]] = {
    SourceKind.UPSTREAM: f"{ARCHIVE.repo} at {ARCHIVE.commit}",
    SourceKind.FOLDER: "local folder",
    SourceKind.SAMPLE: SYNTHETIC,
}


@dataclass(frozen=True, slots=True)
class Source:
    """The released files, fetched where needed and verified before they are handed out.

    Made by ``open_source``. Every method that hands out a file raises ``SourceError`` when it is
    missing, cannot be fetched, or does not have the released bytes.

    Attributes:
        kind: upstream, folder or sample.
        folder: the folder of a ``folder`` or ``sample`` source, None for upstream.
        base_url: where upstream's repositories are; None means the environment's or GitHub.
        cache: the folder for downloads and unpacked tables.
        progress: whether progress bars may go to stderr.
        archive: the record of the released conversations.
    """

    kind: SourceKind
    folder: Path | None
    base_url: str | None
    cache: Path
    progress: Progress = True
    archive: UpstreamFile = ARCHIVE
    _paths: dict[str, Path] = field(default_factory=dict, init=False, repr=False, compare=False)
    _used: dict[str, Provenance] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def synthetic(self) -> bool:
        """Whether the data are made up: outputs must say so."""
        return self.kind is SourceKind.SAMPLE

    @property
    def roster(self) -> Roster:
        """Who wrote and who rated in these files; the sample has names of its own."""
        return SAMPLE if self.synthetic else RELEASED

    @property
    def label(self) -> str:
        """A few words for provenance; never a path."""
        return _LABELS[self.kind]

    def sheet(self, name: str) -> Path:
        """Return the verified path of one of the five rating sheets.

        Raises:
            SourceError: see the class; also for a name that is not one of the five.
        """
        known = tuple(self.roster.sheet_of.values())
        if name not in known:
            raise SourceError(f"unknown rating sheet {name!r}; known: {', '.join(known)}")
        if name not in self._paths:
            origin = None if self.synthetic else _origin(SHEETS[name])
            if self.folder is None:
                path = download(SHEETS[name], self.cache, self.base_url, self.progress)
                found = verify(path, SHEETS[name])
            elif self.synthetic:
                path, found = self._sample_file(self.folder, name)
            else:
                path, found = self._folder_sheet(self.folder, SHEETS[name])
            self._use("ratings", path, found, origin, verified=True)
            self._paths[name] = path
        return self._paths[name]

    def sheets(self) -> dict[str, Path]:
        """Return all five sheets by name, in the order of the raters."""
        return {name: self.sheet(name) for name in self.roster.sheet_of.values()}

    def interim_totals(self) -> Path | None:
        """Return the interim table of experts' totals, None where the source has none.

        It is a witness for the audit, not a part of the release: nothing is verified or fetched.
        """
        if self.folder is None or self.synthetic:
            return None
        return _first_file(self.folder / INTERIM_NAME)

    def has_conversations(self) -> bool:
        """Tell whether ``conversations`` has something to look at, without fetching or reading."""
        if self.folder is None:
            return True
        if self.synthetic:
            return (self.folder / CSV_NAME).is_file()
        return bool(find_conversations(self.folder, self.archive))

    def conversations_here(self) -> bool:
        """Tell whether ``conversations`` has something to read without a download."""
        if self.folder is None:
            return cached_path(self.archive, self.cache).is_file()
        return self.has_conversations()

    def conversations(self) -> Path:
        """Return MentalBench-100k as one CSV or Parquet file.

        The archive is verified; for a CSV or the Hub's Parquet no hash is known, so the caller
        checks the columns and ``provenance`` records the hash. When GitHub refuses the archive for
        good, the Hub dataset is read instead, with a warning in the log.
        """
        key = self.archive.name
        if key not in self._paths:
            self._paths[key] = self._open_conversations()
        return self._paths[key]

    def provenance(self) -> list[Provenance]:
        """Describe every file handed out so far, sheets first.

        Returns:
            Dicts with ``name``, ``holds`` (``ratings`` or ``conversations``), ``repo``, ``commit``
            and ``path`` (None where the origin is not known or the file is synthetic), ``size`` in
            bytes, ``sha256``, both computed, and ``verified``: whether the bytes were checked
            against a recorded hash.
        """
        order = {name: place for place, name in enumerate(self.roster.sheet_of.values())}
        used = sorted(self._used, key=lambda name: order.get(name, len(order)))
        return [dict(self._used[name]) for name in used]

    def _folder_sheet(self, folder: Path, record: UpstreamFile) -> tuple[Path, Fingerprint]:
        path = _first_file(folder / record.name, folder / record.path)
        if path is None:
            raise SourceError(
                f"{record.name} is not in {folder}. The folder needs the five released sheets "
                f"({', '.join(SHEETS)}), side by side or as in {record.repo}"
            )
        try:
            return path, verify(path, record)
        except VerificationError as error:
            raise VerificationError(
                f"{error} The file is in {folder}; only the released files are accepted here. "
                "For ratings of your own use: mentalbench reliability RATINGS"
            ) from error

    def _sample_file(self, folder: Path, name: str) -> tuple[Path, Fingerprint]:
        record = sample_records(folder).get(name)
        path = folder / name
        if record is None or not path.is_file():
            raise SourceError(
                f"the synthetic sample has no {name}, or its checksum list does not name it. "
                "Reinstall mentalbench-hf"
            )
        return path, verify(path, record)

    def _open_conversations(self) -> Path:
        if self.folder is None:
            try:
                paths = [download(self.archive, self.cache, self.base_url, self.progress)]
            except RefusedError as refusal:
                return self._hub_conversations(refusal)
        elif self.synthetic:
            path, found = self._sample_file(self.folder, CSV_NAME)
            self._use("conversations", path, found, None, verified=True)
            return path
        else:
            paths = find_conversations(self.folder, self.archive)
            if not paths:
                raise SourceError(
                    f"MentalBench-100k is not in {self.folder}. The folder needs "
                    f"{self.archive.name}, {CSV_NAME}, or the Parquet files of the Hub dataset "
                    f"{HUB_DATASET}"
                )
        opened = open_conversations(paths, self.archive, self.cache)
        for path, found, verified in opened.files:
            origin = _origin(self.archive, path.name) if verified else None
            self._use("conversations", path, found, origin, verified=verified)
        return opened.table

    def _hub_conversations(self, refusal: SourceError) -> Path:
        """Read the Hub dataset because the archive is refused upstream."""
        logger.warning("%s. Reading the Hub dataset %s instead", refusal, HUB_DATASET)
        try:
            folder = fetch_snapshot(progress=bool(self.progress))
        except SourceError as error:
            raise SourceError(f"{refusal}. Also, {error}") from error
        paths = find_in_snapshot(folder, self.archive)
        if not paths:
            raise SourceError(
                f"{refusal}. Also, the Hub dataset {HUB_DATASET} holds no CSV or Parquet file"
            )
        opened = open_conversations(paths, self.archive, self.cache)
        for path, found, verified in opened.files:
            inside = path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
            origin = (f"huggingface.co/datasets/{HUB_DATASET}", folder.name, inside.as_posix())
            self._use("conversations", path, found, origin, verified=verified)
        return opened.table

    def _use(
        self,
        holds: str,
        path: Path,
        found: Fingerprint,
        origin: tuple[str, str, str] | None,
        *,
        verified: bool,
    ) -> None:
        """Remember what was handed out; `origin` is its repository, commit and path there."""
        repo, commit, inside = origin or (None, None, None)
        self._used[path.name] = {
            "name": path.name,
            "holds": holds,
            "repo": repo,
            "commit": commit,
            "path": inside,
            "size": found.size,
            "sha256": found.sha256,
            "verified": verified,
        }


def open_source(
    source: str | Path | None = None,
    *,
    base_url: str | None = None,
    cache: Path | None = None,
    progress: Progress = True,
) -> Source:
    """Choose where the released files come from; nothing is fetched or read yet.

    Args:
        source: ``"upstream"`` (also None), ``"sample"``, or a folder that holds copies of the
            released files. The two words win over folders of these names: write ``./sample`` or
            pass a ``Path`` for such a folder.
        base_url: where upstream's repositories are, ``MENTALBENCH_BASE_URL`` or GitHub when None.
        cache: the folder for downloads, ``cache_dir()`` when None.
        progress: whether progress bars may go to stderr.

    Raises:
        SourceError: if `source` is neither one of the words nor an existing folder.
    """
    kind, folder = SourceKind.FOLDER, None
    if source is None or source == SourceKind.UPSTREAM:
        kind = SourceKind.UPSTREAM
    elif source == SourceKind.SAMPLE:
        kind, folder = SourceKind.SAMPLE, sample_folder()
    else:
        folder = Path(source).expanduser()
        if not str(source) or not folder.is_dir():
            what = "a file, not a folder" if folder.is_file() else "not an existing folder"
            raise SourceError(
                f"unknown source {str(source)!r}: it is {what}. Choose upstream, sample, or a "
                f"folder that holds the released files ({', '.join(SHEETS)}, {ARCHIVE.name})"
            )
    return Source(kind, folder, base_url, cache or cache_dir(), progress)


def _first_file(*candidates: Path) -> Path | None:
    return next((path for path in candidates if path.is_file()), None)


def _origin(record: UpstreamFile, member: str | None = None) -> tuple[str, str, str]:
    """Name a released file, or a member of a released archive, by repository, commit and path."""
    inside = member is not None and member != record.name
    return record.repo, record.commit, f"{record.path}/{member}" if inside else record.path
