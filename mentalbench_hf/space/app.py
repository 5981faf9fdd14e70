"""The page: banner, content warning, six tabs, and what holds them together."""

from __future__ import annotations

import os

# No request may leave the machine on a reader's behalf; gradio reads these when it is imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import gradio as gr
from starlette.middleware import Middleware

from mentalbench_hf.space import compare_tab, judge_tab, rate_tab, reliability_tab
from mentalbench_hf.space.about import BANNER, GATE, TAGLINE, TITLE, about
from mentalbench_hf.space.certified import read_certificates
from mentalbench_hf.space.components import FAST, html
from mentalbench_hf.space.finder import Finder
from mentalbench_hf.space.judging import JudgeDesk
from mentalbench_hf.space.options import SpaceOptions
from mentalbench_hf.space.preview import Preview
from mentalbench_hf.space.ratings_store import open_ratings
from mentalbench_hf.space.reliability_shown import Results
from mentalbench_hf.space.state import TABS, View, decode
from mentalbench_hf.space.store import Store
from mentalbench_hf.space.systems_tab import SystemsTab

_HERE: Final = Path(__file__).parent
_FONTS: Final = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
_MONO: Final = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]
#: Names what the browser keeps. It is no secret: there is nothing confidential in it.
_KEY: Final = "mentalbench-space"
_LABELS: Final = ("Compare", "Reliability", "Systems", "Rate", "Judge", "About")
_TITLES: Final = dict(zip(TABS, _LABELS, strict=True))


@dataclass(frozen=True)
class _Page:
    """The components that the events between the tabs need."""

    gate: Any
    accept: Any
    main: Any
    tabs: Any
    tab: dict[str, Any]
    kept: Any
    filled: Any
    wanted: Any
    compare: compare_tab.CompareTab
    reliability: reliability_tab.ReliabilityTab
    systems: SystemsTab
    rate: rate_tab.RateTab | None
    timer: Any


def build_app(
    store: Store, options: SpaceOptions | None = None, results: Results | None = None
) -> gr.Blocks:
    """Return the page for a store; launch it with :func:`launch_options`.

    Args:
        store: the data.
        options: what the operator chooses.
        results: the reliability of `store`, if it is computed already.

    Raises:
        DataError: the folder for ratings or for certificates cannot be used.
        RunError: a judge is not known.
    """
    options = options or SpaceOptions()
    finder, results = Finder(store), results or Results(store)
    desk, certificates = JudgeDesk(options), read_certificates(options.certified_dir)
    ratings = open_ratings(options.ratings_dir, options.ratings_repo)
    tab: dict[str, Any] = {}
    app: gr.Blocks = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True)
    with app:
        kept = gr.BrowserState({}, storage_key=_KEY, secret=_KEY)
        filled, wanted = gr.State(()), gr.State("")  # tabs filled; the level of the address
        html(f'<header class="mb-head"><h1>{TITLE}</h1><p>{TAGLINE}</p></header>')
        if store.synthetic:
            html(BANNER, "mb-banner")
        with gr.Column(elem_id="mb-gate") as gate:
            gr.Markdown(GATE)
            accept = gr.Button(
                "I understand, show the texts", variant="primary", elem_id="mb-accept"
            )
        with (
            gr.Column(visible=False) as main,
            gr.Tabs(elem_id="mb-tabs", overflow_behavior="wrap") as tabs,
        ):
            with gr.Tab(_TITLES["compare"], id="compare") as tab["compare"]:
                compare = compare_tab.build(finder)
            with gr.Tab(_TITLES["reliability"], id="reliability") as tab["reliability"]:
                reliability = reliability_tab.build(results)
            with gr.Tab(_TITLES["systems"], id="systems") as tab["systems"]:
                systems = SystemsTab(results)
            with gr.Tab(_TITLES["rate"], id="rate") as tab["rate"]:
                rate = rate_tab.build(store, ratings, kept)
            with gr.Tab(_TITLES["judge"], id="judge") as tab["judge"]:
                timer = judge_tab.build(desk, results, certificates)
            with gr.Tab(_TITLES["about"], id="about") as tab["about"]:
                gr.Markdown(about(store))
        page = _Page(
            gate, accept, main, tabs, tab, kept, filled, wanted, compare, reliability, systems,
            rate, timer,
        )  # fmt: skip
        _wire_opening(app, finder, page)
        _wire_tabs(page)
    return app


