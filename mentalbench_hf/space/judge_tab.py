"""The tab Judge: seven ratings of a pasted response, each beside what is certified of the judge."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import AsyncIterator
from html import escape
from typing import Any, Final

import gradio as gr
from gradio.utils import get_space

from mentalbench_hf.errors import MentalBenchError
from mentalbench_hf.reliability import Reliability
from mentalbench_hf.schema import ATTRIBUTES, STATUS_MEANING
from mentalbench_hf.schema.models import ModelEntry, Via
from mentalbench_hf.space.certified import certified_rows
from mentalbench_hf.space.components import html
from mentalbench_hf.space.judging import MAX_CHARACTERS, Judged, JudgeDesk
from mentalbench_hf.space.reliability_html import summary
from mentalbench_hf.space.reliability_shown import Results
from mentalbench_hf.space.text import block, inline

_NONE: Final = (
    "No judge is set up on this page, so it cannot rate a reply of yours. The tab Compare shows "
    "how judges rated the replies here, and Reliability how far they may be trusted."
)
_PRIVACY: Final = (
    "What you paste is sent to the judge you choose and is not stored here. Paste nothing that "
    "could identify a person."
)
_LINE_EVERY: Final = 3.0


def on_space() -> bool:
    """Tell whether this server runs as a Hugging Face Space."""
    return get_space() is not None


def has_login() -> bool:
    """Tell whether users can log in with their own account: on a Space with OAuth switched on.

    Needs ``gradio[oauth]``, which `space/requirements.txt` asks for.
    """
    on = on_space() and "OAUTH_CLIENT_ID" in os.environ
    return on and importlib.util.find_spec("authlib") is not None


def build(desk: JudgeDesk, results: Results, certificates: dict[str, list[Reliability]]) -> Any:
    """Create the tab inside the current Blocks.

    Returns:
        The timer that keeps the length of the queue up to date, to be switched on while the tab
        is open; None when there is no judge.
    """
    if not desk.judges:
        html(f'<p class="mb-empty">{_NONE}</p>')
        return None
    html(f'<p class="mb-note">{_PRIVACY}</p>')
    if has_login():
        gr.LoginButton()
    names = list(desk.judges)
    chosen = gr.Dropdown(names, value=names[0], label="Judge", elem_id="mb-judge-name")
    context = gr.Textbox(
        label="What the person wrote (may be empty)", lines=4, max_lines=12,
        max_length=MAX_CHARACTERS + 1, elem_id="mb-judge-context",
    )  # fmt: skip
    response = gr.Textbox(
        label="The response to rate", lines=4, max_lines=12, max_length=MAX_CHARACTERS + 1,
        elem_id="mb-judge-response",
    )  # fmt: skip
    with gr.Row():
        ask = gr.Button("Rate it", variant="primary", elem_id="mb-judge-ask")
        line = html(_line(0), "mb-judge-line")
    out = html(elem_id="mb-judge-out")

    async def judged(
        name: str, given: str, reply: str, user: str, token: str | None
    ) -> AsyncIterator[tuple[str, str]]:
        try:
            desk.check(name, given or "", reply or "")
            left = desk.limit.take(user)
            async with desk.line.place() as turn:
                async for ahead in turn:
                    yield _line(len(desk.line)), _waiting(ahead)
                yield _line(len(desk.line)), '<p role="status">The judge is reading …</p>'
                done = await desk.rate(name, given or "", reply, token)
            rows = certified_rows(desk.judges[name], results, certificates)
            yield _line(len(desk.line)), _result(name, done, rows, left)
        except MentalBenchError as error:
            yield _line(len(desk.line)), _error(error, desk.judges.get(name))

    async def with_login(
        name: str, given: str, reply: str, request: gr.Request,
        token: gr.OAuthToken | None, profile: gr.OAuthProfile | None,
    ) -> AsyncIterator[tuple[str, str]]:  # fmt: skip
        user = profile.username if profile else _address(request)
        async for parts in judged(name, given, reply, user, token.token if token else None):
            yield parts

    async def without_login(
        name: str, given: str, reply: str, request: gr.Request
    ) -> AsyncIterator[tuple[str, str]]:
        async for parts in judged(name, given, reply, _address(request), None):
            yield parts

    # Any number may stand in the line; the line itself lets one through at a time.
    ask.click(
        with_login if has_login() else without_login, [chosen, context, response], [line, out],
        concurrency_limit=None, show_progress="hidden", api_visibility="private",
    )  # fmt: skip
    timer = gr.Timer(_LINE_EVERY, active=False)
    timer.tick(
        lambda: _line(len(desk.line)), None, [line],
        queue=False, show_progress="hidden", api_visibility="private",
    )  # fmt: skip
    return timer


def _address(request: gr.Request) -> str:
    """Return what tells users apart who are not logged in; it stays in memory for an hour."""
    forwarded = request.headers.get("x-forwarded-for", "") if on_space() else ""
    host = request.client.host if request.client else ""
    # The last entry is the one that the Space's own proxy added.
    return forwarded.split(",")[-1].strip() or host


def _line(length: int) -> str:
    return f'<p class="mb-line" role="status">In the queue now: {length}</p>'


def _waiting(ahead: int) -> str:
    return f'<p role="status">You are in the queue; ahead of you: {ahead}.</p>'


def _error(error: MentalBenchError, entry: ModelEntry | None) -> str:
    hint = ""
    if entry is not None and entry.via is Via.HUB and has_login():
        hint = " Log in with your own account to use this judge."
    return f'<p class="mb-note" role="alert">{inline(str(error))}{hint}</p>'


def _result(name: str, done: Judged, rows: dict[str, Reliability], left: int) -> str:
    judgment = done.judgment
    lines = []
    for attribute in ATTRIBUTES:
        rating, status = judgment.ratings[attribute], judgment.statuses[attribute]
        shown = f"<strong>{rating}</strong>" if rating is not None else "–"
        if rating is None:
            shown += f' <span class="mb-none">{escape(STATUS_MEANING[status])}</span>'
        row = rows.get(attribute)
        known = escape(summary(row)) if row else "none: not certified against human experts"
        lines.append(f'<tr><th scope="row">{attribute}</th><td>{shown}</td><td>{known}</td></tr>')
    told = block(judgment.explanation, "Explanation") if judgment.explanation else (
        '<p class="mb-empty">The judge gave no explanation.</p>'
    )  # fmt: skip
    if all(value is None for value in judgment.ratings.values()):
        told = '<p class="mb-note">The judge gave no usable rating.</p>' + told
    return (
        f'<section class="mb-page" role="status" aria-label="Judgment"><h2>{inline(name)}</h2>'
        '<div class="mb-scroll" tabindex="0" role="region" aria-label="Ratings">'
        '<table class="mb-scores"><thead><tr><th scope="col">Attribute</th><th scope="col">Rating'
        '</th><th scope="col">Certified reliability of this judge on single replies</th></tr>'
        f"</thead><tbody>{''.join(lines)}</tbody></table></div><h3>Explanation</h3>{told}"
        f'<p class="mb-words">Answered by {inline(done.model or name)} in {done.seconds:.1f} s; '
        f"prompt {escape(done.prompt)}. Judgments left this hour: {left}.</p></section>"
    )
