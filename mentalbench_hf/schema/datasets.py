"""The two datasets: names, versions, configurations and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from mentalbench_hf.errors import DataError

#: What everything made from the bundled sample says of itself.
SYNTHETIC: Final = "SYNTHETIC SAMPLE"
#: A benchmark to measure with, not to train on.
SPLIT: Final = "test"


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """The fixed facts of one dataset.

    Attributes:
        name: the name users type.
        title: the name to show.
        version: version of the data; any changed value or column is a new one.
        tables: table name -> one line on its rows; the first is the default configuration.
        n_conversations: conversations in the released data (a build checks it; a sample differs).
        earlier: versions before this one that can still be built.
    """

    name: str
    title: str
    version: str
    tables: dict[str, str]
    n_conversations: int
    earlier: tuple[str, ...] = ()

    def at(self, version: str | None) -> DatasetSpec:
        """Return these facts at a version that can be built; None is the present one.

        Raises:
            DataError: no such version.
        """
        if version in (None, self.version):
            return self
        if version not in self.earlier:
            known = ", ".join((self.version, *self.earlier))
            raise DataError(f"{self.name} has no version {version!r}; choose one of {known}")
        return replace(self, version=version)

    @property
    def configs(self) -> tuple[str, ...]:
        """Every configuration name: tables in ``audited`` form, then ``<table>_released``."""
        names = [*self.tables, *(f"{t}_released" for t in self.tables)]
        return tuple(names)


MENTALBENCH_100K: Final = DatasetSpec(
    name="mentalbench-100k",
    title="MentalBench-100k",
    version="1.0.0",
    tables={
        "default": "one row per conversation: the context and ten responses",
        "responses": "one row per response",
    },
    n_conversations=10_000,
)
MENTALALIGN_70K: Final = DatasetSpec(
    name="mentalalign-70k",
    title="MentalAlign-70k",
    version="1.1.0",
    earlier=("1.0.0",),
    tables={
        "default": "one row per score (the same table as `ratings`)",
        "ratings": "one row per score: conversation, system, rater, attribute",
        "responses": "one row per rated response: five raters' seven scores side by side",
        "judgments": "one row per judge and response: the judge's words and how they were read",
    },
    n_conversations=1_000,
)
DATASETS: Final[dict[str, DatasetSpec]] = {
    spec.name: spec for spec in (MENTALBENCH_100K, MENTALALIGN_70K)
}
