"""Build a Hub-ready dataset folder: Parquet, card, Croissant metadata, audit and provenance."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentalbench_hf._version import __version__
from mentalbench_hf.data.audit import audit
from mentalbench_hf.data.mentalalign import MentalAlign
from mentalbench_hf.errors import DataError
from mentalbench_hf.files import bundled, whole_folder, write_json
from mentalbench_hf.hub.bare_names import takes_bare_name
from mentalbench_hf.hub.card import data_file, dataset_card
from mentalbench_hf.hub.card_numbers import card_blocks
from mentalbench_hf.hub.croissant import FILE as CROISSANT
from mentalbench_hf.hub.croissant import croissant
from mentalbench_hf.hub.reading import ReadDataset, TableShape, read_dataset
from mentalbench_hf.report.audit import audit_markdown

if TYPE_CHECKING:
    import pyarrow as pa

    from mentalbench_hf.sources import Source

#: A folder that holds this file was made here and may be replaced by a new build.
MARKER: Final = "build.json"
_ROW_GROUP: Final = 50_000
_TEXTS: Final = frozenset({"raw", "explanation", "response"})


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build.

    Attributes:
        folder: where it is.
        rows: rows by configuration.
        n_bytes: size of all files, in bytes.
    """

    folder: Path
    rows: dict[str, int]
    n_bytes: int


def folder_name(name: str, source: Source) -> str:
    """Return the name of a build's folder: a bare name is for real data alone.

    `datasets` files what it loads from a folder under the folder's name.
    """
    return f"{name}-sample" if source.synthetic else name


def build(name: str, source: Source, out: Path, version: str | None = None) -> Build:
    """Build one dataset into a folder, by default in its present version.

    The folder appears whole or not at all. An earlier build there is replaced; any other folder
    that is not empty is refused.

    Raises:
        DataError: unknown name or version, data that are not as documented, `out` holds something
            else, or the sample would stand in a folder that takes the place of real data once
            loaded.
        SourceError: a file is absent, cannot be fetched, or fails verification.
    """
    out = out.resolve()
    if source.synthetic and (taken := takes_bare_name(out)):
        raise DataError(
            f'loading a folder named {out.name} makes its data what load_dataset("{taken}") '
            f"gives, and the sample is not that; give another out=, such as "
            f"{out.with_name(f'{taken}-sample')}"
        )
    with whole_folder(out, MARKER) as made:
        rows = write(read_dataset(name, source, version), made, source.label)
    return Build(out, rows, sum(f.stat().st_size for f in out.rglob("*") if f.is_file()))


def write(dataset: ReadDataset, folder: Path, label: str) -> dict[str, int]:
    """Write a dataset's files into an empty folder and return rows by configuration."""
    spec = dataset.spec
    paths = {config: data_file(spec, config) for config in spec.configs}
    written: dict[str, TableShape] = {}
    schemas: dict[str, pa.Schema] = {}
    # One table is made while the one before is written; more are never held.
    with ThreadPoolExecutor(max_workers=1) as writer:
        pending: Future[None] | None = None
        for config, path in paths.items():
            if path in written:
                continue
            table = dataset.table(config)
            if pending is not None:
                pending.result()
            written[path] = TableShape.of(table)
            schemas[path] = table.schema
            pending = writer.submit(_write_parquet, table, folder / path)
            del table
        if pending is not None:
            pending.result()
    shapes = {config: written[path] for config, path in paths.items()}
    rows = {config: shape.rows for config, shape in shapes.items()}
    blocks = {f"{k}:{spec.name}": v for k, v in card_blocks(dataset, shapes).items()}
    card = dataset_card(spec, shapes, blocks, synthetic=dataset.data.synthetic)
    (folder / "README.md").write_text(card, encoding="utf-8")
    by_config = {config: schemas[path] for config, path in paths.items()}
    metadata = croissant(spec, by_config, folder, synthetic=dataset.data.synthetic)
    write_json(folder / CROISSANT, metadata)
    (folder / "LICENSE").write_text(_data_licence(), encoding="utf-8")
    write_json(
        folder / MARKER,
        {
            "dataset": spec.name,
            "version": spec.version,
            "made_by": f"mentalbench-hf {__version__}",
            "source": label,
            "synthetic": dataset.data.synthetic,
            "rows": rows,
            "files": dataset.data.provenance,
        },
    )
    if isinstance(dataset.data, MentalAlign):
        found = replace(audit(dataset.data), version=spec.version)
        write_json(folder / "audit.json", found.records())
        (folder / "audit.md").write_text(audit_markdown(found), encoding="utf-8")
    return rows


def _write_parquet(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True)
    # Texts hardly repeat, and trying to find out takes as long as writing them.
    short = [name for name in table.schema.names if name not in _TEXTS]
    pq.write_table(table, path, compression="zstd", row_group_size=_ROW_GROUP, use_dictionary=short)


def _data_licence() -> str:
    """Return the MIT licence with the notice of the released data."""
    own = bundled("LICENSE").read_text(encoding="utf-8")
    year_line = next(line for line in own.splitlines() if line.startswith("Copyright"))
    notice = "Copyright (c) 2025 MentalBench-10 Contributors (the released data)\n"
    return own.replace(year_line, f"{notice}{year_line} (the package that built these files)")
