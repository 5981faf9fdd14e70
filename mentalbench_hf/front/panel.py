"""Replies that several experts rated: is the judge as good as one more expert?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mentalbench_hf.front.loading import only
from mentalbench_hf.report.panel_tables import PanelTables

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.core.alternative_annotator import Closeness


def panel(
    ratings: RatedTargets,
    experts: Sequence[str],
    judges: str | Sequence[str] | None = None,
    *,
    names: str | Sequence[str] | None = None,
    closeness: Closeness = "rmse",
    epsilon: float = 0.2,
    min_items: int = 30,
    min_experts: int = 2,
    thresholds: Sequence[float] | None = None,
    n_resamples: int = 2_000,
    seed: int = 0,
    progress: Callable[[str], None] = lambda step: None,
) -> PanelTables:
    """Compare judges with experts as the experts compare with each other.

    Args:
        ratings: from :func:`read_ratings`, with every expert and judge as a rater.
        experts: the raters that are experts.
        judges: the raters that are judges, by default all others; empty for the experts alone.
        names: attributes and axes, by default all.
        closeness: of the alternative annotator test: "rmse" for ordered ratings, "accuracy" for
            categories.
        epsilon: how far a judge may fall behind in it, 0 to 1.
        min_items: an expert with fewer items is not tested.
        min_experts: an item that fewer experts rated is not used.
        thresholds: ratings at most this high are low; 3 and 2 on a 1 to 5 scale, else needed.
        n_resamples: bootstrap replicates of whole clusters.
        seed: of the bootstrap.
        progress: called with what is computed next.

    Returns:
        The report: ``verdicts`` in sentences, ``to_frame(part)``, ``plot()``, ``save(DIR)``, and
        what could not be computed with the reason in ``record()["not_computed"]``.

    Raises:
        StatisticsError: no expert, or a rater that is expert and judge.
        DataError: an unknown rater or attribute.

    Example:
        >>> import pandas as pd
        >>> import mentalbench_hf as mb
        >>> good = [1, 2, 3, 4, 5] * 10
        >>> frame = pd.DataFrame({"target": range(50), "A": good, "B": good, "J": good})
        >>> own = mb.read_ratings(frame, "A", rater_columns=["B", "J"])
        >>> found = mb.panel(own, ["A", "B"], "J", n_resamples=100)
        >>> found.to_frame()["verdict"].tolist()
        ['as good as another expert']
    """
    from mentalbench_hf.reliability.panel.report import PanelSettings, panel_report

    settings = PanelSettings(
        closeness=closeness,
        epsilon=epsilon,
        min_items=min_items,
        min_experts=min_experts,
        thresholds=None if thresholds is None else tuple(thresholds),
        n_resamples=n_resamples,
        seed=seed,
    )
    return PanelTables(
        panel_report(
            ratings, experts, only(judges), names=only(names), settings=settings, progress=progress
        )
    )
