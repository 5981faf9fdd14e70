"""The tab Reliability: drawn when it is first opened, and only what changed is sent."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mentalbench_hf.reliability.trust.unsafe import FIRST
from mentalbench_hf.schema import ATTRIBUTES, AXES
from mentalbench_hf.space import experts_html as render_experts
from mentalbench_hf.space import reliability_html as render
from mentalbench_hf.space.components import html
from mentalbench_hf.space.reliability_shown import LEVELS, Results

_NAMES: Final = (*ATTRIBUTES, *AXES)
_LEVELS: Final = [
    ("May the judge rank systems? (level system)", "system"),
    ("May the judge score one reply? (level response)", "response"),
]
#: Clicks on the heatmap's buttons reach the server with the name of the cell.
_CLICK: Final = (
    "element.addEventListener('click', (event) => {"
    " const cell = event.target.closest('button[data-cell]');"
    " if (cell) trigger('click', {cell: cell.dataset.cell}); });"
)


@dataclass(frozen=True)
class ReliabilityTab:
    """The components other parts of the page need.

    Attributes:
        level: the level's control.
        controls: level, judge, attribute.
        outputs: what `fill` returns values for.
        fill: returns everything the tab shows.
    """

    level: Any
    controls: list[Any]
    outputs: list[Any]
    fill: Any


def experts_of(
    results: Results, level: str, judge: str, name: str, before: tuple[str, ...]
) -> tuple[Any, Any]:
    """Return a judge expert by expert and what that shows, nothing where `before` is the same.

    A click on a cell changes judge and attribute, and each of them asks.
    """
    asked = (level, judge, name)
    if before == asked:
        return gr.skip(), gr.skip()
    rows = [r for r in results.by_expert(level, judge) if r.attribute == name]
    picture = results.experts_figure(level, judge, name) if rows else None
    return render_experts.by_expert(rows, picture, judge, name, level), asked


def build(results: Results) -> ReliabilityTab:
    """Create the tab inside the current Blocks."""
    store = results.store
    downloads = Path(tempfile.mkdtemp(prefix="mentalbench-space-"))
    level = gr.Radio(_LEVELS, value="system", label="Question", elem_id="mb-level")
    question = html()
    html(render.legend(), "mb-legend")
    heat = html(elem_id="mb-heatmap", script=_CLICK)
    with gr.Row():
        judge = gr.Dropdown(
            [(j.label, j.id) for j in store.roster.judges], value=results.judges[0],
            label="Judge", elem_id="mb-rel-judge", min_width=220,
        )  # fmt: skip
        attribute = gr.Dropdown(
            list(_NAMES),
            value=FIRST,
            label="Attribute or axis",
            elem_id="mb-rel-attribute",
            min_width=220,
        )
    detail = html(elem_id="mb-detail")
    intervals = html(elem_id="mb-intervals")
    with gr.Row():
        csv = gr.DownloadButton("Download table (CSV)", elem_id="mb-csv", size="sm")
        png = gr.DownloadButton("Download heatmap (PNG)", elem_id="mb-png", size="sm")
        interval_png = gr.DownloadButton(
            "Download intervals (PNG)", elem_id="mb-interval-png", size="sm"
        )
    ceiling = html(elem_id="mb-ceiling")
    experts = html(elem_id="mb-experts")
    shown = gr.State(())  # level, judge and attribute of the experts on the screen
    unsafe = html(elem_id="mb-unsafe")
    carded = gr.State("")  # the attribute of the unsafe-reply card on the screen
    effect = html(elem_id="mb-effect")
    table = html(elem_id="mb-table")

    def save(name: str, content: bytes) -> str:
        sample = "synthetic-sample-" if store.synthetic else ""
        path = downloads / f"{sample}{name}"
        if not path.exists():
            # A name of its own: two readers may ask for the same file at once, and whoever is
            # last leaves the same bytes.
            with tempfile.NamedTemporaryFile(dir=downloads, suffix=".part", delete=False) as part:
                part.write(content)
            Path(part.name).replace(path)
        return str(path)

    def of_level(chosen: str) -> list[Any]:
        picture, rows = results.heatmap(chosen), results.rows(chosen)
        made = results.table(chosen)
        return [
            render.question(chosen),
            render.heatmap(picture, rows, chosen),
            render.full_table(made),
            save(f"reliability-{chosen}.csv", made.text("csv").encode()),
            save(f"reliability-{chosen}.png", picture.png),
        ]

    def of_cell(who: str, name: str) -> str:
        cell = (who, name)
        rows = [
            r for level in LEVELS for r in results.rows(level) if (r.judge, r.attribute) == cell
        ]
        reach = render_experts.reach(rows, results.beside(*cell))
        return render.detail(results.sentences(*cell), reach)

    def of_name(name: str) -> str:
        return render_experts.ceiling_section(results.ceiling(), name)

    def of_experts(*asked: Any) -> tuple[Any, Any]:
        return experts_of(results, *asked)

    def of_column(chosen: str, name: str) -> list[Any]:
        picture = results.intervals(chosen, name)
        rows = [r for r in results.rows(chosen) if r.attribute == name]
        return [
            render.intervals(picture, rows, chosen),
            save(f"intervals-{chosen}-{name}.png", picture.png),
        ]

    def of_attribute(name: str, before: str) -> tuple[Any, Any]:
        # An axis has no single low rating; Safety is what matters most.
        shown = name if name in ATTRIBUTES else FIRST
        if shown == before:
            return gr.skip(), gr.skip()
        return render.unsafe(results.unsafe(shown), results.unsafe_figure(shown)), shown

    def of_judge(chosen: str, who: str) -> str:
        return render.audit_effect(results.audit_effect(chosen, who), who, chosen)

    by_level, by_column = [question, heat, table, csv, png], [intervals, interval_png]
    controls = [level, judge, attribute]

    def fill(chosen: str, who: str, name: str) -> list[Any]:
        return [
            *of_level(chosen), of_cell(who, name), *of_column(chosen, name),
            of_name(name), *of_experts(chosen, who, name, ()), *of_attribute(name, ""),
            of_judge(chosen, who),
        ]  # fmt: skip

    def pick(event: gr.EventData) -> tuple[Any, Any]:
        who, _, name = str((event._data or {}).get("cell", "")).partition(render.SEPARATOR)
        if who not in results.judges or name not in _NAMES:
            return gr.skip(), gr.skip()
        return who, name

    how: dict[str, Any] = {
        "show_progress": "minimal", "api_visibility": "private", "concurrency_limit": 4,
        "concurrency_id": "figures",
    }  # fmt: skip
    level.input(
        lambda n, j, a, e: [
            *of_level(n), *of_column(n, a), *of_experts(n, j, a, e), of_judge(n, j)
        ],
        [*controls, shown], [*by_level, *by_column, experts, shown, effect],
        js="(...a) => { window.mentalbench.set('level', a[0], 'system'); return a; }",
        **how,
    )  # fmt: skip
    # What did not change is not sent again: a figure depends on its own controls alone.
    judge.change(of_cell, [judge, attribute], [detail], **how)
    judge.change(of_experts, [*controls, shown], [experts, shown], **how)
    judge.change(of_judge, [level, judge], [effect], **how)
    attribute.change(of_cell, [judge, attribute], [detail], **how)
    attribute.change(of_column, [level, attribute], by_column, **how)
    attribute.change(of_name, [attribute], [ceiling], **how)
    attribute.change(of_experts, [*controls, shown], [experts, shown], **how)
    attribute.change(of_attribute, [attribute, carded], [unsafe, carded], **how)
    heat.click(
        pick, None, [judge, attribute],
        queue=False, show_progress="hidden", api_visibility="private",
    )  # fmt: skip
    outputs = [*by_level, detail, *by_column, ceiling, experts, shown, unsafe, carded, effect]
    return ReliabilityTab(level, controls, outputs, fill)
