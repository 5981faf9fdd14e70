"""What is published: the files of each repository, made and verified in a folder of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from mentalbench_hf._version import __version__
from mentalbench_hf.errors import PublishError
from mentalbench_hf.files import bundled, write_json
from mentalbench_hf.hub.build import MARKER, build, folder_name
from mentalbench_hf.hub.fingerprints import check_recorded
from mentalbench_hf.hub.install import METRIC_VERSIONS
from mentalbench_hf.hub.verify import verify_build
from mentalbench_hf.schema import DATASETS, MENTALBENCH_100K

if TYPE_CHECKING:
    from mentalbench_hf.sources import Source

SPACE_NAME: Final = "mentalbench"
#: Every repository by group, as `--only` names them.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "datasets": tuple(DATASETS),
    "metrics": tuple(METRIC_VERSIONS),
    "space": (SPACE_NAME,),
}


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository, ready to be published.

    Attributes:
        name: its name in the namespace.
        kind: "dataset" or "space"; `evaluate` keeps metrics in Spaces.
        version: version of what it holds.
        folder: where its files are.
        files: their paths in the repository, sorted.
        any_tag: whether its tag may be another version than its own, as that of a Space may.
        synthetic: whether it holds the bundled sample.
        notes: what the publisher should know.
    """

    name: str
    kind: Literal["dataset", "space"]
    version: str
    folder: Path
    files: tuple[str, ...]
    any_tag: bool = False
    synthetic: bool = False
    notes: tuple[str, ...] = ()


def prepare_dataset(name: str, source: Source, work: Path) -> Repository:
    """Build a dataset in a folder, recompute its card and compare it with the recorded version.

    Raises:
        PublishError: a number in the card differs, or a value moved unannounced.
        SourceError, DataError: as in ``build``.
    """
    spec = DATASETS[name]
    if spec is MENTALBENCH_100K and not source.has_conversations():
        raise PublishError(
            f"{source.label} does not hold MentalBench-100k.zip or its CSV. Nothing was uploaded; "
            'to publish the ratings alone add: only="mentalalign-70k"'
        )
    folder = build(name, source, work / folder_name(name, source)).folder
    verify_build(folder)
    recorded = check_recorded(folder)
    notes = () if recorded else (f"no fingerprints are recorded for {name} {spec.version}",)
    return Repository(
        name, "dataset", spec.version, folder, _paths(folder),
        synthetic=source.synthetic, notes=notes,
    )  # fmt: skip


def prepare_metric(name: str, work: Path) -> Repository:
    """Copy a metric's files, with the package pinned to this version."""
    folder = _copy(bundled("metrics", name), work / name)
    return Repository(name, "space", METRIC_VERSIONS[name], folder, _paths(folder))


def prepare_space(work: Path) -> Repository:
    """Copy the Space's files, with the package pinned to this version."""
    folder = _copy(bundled("space"), work / SPACE_NAME)
    return Repository(SPACE_NAME, "space", __version__, folder, _paths(folder), any_tag=True)


def _copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    requirements = target / "requirements.txt"
    # A tag must run the code it was published with.
    lines = [
        f"{line}=={__version__}" if line.startswith("mentalbench-hf") else line
        for line in requirements.read_text(encoding="utf-8").splitlines()
    ]
    requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copyfile(bundled("LICENSE"), target / "LICENSE")
    made = {"name": target.name, "made_by": f"mentalbench-hf {__version__}"}
    write_json(target / MARKER, made)
    return target


def _paths(folder: Path) -> tuple[str, ...]:
    files: Iterable[Path] = (f for f in folder.rglob("*") if f.is_file())
    return tuple(sorted(f.relative_to(folder).as_posix() for f in files))
