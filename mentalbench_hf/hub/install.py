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

from mentalbench_hf.errors import DataError, MentalBenchError
from mentalbench_hf.files import bundled
from mentalbench_hf.hub.bare_names import Kind, forget, held, label, not_sample
from mentalbench_hf.schema import DATASETS, MENTALBENCH_100K, SYNTHETIC

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
        note: why it is not there, or what it replaced; else empty.
    """

    call: str
    rows: int | None
    note: str = ""


def install(source: Source, *, replace: bool = False) -> list[Installed]:
    """Fill the caches of `datasets` and `evaluate` from a source.

    What was installed under the same names before is replaced, so that a bare name never finds
    two; but the sample replaces real data only where that is asked for. MentalBench-100k is left
    out, with a note, where the source lacks its texts.

    Args:
        source: where the files are.
        replace: let the sample replace real data.

    Raises:
        DataError: the names hold real data, and the source is the sample.
        SourceError: the rating sheets are absent, cannot be fetched or fail verification.
    """
    if source.synthetic and not replace and (real := not_sample()):
        raise DataError(
            f'load_dataset("{real[-1].name}") holds {real[-1].words()}; the sample does not take '
            "its place unasked. To replace it add replace=; to see the sample without installing "
            "it: mentalbench demo"
        )
    done = [_install_dataset(name, source) for name in DATASETS]
    for metric in METRIC_VERSIONS:
        install_metric(metric)
        done.append(Installed(f'evaluate.load("{metric}")', None))
    return done


def _install_dataset(name: str, source: Source) -> Installed:
    import datasets

    call = f'load_dataset("{name}")'
    before = held(name)
    was_sample = before is not None and before.kind is Kind.SAMPLE
    if DATASETS[name] is MENTALBENCH_100K and not source.has_conversations():
        note = f"not installed: {source.label} does not hold MentalBench-100k.zip or its CSV"
        # The sample's conversations do not belong to other ratings; real ones do.
        if forget(name, sample_only=True):
            note += f"; the {SYNTHETIC} that was there is removed"
        if (kept := held(name)) is not None:
            note += f"; left as it is: {kept.words()}"
        return Installed(call, None, note)
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
    forget(name)
    builder.download_and_prepare()
    label(Path(builder.cache_dir), name, DATASETS[name].version, source)
    rows = sum(s.num_examples for s in builder.info.splits.values())
    replaced = was_sample and not source.synthetic
    return Installed(call, rows, f"replaces the {SYNTHETIC}" if replaced else "")


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
    script = bundled("metrics", name, f"{name}.py")
    home = metric_home(name)
    shutil.rmtree(home, ignore_errors=True)
    target = home / hashlib.sha256(script.read_bytes()).hexdigest()
    target.mkdir(parents=True)
    for folder in (home.parent, home, target):
        (folder / "__init__.py").touch()
    shutil.copyfile(script, target / script.name)


def metric_home(name: str) -> Path:
    """Return the folder of a metric in the modules cache of `evaluate`; it need not exist."""
    from evaluate.loading import init_dynamic_modules

    return Path(init_dynamic_modules()) / "metrics" / f"evaluate-metric--{name}"
