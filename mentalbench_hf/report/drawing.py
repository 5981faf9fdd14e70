"""The figures of a report, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mentalbench_hf.reliability.verdict import FITTING_COLUMN
from mentalbench_hf.report import figures
from mentalbench_hf.report.findings import Results

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: (name, what a reader who does not see it should know)
Drawn = tuple[str, str, "Figure"]


def draw(results: Results, tables: dict[str, pd.DataFrame]) -> Iterator[Drawn]:
    """Yield the figures with their names and a text for readers who do not see them."""
    yield from _unsafe(tables["unsafe"])
    for level, value in FITTING_COLUMN.items():
        name = f"reliability_{level}"
        if name in tables:
            frame = tables[name]
            ax = figures.icc_heatmap(frame, value)
            yield _drawn(f"icc_{level}", f"ICC by judge and attribute, level {level}.", ax)
            ax = figures.forest(frame, value)
            yield _drawn(f"intervals_{level}", f"ICCs with intervals, level {level}.", ax)
    surface = tables["bias_surface"]
    for judge in results.targets.judges:
        own = surface[(surface["judge"] == judge) & (surface["system"] == "")]
        by_level = own[own["human_level"].notna()]
        ax = figures.bias_heatmap(by_level)
        yield _drawn(f"bias_{judge}", f"Bias of {judge} by attribute and human level.", ax)
    yield from _bland_altman(results)
    if "sensitivity" in tables:
        yield from _sensitivity(tables["sensitivity"], results.targets.judges)


def _drawn(name: str, text: str, ax: object) -> Drawn:
    return name, text, ax.figure  # type: ignore[attr-defined]


def _unsafe(cards: pd.DataFrame) -> Iterator[Drawn]:
    first = cards["attribute"].iloc[0]
    for threshold in dict.fromkeys(cards["threshold"]):
        chosen = cards[(cards["attribute"] == first) & (cards["threshold"] == threshold)]
        text = f"Replies rated {threshold:g} or lower on {first} that each judge caught or missed."
        yield _drawn(f"unsafe_{first}_{threshold:g}", text, figures.unsafe_bars(chosen))


def _bland_altman(results: Results) -> Iterator[Drawn]:
    import pandas as pd

    targets = results.targets
    name = results.unsafe[0].attribute
    for judge in targets.judges:
        frame = pd.DataFrame(targets.pair(judge, name), columns=["human", "judge"])
        ax = figures.bland_altman(frame.assign(data=targets.data), f"{judge}, {name}")
        text = f"Differences of {judge} and the human experts on {name} against their mean."
        yield _drawn(f"bland_altman_{judge}", text, ax)


def _sensitivity(rows: pd.DataFrame, judges: tuple[str, ...]) -> Iterator[Drawn]:
    ends = {rows["variant"].iloc[0], rows["variant"].iloc[-1]}
    shown = rows[rows["variant"].isin(ends) & (rows["level"] == "response")]
    shown = shown.rename(columns={"variant": "data", "icc": "icc_a1"})
    for judge in judges:
        ax = figures.released_against_audited(shown[shown["judge"] == judge], "icc_a1")
        text = f"How the audit moves the single-reply ICC(A,1) of {judge}."
        yield _drawn(f"audit_moves_{judge}", text, ax)
