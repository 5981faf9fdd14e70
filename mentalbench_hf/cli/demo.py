"""What `mentalbench demo` does: the whole slice on the bundled sample."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from mentalbench_hf.choices import PROTOCOLS
from mentalbench_hf.cli.emit import emit
from mentalbench_hf.files import added_files
from mentalbench_hf.front.agreement import reliability
from mentalbench_hf.front.data import audit
from mentalbench_hf.front.loading import load_ratings
from mentalbench_hf.hub.bare_names import not_sample
from mentalbench_hf.hub.build import build, folder_name
from mentalbench_hf.hub.install import METRIC_VERSIONS, install, install_metric
from mentalbench_hf.report.terminal import console
from mentalbench_hf.schema import DATASETS, SYNTHETIC
from mentalbench_hf.sources import Source, open_source


def run_demo(out: Path) -> None:
    """Build, install, audit and report the sample into a folder.

    Real data under the bare names are left alone. Says on stderr what it does next.

    Raises:
        DataError: a file, or a folder of another kind, stands where the results go.
    """
    started = time.monotonic()
    screen = console()
    source = open_source("sample")
    _step(1, "building both datasets")
    for name in DATASETS:
        made = build(name, source, out / folder_name(name, source))
        screen.print(f"built {name}: {sum(made.rows.values()):,} rows in {len(made.rows)} tables")
    _step(2, "installing the names")
    for line in _install(source, out):
        screen.print(line)
    _step(3, "auditing")
    found = audit("sample")
    emit(found, "table")
    ratings = load_ratings("sample")
    with added_files(out / "report") as report:
        (report / "audit.md").write_text(found.text("md"), encoding="utf-8")
        (report / "audit.json").write_text(found.text("json"), encoding="utf-8")
        for i, protocol in enumerate(PROTOCOLS[:2], start=4):
            _step(i, f"computing reliability, protocol {protocol}")
            table = reliability(ratings, protocol=protocol)
            emit(table, "table", leave_out=("axis",))
            table.save(report, figure=False)
    screen.print(
        f"{SYNTHETIC}: written to {out} in {time.monotonic() - started:.0f} s. Next: the real "
        "ratings, `mentalbench reliability` (downloads and verifies five sheets, 4 MB)."
    )


def _step(number: int, what: str) -> None:
    typer.echo(f"[{number}/5] {what} …", err=True)


def _install(source: Source, out: Path) -> list[str]:
    """Give the bare names to the sample unless they hold real data; return what was done."""
    real = not_sample()
    if not real:
        return [f"installed {item.call}" for item in install(source)]
    for metric in METRIC_VERSIONS:
        install_metric(metric)
    shown = [f'load_dataset("{out / folder_name(name, source)}")' for name in DATASETS]
    return [
        *(f'left alone: load_dataset("{e.name}") holds {e.words()}' for e in real),
        f"the sample by its folders: {' and '.join(shown)}",
        *(f'installed evaluate.load("{metric}")' for metric in METRIC_VERSIONS),
    ]
