"""The figures of a report, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from mentalbench_hf.reliability.verdict import FITTING_COLUMN
from mentalbench_hf.report import figures
from mentalbench_hf.report.findings import Results

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Longer names leave no room for the data.
_LONGEST: Final = 32
#: (name, what a reader who does not see it should know)
Drawn = tuple[str, str, "Figure"]


def draw(results: Results, tables: dict[str, pd.DataFrame]) -> Iterator[Drawn]:
    """Yield the figures with their names and a text for readers who do not see them."""
    shown = figure_names(_names(results))
    tables = {name: _renamed(frame, shown) for name, frame in tables.items()}
    first = results.unsafe[0].attribute
    yield from _unsafe(tables["unsafe"], first)
    for board in results.boards[:1]:
        places = "; ".join(f"{r.rank}: {r.system}, {r.mean:.2f}" for r in board.rows)
        text = f"Systems by mean {board.name}, by the experts and by each judge. {places}."
        yield _drawn(f"systems_{board.name}", text, figures.system_means(board, names=shown))
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
        own = surface[(surface["judge"] == shown[judge]) & (surface["system"] == "")]
        by_level = own[own["human_level"].notna()]
        ax = figures.bias_heatmap(by_level)
        yield _drawn(f"bias_{judge}", f"Bias of {judge} by attribute and human level.", ax)
    yield from _bland_altman(results, shown)
    if results.experts is not None:
        yield from _experts(results, tables, shown)
    if results.moved is not None:
        ends = {results.moved.variants[0], results.moved.variants[-1]}
        rows = tables["sensitivity"]
        yield from _sensitivity(rows[rows["variant"].isin(ends)], results.targets.judges, shown)


def figure_names(names: Iterable[str]) -> dict[str, str]:
    """Return name -> what stands for it in figures: short, on one line, and nothing but text.

    Matplotlib reads dollars as mathematics and hides labels that begin with an underscore.
    Different names stay different.
    """
    made: dict[str, str] = {}
    for name in dict.fromkeys(names):
        text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
        if len(text) > _LONGEST:
            text = f"{text[: _LONGEST - 1]}…"
        text = text.replace("$", r"\$")
        if text.startswith("_"):
            text = f" {text}"
        same, number = text, 1
        while text in made.values():
            number += 1
            text = f"{same} ({number})"
        made[name] = text
    return made


def _names(results: Results) -> Iterator[str]:
    targets = results.targets
    yield from (*targets.raters, *targets.attributes, *targets.axes, *targets.system_names)


def _renamed(frame: pd.DataFrame, shown: dict[str, str]) -> pd.DataFrame:
    columns = [c for c in ("judge", "attribute", "system") if c in frame]
    return frame.assign(**{c: frame[c].map(lambda v: shown.get(v, v)) for c in columns})


def _drawn(name: str, text: str, ax: object) -> Drawn:
    return name, text, ax.figure  # type: ignore[attr-defined]


def _unsafe(cards: pd.DataFrame, first: str) -> Iterator[Drawn]:
    for threshold in dict.fromkeys(cards["threshold"]):
        chosen = cards[
            (cards["attribute"] == cards["attribute"].iloc[0]) & (cards["threshold"] == threshold)
        ]
        text = f"Replies rated {threshold:g} or lower on {first} that each judge caught or missed."
        yield _drawn(f"unsafe_{first}_{threshold:g}", text, figures.unsafe_bars(chosen))


def _experts(
    results: Results, tables: dict[str, pd.DataFrame], shown: dict[str, str]
) -> Iterator[Drawn]:
    if "ceiling_judges" in tables:
        rows = tables["ceiling_judges"]
        rows = rows[rows["statistic"] == "icc_c1"].assign(data=results.targets.data)
        text = "Agreement of each judge with an expert beside that of another expert."
        yield _drawn("ceiling", text, figures.judges_under_ceiling(rows))
    for level, value in FITTING_COLUMN.items():
        for judge in results.targets.judges if f"by_expert_{level}" in tables else ():
            rows = tables[f"by_expert_{level}"]
            ax = figures.expert_forest(rows[rows["judge"] == shown[judge]], value)
            text = f"ICCs of {judge} for each expert and combined, level {level}."
            yield _drawn(f"by_expert_{level}_{judge}", text, ax)


def _bland_altman(results: Results, shown: dict[str, str]) -> Iterator[Drawn]:
    import pandas as pd

    targets = results.targets
    name = results.unsafe[0].attribute
    for judge in targets.judges:
        frame = pd.DataFrame(targets.pair(judge, name), columns=["human", "judge"])
        ax = figures.bland_altman(frame.assign(data=targets.data), f"{shown[judge]}, {shown[name]}")
        text = f"Differences of {judge} and the human experts on {name} against their mean."
        yield _drawn(f"bland_altman_{judge}", text, ax)


def _sensitivity(
    rows: pd.DataFrame, judges: tuple[str, ...], names: dict[str, str]
) -> Iterator[Drawn]:
    shown = rows[rows["level"] == "response"]
    shown = shown.rename(columns={"variant": "data", "icc": "icc_a1"})
    for judge in judges:
        ax = figures.released_against_audited(shown[shown["judge"] == names[judge]], "icc_a1")
        text = f"How the audit moves the single-reply ICC(A,1) of {judge}."
        yield _drawn(f"audit_moves_{judge}", text, ax)
