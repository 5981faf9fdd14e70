"""Interface parts that every tab uses in the same way."""

from __future__ import annotations

from typing import Any, Final

import gradio as gr

#: Events that need no queue answer at once. No endpoint is offered to other programs.
FAST: Final[dict[str, Any]] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}


def html(value: str = "", elem_id: str | None = None, *, script: str | None = None) -> Any:
    """Return a component for HTML of our own making: it is not sanitised, so all texts in it must
    have gone through `mentalbench_hf.space.text`."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=script, apply_default_css=False)
