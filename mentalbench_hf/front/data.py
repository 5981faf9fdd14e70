"""The data: what is wrong in it, dataset folders, the bare names, and the Hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mentalbench_hf.choices import What
    from mentalbench_hf.data.audit import Audit
    from mentalbench_hf.hub.build import Build
    from mentalbench_hf.hub.install import Installed
    from mentalbench_hf.hub.publish import Published


def audit(source: str | Path = "upstream") -> Audit:
    """Find what is wrong in the released ratings, with counts and row ids.

    Args:
        source: ``upstream``, ``sample``, or a folder with copies of the released files.

    Raises:
        DataError, SourceError: the files cannot be had or are not what was released.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.audit("sample").synthetic
        True
    """
    from mentalbench_hf.data.audit import audit as find
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.sources import open_source

    return find(read_mentalalign(open_source(str(source))))


def build(name: str, out: str | Path, source: str | Path = "upstream") -> Build:
    """Build a Hub-ready dataset folder: Parquet, card, statistics, audit and provenance.

    Args:
        name: ``mentalbench-100k`` or ``mentalalign-70k``.
        out: the folder; it appears whole or not at all.
        source: as for :func:`audit`.

    Raises:
        DataError, SourceError: the files cannot be had, or the folder holds something else.
    """
    from mentalbench_hf.hub.build import build as make
    from mentalbench_hf.sources import open_source

    return make(name, open_source(str(source)), Path(out))


def install(source: str | Path = "upstream", *, replace: bool = False) -> list[Installed]:
    """Make ``load_dataset`` and ``evaluate.load`` find the benchmarks by their bare names.

    Args:
        source: as for :func:`audit`.
        replace: let the sample take the place of real data.

    Raises:
        DataError, SourceError: the files cannot be had, or the names hold real data and the source
            is the sample.
    """
    from mentalbench_hf.hub.install import install as fill
    from mentalbench_hf.sources import open_source

    return fill(open_source(str(source)), replace=replace)


def publish(
    what: What,
    namespace: str,
    source: str | Path = "upstream",
    *,
    only: Sequence[str] = (),
    tag: str | None = None,
    private: bool = False,
    synthetic: bool = False,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> list[Published]:
    """Build, verify and upload datasets, metrics or the Space, each in one commit, and tag them.

    Args:
        what: "datasets", "metrics", "space" or "all".
        namespace: user or organisation on the Hub.
        source: as for :func:`audit`; read when a dataset is among them.
        only: these repositories of the group alone.
        tag: by default v and the version; a tag that is there never moves.
        private: make new repositories private.
        synthetic: agree to publish the SYNTHETIC SAMPLE under the datasets' names.
        dry_run: compare with the Hub, and change nothing.
        tell: called with what is being done.

    Raises:
        PublishError: nobody is logged in, the sample without `synthetic`, or the Hub refused.
    """
    from mentalbench_hf.hub.release import chosen
    from mentalbench_hf.hub.release import publish as carry_out
    from mentalbench_hf.schema import DATASETS
    from mentalbench_hf.sources import open_source

    needed = set(chosen(what, only)) & set(DATASETS)
    return carry_out(
        what,
        namespace,
        open_source(str(source)) if needed else None,
        only=only,
        tag=tag,
        private=private,
        synthetic=synthetic,
        dry_run=dry_run,
        tell=tell,
    )
