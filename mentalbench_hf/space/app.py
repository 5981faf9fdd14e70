"""The page: banner, content warning, five tabs, and what holds them together."""

from __future__ import annotations

import os

# No request may leave the machine on a reader's behalf; gradio reads these when it is imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mentalbench_hf.space import compare_tab, reliability_tab
from mentalbench_hf.space.about import BANNER, GATE, TAGLINE, TITLE, about
from mentalbench_hf.space.compare import Finder
from mentalbench_hf.space.options import SpaceOptions
from mentalbench_hf.space.results import Results
from mentalbench_hf.space.state import TABS, View, decode, encode
from mentalbench_hf.space.store import Store

_HERE: Final = Path(__file__).parent
_FONTS: Final = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
_MONO: Final = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]
#: Names what the browser keeps. It is no secret: there is nothing confidential in it.
_KEY: Final = "mentalbench-space"


def build_app(store: Store, options: SpaceOptions | None = None) -> gr.Blocks:
    """Return the page for a store; launch it with :func:`launch_options`."""
    options = options or SpaceOptions()
    finder = Finder(store)
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as app:
        kept = gr.BrowserState({}, storage_key=_KEY, secret=_KEY)
        gr.HTML(
            f'<header class="mb-head"><h1>{TITLE}</h1><p>{TAGLINE}</p></header>', js_on_load=None
        )
        if store.synthetic:
            gr.HTML(BANNER, js_on_load=None, elem_id="mb-banner")
        with gr.Column(elem_id="mb-gate") as gate:
            gr.Markdown(GATE)
            accept = gr.Button(
                "I understand, show the texts", variant="primary", elem_id="mb-accept"
            )
        with gr.Column(visible=False) as main, gr.Tabs(elem_id="mb-tabs") as tabs:
            with gr.Tab("Compare", id="compare"):
                compare = compare_tab.build(finder)
            with gr.Tab("About", id="about"):
                gr.Markdown(about(store))
        _wire(app, finder, gate, main, tabs, accept, kept, compare)
    return app


def _wire(
    app: gr.Blocks,
    finder: Finder,
    gate: Any,
    main: Any,
    tabs: Any,
    accept: Any,
    kept: Any,
    compare: compare_tab.CompareTab,
) -> None:
    """Open the view of the address, once the content warning was accepted."""
    store = finder.store
    fast: dict[str, Any] = {
        "queue": False, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    opened = [gate, main, tabs, *compare.filters, *compare.outputs]

    def open_view(view: View) -> list[Any]:
        return [
            gr.update(visible=False),
            gr.update(visible=True),
            gr.update(selected=view.tab),
            *compare_tab.filters_of(view),
            *compare_tab.show(finder, view),
        ]

    def load(memory: dict[str, Any], request: gr.Request) -> list[Any]:
        if not (memory or {}).get("accepted"):
            return [gr.skip()] * len(opened)
        return open_view(decode(dict(request.query_params), store))

    def accepted(memory: dict[str, Any], address: str) -> list[Any]:
        from urllib.parse import parse_qsl

        view = decode(dict(parse_qsl(address.lstrip("?"))), store)
        return [{**(memory or {}), "accepted": True}, *open_view(view)]

    app.load(load, [kept], opened, **fast)
    place = gr.Textbox(visible="hidden", label="Opened address", elem_id="mb-opened")
    accept.click(
        accepted, [kept, place], [kept, *opened], js="(k, a) => [k, location.search]", **fast
    )


def launch_options() -> dict[str, Any]:
    """Return what ``Blocks.launch`` must be given: style, behaviour, nothing that calls out."""
    theme = gr.themes.Default(font=_FONTS, font_mono=_MONO)
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    return {
        "theme": theme,
        "css": (_HERE / "style.css").read_text(encoding="utf-8"),
        "head": f"<script>{script}</script>",
        "share": False,
        "ssr_mode": False,
        "enable_monitoring": False,
        "footer_links": [],
        "quiet": True,
    }
