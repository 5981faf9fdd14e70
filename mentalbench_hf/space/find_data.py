"""Find the data to show: what is on this machine, a folder, or the bundled sample."""

from __future__ import annotations

import logging
from pathlib import Path

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.data.mentalbench import MentalBench, read_mentalbench
from mentalbench_hf.errors import SourceError
from mentalbench_hf.hub.built_folders import (
    Folders,
    built_folders,
    installed_folders,
    read_built,
)
from mentalbench_hf.sources import ARCHIVE, SHEETS, Source, cache_dir, open_source
from mentalbench_hf.sources.locations import cached_path
from mentalbench_hf.space.store import Store, make_store

logger = logging.getLogger(__name__)
AUTO = "auto"
_NO_TEXTS = (
    "The texts of the responses are not available here: ratings and contexts are shown without "
    "them."
)
_INSTALLED_NOTE = (
    "Shown are the installed datasets, which hold audited ratings without contexts and "
    "explanations. Start the page with --source and the folder of the released files to see all."
)


def open_store(source: str = AUTO) -> Store:
    """Return the data to show.

    Args:
        source: ``auto``: the released files if they were downloaded before, else what `mentalbench
            install` has put into the cache of `datasets`, else the sample; nothing is downloaded.
            ``upstream``: the released files, downloaded where needed. ``sample``. A folder: of
            released files, or of datasets that ``mentalbench build`` made.

    Raises:
        SourceError: the folder is not there or does not hold the rating sheets.
        DataError: the files are not as documented.
    """
    if source == AUTO:
        return _automatic()
    folder = Path(source)
    if folder.is_dir() and (found := built_folders(folder)):
        return _from_built(found)
    opened = open_source(source)
    return _from_source(opened, texts=opened.has_conversations())


def _automatic() -> Store:
    cache = cache_dir()
    if all(cached_path(record, cache).is_file() for record in SHEETS.values()):
        return _from_source(open_source(), texts=cached_path(ARCHIVE, cache).is_file())
    if found := installed_folders():
        return _from_built(found)
    return _from_source(open_source("sample"), texts=True)


def _from_built(folders: Folders) -> Store:
    ratings, conversations, installed = read_built(folders)
    notes = (_INSTALLED_NOTE,) if installed else ()
    return make_store(ratings, conversations, released=not installed, notes=notes)


def _from_source(source: Source, *, texts: bool) -> Store:
    ratings = read_mentalalign(source)
    conversations: MentalBench | None = None
    if texts:
        try:
            conversations = read_mentalbench(source)
        except SourceError as error:
            logger.warning("%s", error)
    notes = () if conversations is not None else (_NO_TEXTS,)
    return make_store(ratings, conversations, notes=notes)
