"""The data: what is wrong in it, dataset folders, the bare names, and the Hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mentalbench_hf.front.loading import only
from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    from mentalbench_hf.choices import BareName, DatasetName, What
    from mentalbench_hf.data.audit import Finding
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.hub.build import Build
    from mentalbench_hf.hub.install import Installed
    from mentalbench_hf.hub.publish import Plan, Published
    from mentalbench_hf.hub.status import Holding


def audit(source: RatedTargets | str | Path = "upstream") -> ResultTable[Finding]:
    """Find what is wrong in the released ratings, with counts and row ids.

    Args:
        source: ``upstream``, ``sample``, or a folder with copies of the released files. Or ratings
            of your own (:func:`read_ratings`), clusters in the order of rating: where the
            reference changes style, so that another person may have rated on.

    Returns:
        One row per fault, sheet and system; ``records()`` begins with what was audited.

    Raises:
        DataError, SourceError: the files cannot be had or are not what was released.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.audit("sample").synthetic
        True
    """
    from mentalbench_hf.data.audit import audit as find
    from mentalbench_hf.data.audit import rater_blocks_in
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.report.audit import audit_table, finding_table
    from mentalbench_hf.sources import open_source

    if not isinstance(source, (str, Path)):
        found = rater_blocks_in(source, source.data)
        return finding_table(found, synthetic=source.synthetic)
    return audit_table(find(read_mentalalign(open_source(str(source)))))


def build(
    name: DatasetName,
    out: str | Path | None = None,
    source: str | Path = "upstream",
    *,
    data_version: str | None = None,
) -> Build:
    """Build a Hub-ready dataset folder: Parquet, card, statistics, audit and provenance.

    Args:
        name: ``mentalbench-100k`` or ``mentalalign-70k``.
        out: the folder, which appears whole or not at all; by default one here with the name of
            the dataset, and ``-sample`` behind it for the sample.
        source: where the released files come from, as for :func:`load_ratings`.
        data_version: an earlier version of the data, such as 1.0.0.

    Raises:
        DataError, SourceError: the files cannot be had, or the folder holds something else.

    Example:
        >>> import tempfile
        >>> import mentalbench_hf as mb
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     made = mb.build("mentalalign-70k", f"{folder}/sample", "sample")
        >>> made.rows["judgments"]
        960
    """
    from mentalbench_hf.hub.build import build as make
    from mentalbench_hf.hub.build import folder_name
    from mentalbench_hf.sources import open_source

    files = open_source(str(source))
    return make(name, files, Path(out or folder_name(name, files)), data_version)


def install(source: str | Path = "upstream", *, replace: bool = False) -> list[Installed]:
    """Make ``load_dataset`` and ``evaluate.load`` find the benchmarks by their bare names.

    Args:
        source: where the released files come from, as for :func:`load_ratings`.
        replace: let the sample take the place of real data.

    Raises:
        DataError, SourceError: the files cannot be had, or the names hold real data and the source
            is the sample.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.install("sample")[0].call
        'load_dataset("mentalbench-100k")'
    """
    from mentalbench_hf.hub.install import install as fill
    from mentalbench_hf.sources import open_source

    return fill(open_source(str(source)), replace=replace)


def status(here: str | Path = ".") -> ResultTable[Holding]:
    """Say what the bare names hold: real data, the sample or nothing; version, source and place.

    Args:
        here: the folder of the process that loads; a folder of a bare name in it comes first.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.status()[0].call
        'load_dataset("mentalbench-100k")'
    """
    from mentalbench_hf.hub.status import statuses

    return ResultTable(
        rows=tuple(statuses(Path(here).resolve())),
        name="status",
        title="What the bare names hold",
    )


def uninstall(
    names: BareName | Sequence[BareName] | None = None,
    *,
    sample_only: bool = False,
    downloads: bool = False,
) -> list[str]:
    """Take away what the bare names hold, without asking, and return a line on each.

    Args:
        names: datasets and metrics; all by default.
        sample_only: leave real data, what cannot be told, and metrics.
        downloads: also delete the downloaded released files.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.uninstall("mentalalign_icc")[0].startswith(("removed", "mentalalign_icc: nothing"))
        True
    """
    from mentalbench_hf.hub.status import uninstall as take_away

    return take_away(only(names), sample_only=sample_only, downloads=downloads)


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
    agreed: Callable[[list[Plan]], None] = lambda plans: None,
) -> list[Published]:
    """Build, verify and upload datasets, metrics or the Space, each in one commit, and tag them.

    Args:
        what: "datasets", "metrics", "space" or "all".
        namespace: user or organisation on the Hub.
        source: as for :func:`load_ratings`; read when a dataset is among them.
        only: these repositories of the group alone.
        tag: by default v and the version; a tag that is there never moves.
        private: make new repositories private.
        synthetic: agree to publish the SYNTHETIC SAMPLE under the datasets' names.
        dry_run: compare with the Hub, and change nothing.
        tell: called with what is being done.
        agreed: called with what would change, before anything is sent.

    Raises:
        PublishError: nobody is logged in, the sample without `synthetic`, or the Hub refused.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.publish("datasets", "my-org", "sample")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        mentalbench_hf.errors.PublishError: ...
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
        agreed=agreed,
    )
