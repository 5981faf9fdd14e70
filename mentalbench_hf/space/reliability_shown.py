"""Reliability of the data shown: computed once for all readers, drawn by the report's figures."""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import product
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability import Reliability, reliability, settings_of
from mentalbench_hf.reliability.by_expert import ExpertReliability, reliability_by_expert
from mentalbench_hf.reliability.experts import ALL
from mentalbench_hf.reliability.trust.ceiling import Ceiling, JudgeCeiling, ceiling
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
from mentalbench_hf.space.expert_styles import expert_label
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
        # One computation of each kind at a time: two readers who ask for the same at once wait for
        # one result, and nobody waits for what somebody else asked.
        self._locks: defaultdict[Hashable, RLock] = defaultdict(RLock)
        self._lock = RLock()

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key in self._made:
            return self._made[key]
        with self._lock:
            lock = self._locks[key]
        with lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]

    def warm(self) -> None:
        """Compute what the tab shows first, for both levels; then the rest that takes seconds."""
        for level in LEVELS:
            self.heatmap(level)
            self.audit_effect(level, self.judges[0])
        self.sentences(self.judges[0], FIRST)
        self.unsafe_figure(FIRST)
        self.ceiling()
        for level, judge in product(LEVELS, self.judges):
            self.by_expert(level, judge)

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

    @property
    def n_experts(self) -> int:
        """How many styles of expert the data tell apart; 0 where they do not say."""
        return len(self.store.styles)

    def ceiling(self) -> Ceiling | None:
        """Return the experts' agreement with each other and the judges' beside it.

        None where fewer than two experts can be compared.
        """

        def make() -> Ceiling | None:
            try:
                return ceiling(self.store.ratings.targets())
            except StatisticsError:
                return None

        found: Ceiling | None = self._once("ceiling", make)
        return found

    def beside(self, judge: str, name: str) -> JudgeCeiling | None:
        """Return a judge beside another expert on an attribute or axis; None where not known."""
        found = self.ceiling()
        rows = found.judges if found else ()
        wanted = (judge, name, "icc_c1")
        return next((r for r in rows if (r.judge, r.attribute, r.statistic) == wanted), None)

    def by_expert(self, level: str, judge: str) -> list[ExpertReliability]:
        """Return a judge's rows at a level expert by expert; empty with fewer than two experts."""
        if self.n_experts < 2:
            return []
        settings = settings_of("response" if level == "response" else "system")
        found: list[ExpertReliability] = self._once(
            ("experts", level, judge),
            lambda: reliability_by_expert(
                # The shuffles are behind a p-value that is not shown here.
                self.store.ratings.targets(), settings, judges=[judge], n_shuffles=0,
            ),
        )  # fmt: skip
        return found

    def experts_figure(self, level: str, judge: str, name: str) -> Picture:
        """Draw a judge's intervals on one attribute or axis, expert by expert."""
        rows = [r for r in self.by_expert(level, judge) if r.attribute == name]
        # The forest has a line for each attribute; here each expert takes one.
        frame = _frame([r for r in rows if r.expert != ALL])
        frame["attribute"] = [expert_label(str(e)) for e in frame["expert"]]
        return self._draw(
            ("experts", level, judge, name), lambda: forest(frame, FITTING_COLUMN[level])
        )

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
