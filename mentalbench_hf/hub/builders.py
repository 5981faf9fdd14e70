"""`datasets` builders of both benchmarks. `dataset_scripts/` holds the scripts around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import datasets
import pyarrow as pa

from mentalbench_hf.hub.reading import ReadDataset, read_dataset
from mentalbench_hf.schema import MENTALALIGN_70K, MENTALBENCH_100K, SPLIT, SYNTHETIC, DatasetSpec
from mentalbench_hf.sources import Source, open_source


@dataclass
class SourceConfig(datasets.BuilderConfig):
    """A table of the dataset, and where its files come from.

    Attributes:
        source: ``upstream``, ``sample`` or a folder of the released files.
    """

    source: str = "upstream"


def _configs(spec: DatasetSpec) -> list[SourceConfig]:
    rows = {f"{t}{s}": d for s in ("", "_released") for t, d in spec.tables.items()}
    return [
        SourceConfig(name=name, version=spec.version, description=description)
        for name, description in rows.items()
    ]


class _MentalBuilder(datasets.ArrowBasedBuilder):
    """Common part: read the source once, hand out Arrow tables."""

    SPEC: ClassVar[DatasetSpec]
    BUILDER_CONFIG_CLASS = SourceConfig
    DEFAULT_CONFIG_NAME = "default"
    #: An opened source to use in place of the configuration's: it leaves no trace in cache paths.
    opened: Source | None = None

    @cached_property
    def _read(self) -> ReadDataset:
        return read_dataset(self.SPEC.name, self.opened or open_source(self.config.source))

    @cached_property
    def _table(self) -> pa.Table:
        return self._read.table(self.config.name)

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(
            description=f"{self.SPEC.title} {self.SPEC.version}: {self.config.description}",
            version=self.SPEC.version,
            license="mit",
        )

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        if self._read.data.synthetic:
            self.info.description = f"{SYNTHETIC} of {self.info.description}"
        self.info.features = datasets.Features.from_arrow_schema(self._table.schema)
        return [datasets.SplitGenerator(name=SPLIT)]

    def _generate_tables(self) -> Iterator[tuple[int, pa.Table]]:
        for i, batch in enumerate(self._table.to_batches(max_chunksize=50_000)):
            yield i, pa.Table.from_batches([batch])


class MentalBenchBuilder(_MentalBuilder):
    """MentalBench-100k: conversations and responses."""

    SPEC = MENTALBENCH_100K
    VERSION = datasets.Version(MENTALBENCH_100K.version)
    BUILDER_CONFIGS: ClassVar[list[SourceConfig]] = _configs(MENTALBENCH_100K)


class MentalAlignBuilder(_MentalBuilder):
    """MentalAlign-70k: ratings, rated responses and judgments."""

    SPEC = MENTALALIGN_70K
    VERSION = datasets.Version(MENTALALIGN_70K.version)
    BUILDER_CONFIGS: ClassVar[list[SourceConfig]] = _configs(MENTALALIGN_70K)
