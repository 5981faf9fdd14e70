"""Reliability of the data shown: computed once for all readers, drawn by the report's figures."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.reliability import Reliability, reliability, settings_of
from mentalbench_hf.reliability.trust.leaderboard import Leaderboard, leaderboard
from mentalbench_hf.reliability.trust.sentences import Trust, trust_all
from mentalbench_hf.reliability.trust.unsafe import FIRST, THRESHOLDS, UnsafeCard, unsafe_cards
from mentalbench_hf.reliability.verdict import FITTING_COLUMN
from mentalbench_hf.report.figures import (
    forest,
    icc_heatmap,
    released_against_audited,
    unsafe_bars,
)
from mentalbench_hf.report.reliability import reliability_table
from mentalbench_hf.report.result_table import ResultTable
from mentalbench_hf.space.store import Store

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LEVELS: Final = ("system", "response")
_DPI: Final = 120


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure.

    Attributes:
        png: the image.
        axes: where its axes stand: left, top, right, bottom, as shares of width and height.
    """

    png: bytes
    axes: tuple[float, float, float, float]

    @property
    def address(self) -> str:
        """The image as a data address."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


class Results:
    """Tables and figures of one store, made when first asked for and then kept."""

    def __init__(self, store: Store) -> None:
        """Prepare for `store`; nothing is computed yet."""
        self.store = store
        self._made: dict[Hashable, Any] = {}
        # One computation at a time: two readers who ask at once wait for one result.
        self._lock = RLock()

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]

    def warm(self) -> None:
        """Compute what the tab shows first, for both levels."""
        for level in LEVELS:
            self.heatmap(level)
            self.audit_effect(level, self.judges[0])
        self.sentences(self.judges[0], FIRST)
        self.unsafe_figure(FIRST)

    @property
    def judges(self) -> tuple[str, ...]:
        """The judges, in order."""
        return self.store.roster.judge_ids

    def rows(self, level: str, data: str = "audited") -> list[Reliability]:
        """Return the reliability rows at a level, with intervals."""
        settings = settings_of("response" if level == "response" else "system")
        found: list[Reliability] = self._once(
            ("rows", level, data),
            lambda: reliability(self.store.ratings.targets(data), settings),
        )
        return found

    def table(self, level: str) -> ResultTable[Reliability]:
        """Return the rows with their settings, as the report prints them."""
        settings = settings_of("response" if level == "response" else "system")
        return reliability_table(self.rows(level), settings, synthetic=self.store.synthetic)

    def sentences(self, judge: str, name: str) -> Trust:
        """Return the verdict sentences of a judge on an attribute or axis."""
        found: list[Trust] = self._once(
            "sentences", lambda: trust_all(self.rows("system"), self.rows("response"))
        )
        return next(t for t in found if (t.judge, t.attribute) == (judge, name))

    def unsafe(self, attribute: str) -> list[UnsafeCard]:
        """Return the unsafe-reply cards of an attribute, all judges and thresholds."""
        found: list[UnsafeCard] = self._once(
            ("unsafe", attribute),
            lambda: unsafe_cards(self.store.ratings.targets(), names=[attribute]),
        )
        return found

    def leaderboard(self, name: str) -> Leaderboard:
        """Return the systems by the experts' ratings on an attribute or axis."""
        found: Leaderboard = self._once(
            ("leaderboard", name), lambda: leaderboard(self.store.ratings.targets(), name=name)
        )
        return found

    def heatmap(self, level: str) -> Picture:
        """Draw the ICC of every judge and attribute at a level."""
        return self._draw(
            ("heatmap", level), lambda: icc_heatmap(_frame(self.rows(level)), FITTING_COLUMN[level])
        )

    def intervals(self, level: str, name: str) -> Picture:
        """Draw the intervals of all judges on one attribute or axis."""
        rows = [r for r in self.rows(level) if r.attribute == name]
        return self._draw(
            ("intervals", level, name), lambda: forest(_frame(rows), FITTING_COLUMN[level])
        )

    def unsafe_figure(self, attribute: str, threshold: float = THRESHOLDS[0]) -> Picture:
        """Draw how many low-rated replies each judge caught and missed."""
        cards = [c for c in self.unsafe(attribute) if c.threshold == threshold]
        return self._draw(
            ("unsafe", attribute, threshold, "figure"),
            lambda: unsafe_bars(_frame(cards, with_missed=False)),
        )

    def audit_effect(self, level: str, judge: str) -> Picture | None:
        """Draw released against audited for a judge; None without the released values."""
        if not self.store.released:
            return None

        def draw() -> Axes:
            both = [*self.rows(level, "released"), *self.rows(level)]
            return released_against_audited(
                _frame([r for r in both if r.judge == judge]), FITTING_COLUMN[level]
            )

        return self._draw(("audit", level, judge), draw)

    def _draw(self, key: Hashable, draw: Callable[[], Axes]) -> Picture:
        found: Picture = self._once(("figure", key), lambda: _picture(draw()))
        return found


def _frame(rows: list[Any], **how: Any) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([row.record(**how) for row in rows])


def _picture(ax: Axes) -> Picture:
    figure: Any = ax.figure
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    box = ax.get_position()
    return Picture(buffer.getvalue(), (box.x0, 1 - box.y1, box.x1, 1 - box.y0))
