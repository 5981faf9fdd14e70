"""The long form that every export becomes: one row per rating."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.data.ratings_file import Columns
from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

#: The columns of a long form; cluster and system stand there when the file tells them.
NAMES: Final = ("target", "cluster", "system", "attribute", "rater", "rating")
#: Where a file that tells clusters or systems does not tell one.
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Telling:
    """What the user tells about a file that does not tell it.

    Attributes:
        rater: name of the rater of ratings that name none.
        levels: word -> number, for ratings in words.
    """

    rater: str | None = None
    levels: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Export:
    """Ratings of an export.

    Attributes:
        tool: the tool that wrote it.
        frame: columns of NAMES, one row per rating, NaN where missing; rows count from 1.
        lacks: sentences on what the file does not hold, or what was left out.
    """

    tool: str
    frame: pd.DataFrame
    lacks: tuple[str, ...]

    @property
    def columns(self) -> Columns:
        """Which column holds what."""
        known = set(self.frame.columns)
        return Columns(
            cluster="cluster" if "cluster" in known else None,
            system="system" if "system" in known else None,
            attribute="attribute",
        )


@dataclass
class Rows:
    """Ratings as they are met in a file.

    Attributes:
        tool: the tool that wrote the file.
        telling: what the user tells.
        words: further words with a number, by the tool's own convention.
    """

    tool: str
    telling: Telling
    words: Mapping[str, float] = field(default_factory=dict)
    _rows: list[tuple[Any, ...]] = field(default_factory=list)
    _unread: dict[str, int] = field(default_factory=dict)
    _unnamed: int = 0

    def add(
        self,
        target: object,
        attribute: object,
        rater: object,
        value: object,
        *,
        cluster: object = None,
        system: object = None,
    ) -> None:
        """Add a rating; an empty value is a missing one, a word without a number is left out."""
        number = self._number(value)
        if number is None:
            word = str(value)[:40]
            self._unread[word] = self._unread.get(word, 0) + 1
            return
        if rater in (None, ""):
            self._unnamed += 1
            rater = self.telling.rater or self.tool
        known = (None if v in (None, "") else str(v) for v in (cluster, system))
        self._rows.append((str(target), *known, str(attribute), str(rater), number))

    def export(self, *lacks: str) -> Export:
        """Return what was met.

        Raises:
            DataError: no rating was.
        """
        import pandas as pd

        said = list(lacks)
        if self._unnamed and self.telling.rater is None:
            said.append(
                f"{self._unnamed} ratings name no rater; they are called {self.tool!r}: say who "
                "it was with rater_name="
            )
        if self._unread:
            words = ", ".join(repr(w) for w in list(self._unread)[:5])
            said.append(
                f"{sum(self._unread.values())} ratings are no numbers and were left out ({words}): "
                "say what they count with levels= word=number,…"
            )
        if not self._rows:
            raise DataError(f"the file of {self.tool} holds no rating" + "".join(
                f"; {s}" for s in said))  # fmt: skip
        frame = pd.DataFrame(self._rows, columns=list(NAMES), index=range(1, len(self._rows) + 1))
        for name, filler in (("cluster", frame["target"]), ("system", UNKNOWN)):
            if frame[name].isna().all():
                frame = frame.drop(columns=name)
                said.append(f"the file does not say {_WHAT[name]}")
            else:
                frame[name] = frame[name].fillna(filler)
        return Export(self.tool, frame, tuple(said))

    def _number(self, value: object) -> float | None:
        if value is None or value == "":
            return math.nan
        for words in (self.telling.levels, self.words):
            if str(value) in words:
                return float(words[str(value)])
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None
        return number if math.isfinite(number) else math.nan


_WHAT: Final = {
    "cluster": "which replies belong to one conversation",
    "system": "which system wrote what",
}