def _wire_opening(app: gr.Blocks, finder: Finder, page: _Page) -> None:
    """Open the view of the address, once the content warning was accepted."""
    store, compare = finder.store, page.compare
    opened = [
        page.gate, page.main, page.tabs, page.wanted, page.kept, page.reliability.level,
        *compare.filters, *compare.outputs,
    ]  # fmt: skip

    def open_view(view: View, memory: Any) -> list[Any]:
        session = rate_tab.session_of(memory)
        return [
            gr.update(visible=False),
            gr.update(visible=True),
            gr.update(selected=view.tab),
            view.level,
            {"accepted": True, "session": session},
            view.level,
            *compare_tab.filters_of(view),
            *compare_tab.show(finder, view),
        ]

    def load(memory: Any, request: gr.Request) -> list[Any]:
        if not (isinstance(memory, dict) and memory.get("accepted")):
            return [gr.skip()] * len(opened)
        return open_view(decode(dict(request.query_params), store), memory)

    def accepted(memory: Any, address: str) -> list[Any]:
        return open_view(decode(dict(parse_qsl(address.lstrip("?"))), store), memory)

    place = gr.Textbox(visible="hidden", label="Opened address", elem_id="mb-opened")
    app.load(load, [page.kept], opened, **FAST)
    page.accept.click(
        accepted, [page.kept, place], opened, js="(k, a) => [k, location.search]", **FAST
    )


def _wire_tabs(page: _Page) -> None:
    """Fill a tab when it is first opened, and name it in the address."""
    for name, tab in page.tab.items():
        tab.select(
            None, None, None, js=f"() => window.mentalbench.set('tab', '{name}', '{TABS[0]}')"
        )
        if page.timer is not None:
            tab.select(
                lambda name=name: gr.Timer(active=name == "judge"), None, [page.timer], **FAST
            )
    _fill(page.tab["reliability"].select, page, "reliability")
    _fill(page.tab["systems"].select, page, "systems")
    _fill(page.tab["rate"].select, page, "rate")


def _fill(listen: Any, page: _Page, name: str) -> None:
    """Fill a tab on an event, unless it is filled: what did not change is not sent again."""
    if name == "rate":
        if page.rate is None:
            return
        inputs, outputs, how = [page.kept], page.rate.outputs, FAST
        opened = page.rate.open

        def make(*given: Any) -> list[Any]:
            return opened(rate_tab.session_of(given[0]))
    elif name == "systems":
        inputs, outputs, how = [page.systems.name], [page.systems.board], FAST
        make = page.systems.fill
    else:
        inputs, outputs = page.reliability.controls, page.reliability.outputs
        how = {**FAST, "queue": True, "show_progress": "minimal", "concurrency_id": "figures",
               "concurrency_limit": 4}  # fmt: skip
        make = page.reliability.fill

    def fill(filled: tuple[str, ...], level: str, *given: Any) -> list[Any]:
        if name in filled:
            return [gr.skip()] * (len(outputs) + 1)
        if name == "reliability" and level:
            # A tab opened by its address is filled before its controls show the address's values.
            given = (level, *given[1:])
        return [(*filled, name), *make(*given)]

    listen(fill, [page.filled, page.wanted, *inputs], [page.filled, *outputs], **how)


def _theme() -> Any:
    """Return a theme with system fonts whose texts reach a contrast of 4.5 to 1."""
    subdued, dark = "#4b5563", "#b6c0cb"
    return gr.themes.Default(primary_hue="blue", font=_FONTS, font_mono=_MONO).set(
        body_text_color_subdued=subdued,
        body_text_color_subdued_dark=dark,
        block_info_text_color=subdued,
        block_info_text_color_dark=dark,
        block_label_text_color="#1f2937",
        block_label_text_color_dark="#e6edf3",
        block_title_text_color="#1f2937",
        block_title_text_color_dark="#e6edf3",
        input_placeholder_color="#5b6470",
        input_placeholder_color_dark="#9aa5b1",
        button_primary_background_fill="#0b4f9e",
        button_primary_background_fill_hover="#083c79",
        button_primary_background_fill_dark="#0b4f9e",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
    )


def launch_options() -> dict[str, Any]:
    """Return what ``Blocks.launch`` must be given: style, behaviour, nothing that calls out."""
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    return {
        "theme": _theme(),
        "css": (_HERE / "style.css").read_text(encoding="utf-8"),
        "head": f"<script>{script}</script>",
        "app_kwargs": {"middleware": [Middleware(Preview, TITLE, TAGLINE)]},
        "share": False,
        "ssr_mode": False,
        "enable_monitoring": False,
        "footer_links": [],
        "quiet": True,
    }
