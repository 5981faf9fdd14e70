"""Read a dataset by name once, and make any of its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentalbench_hf.data.mentalalign import MentalAlign, read_mentalalign
from mentalbench_hf.data.mentalalign_tables import mentalalign_table
from mentalbench_hf.data.mentalbench import MentalBench, mentalbench_table, read_mentalbench
from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import DATASETS, MENTALBENCH_100K, DatasetSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from mentalbench_hf.sources import Source


@dataclass(frozen=True, slots=True)
class TableShape:
    """Rows and columns of a table."""

    rows: int
    columns: int

    @classmethod
    def of(cls, table: pa.Table) -> TableShape:
        """Return the shape of a table."""
        return cls(table.num_rows, table.num_columns)


@dataclass(frozen=True, eq=False)
class ReadDataset:
    """One dataset in memory.

    Attributes:
        spec: its fixed facts.
        data: what was read.
    """

    spec: DatasetSpec
    data: MentalAlign | MentalBench

    def table(self, config: str) -> pa.Table:
        """Return the table of a configuration, such as ``ratings`` or ``ratings_released``."""
        if config not in self.spec.configs:
            raise DataError(
                f"unknown configuration {config!r} of {self.spec.name}; "
                f"choose one of {', '.join(self.spec.configs)}"
            )
        table = config.removesuffix("_released")
        variant = "audited" if table == config else "released"
        if isinstance(self.data, MentalAlign):
            return mentalalign_table(self.data, table, variant, self.spec.version)
        return mentalbench_table(self.data, table, variant)


def get_spec(name: str) -> DatasetSpec:
    """Return the facts of a dataset, or raise DataError naming the known ones."""
    if name not in DATASETS:
        raise DataError(f"unknown dataset {name!r}; choose one of {', '.join(DATASETS)}")
    return DATASETS[name]


def read_dataset(name: str, source: Source, version: str | None = None) -> ReadDataset:
    """Read one of the two datasets from a source, by default in its present version.

    Raises:
        DataError: unknown name or version, or the files do not hold what is documented.
        SourceError: a file is absent, cannot be fetched, or fails verification.
    """
    spec = get_spec(name).at(version)
    data = read_mentalbench(source) if spec is MENTALBENCH_100K else read_mentalalign(source)
    n = data.conversations.num_rows if isinstance(data, MentalBench) else len(data.contexts)
    if not source.synthetic and n != spec.n_conversations:
        raise DataError(
            f"{spec.name} {spec.version} holds {spec.n_conversations:,} conversations; "
            f"the source holds {n:,}. It is not the released file."
        )
    return ReadDataset(spec, data)
