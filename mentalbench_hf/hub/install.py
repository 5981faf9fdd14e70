"""Fill the stock libraries' caches, so that the bare names load in any process and folder.

`datasets` and `evaluate` fall back to their own caches for a name that the Hub does not have or
when the Hub is out of reach; a builder run under that name writes exactly there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import MentalBenchError
from mentalbench_hf.files import bundled
from mentalbench_hf.schema import DATASETS, MENTALBENCH_100K

if TYPE_CHECKING:
    from mentalbench_hf.sources import Source

#: Metric -> version of what it computes and returns. The numbers begin at 1.0.0: without a revision
#: `evaluate` first looks for a tag of its own version, such as v0.4.6.
METRIC_VERSIONS: Final = {"mentalalign_icc": "1.0.0", "mentalbench_judge": "1.0.0"}


@dataclass(frozen=True, slots=True)
class Installed:
    """One name that now resolves.

    Attributes:
        call: what to type.
        rows: rows of the data set; None for a metric.
        note: why it is not there, empty when it is.
    """

    call: str
    rows: int | None
    note: str = ""


def install(source: Source) -> list[Installed]:
    """Fill the caches of `datasets` and `evaluate` from a source.

    What was installed under the same names before is replaced, so that a bare name never finds
    two. MentalBench-100k is left out, with a note, where the source lacks its texts.

    Raises:
        SourceError: the rating sheets are absent, cannot be fetched or fail verification.
    """
    done = []
    for name, spec in DATASETS.items():
        call = f'load_dataset("{name}")'
        if spec is MENTALBENCH_100K and not source.has_conversations():
            _forget(name)
            note = f"not installed: {source.label} does not hold MentalBench-100k.zip or its CSV"
            done.append(Installed(call, None, note))
        else:
            done.append(Installed(call, _install_dataset(name, source)))
    for metric in METRIC_VERSIONS:
        install_metric(metric)
        done.append(Installed(f'evaluate.load("{metric}")', None))
    return done


def _install_dataset(name: str, source: Source) -> int:
    import datasets

    module = _load_script(name.replace("-", "_"))
    builder_class = next(
        c
        for c in vars(module).values()
        if isinstance(c, type)
        and issubclass(c, datasets.DatasetBuilder)
        and c.__module__ == module.__name__
    )
    builder = builder_class(
        dataset_name=name,
        config_name="default",
        hash=_fingerprint(name, source),
    )
    builder.opened = source
    _forget(name)
    builder.download_and_prepare()
    return sum(s.num_examples for s in builder.info.splits.values())


def _forget(name: str) -> None:
    """Remove what is installed under a bare name; only such folders are of this shape."""
    import datasets.config

    shutil.rmtree(Path(datasets.config.HF_DATASETS_CACHE) / name, ignore_errors=True)


def _fingerprint(name: str, source: Source) -> str:
    """Return a short hash of the files read, so that a cache folder names its origin."""
    if name == MENTALBENCH_100K.name:
        source.conversations()
    else:
        source.sheets()
    sums = sorted(str(f["sha256"]) for f in source.provenance())
    return hashlib.sha256("".join(sums).encode()).hexdigest()[:16]


def _load_script(stem: str) -> ModuleType:
    path = bundled("dataset_scripts", f"{stem}.py")
    spec = importlib.util.spec_from_file_location(stem, path)
    if spec is None or spec.loader is None:
        raise MentalBenchError(f"{path.name} cannot be loaded; reinstall mentalbench-hf")
    module = importlib.util.module_from_spec(spec)
    # `datasets` imports a builder's module by name to prepare it for streaming.
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    return module


def install_metric(name: str) -> None:
    """Copy a metric to where `evaluate` looks when the Hub does not have it."""
    from evaluate.loading import init_dynamic_modules

    script = bundled("metrics", name, f"{name}.py")
    root = Path(init_dynamic_modules()) / "metrics"
    home = root / f"evaluate-metric--{name}"
    shutil.rmtree(home, ignore_errors=True)
    target = home / hashlib.sha256(script.read_bytes()).hexdigest()
    target.mkdir(parents=True)
    for folder in (root, home, target):
        (folder / "__init__.py").touch()
    shutil.copyfile(script, target / script.name)
