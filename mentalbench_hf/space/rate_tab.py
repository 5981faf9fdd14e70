"""The tab Rate: one response at a time, its writer hidden, every rating saved as it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

import gradio as gr

from mentalbench_hf.reliability import Reliability
from mentalbench_hf.report.markdown import number
from mentalbench_hf.report.reliability import interval
from mentalbench_hf.schema import ATTRIBUTES, SCALE
from mentalbench_hf.schema.rubric import Criterion, load_rubric
from mentalbench_hf.space.components import FAST, html
from mentalbench_hf.space.rating_queue import RatingQueue, agreement, n_complete
from mentalbench_hf.space.ratings_store import (
    RatingsStore,
    ReaderRating,
    is_session,
    new_session,
)
from mentalbench_hf.space.store import Store
from mentalbench_hf.space.text import block

_NO_TEXTS: Final = (
    "The texts of the responses are not available here, so there is nothing to rate. Install "
    "MentalBench-100k, or start the page with --source sample."
)


@dataclass(frozen=True)
class RateTab:
    """The components other parts of the page need.

    Attributes:
        outputs: what `open` returns values for.
        open: session -> everything the tab shows.
    """

    outputs: list[Any]
    open: Callable[[str], list[Any]]


def session_of(memory: object) -> str:
    """Return the reader's session from what the browser kept, or a new one."""
    kept = memory.get("session") if isinstance(memory, dict) else None
    return str(kept) if is_session(kept) else new_session()


def build(store: Store, ratings: RatingsStore, kept: Any) -> RateTab | None:
    """Create the tab inside the current Blocks; None when there is nothing to rate.

    Args:
        store: the data.
        ratings: where ratings go.
        kept: the BrowserState with the reader's session.
    """
    queue = RatingQueue(store)
    if not len(queue):
        html(f'<p class="mb-empty">{_NO_TEXTS}</p>')
        return None
    rubric = load_rubric()
    place = gr.State(0)
    with gr.Row(elem_classes="mb-bar"):
        back = gr.Button("← Back", elem_id="mb-rate-back", size="sm", min_width=90)
        skip = gr.Button("Next response →", elem_id="mb-rate-next", size="sm", min_width=110)
        resume = gr.Button("Next unrated", elem_id="mb-rate-resume", size="sm", min_width=110)
    with gr.Row(elem_classes="mb-rate"):
        with gr.Column(scale=3, min_width=320):
            text = html(elem_id="mb-rate-text")
        with gr.Column(scale=2, min_width=300):
            progress = html(elem_id="mb-rate-progress")
            radios = []
            for criterion in rubric.criteria:
                radios.append(
                    gr.Radio(
                        list(SCALE),
                        label=criterion.name,
                        info=criterion.question or None,
                        elem_id=f"mb-rate-{criterion.name}",
                        elem_classes="mb-radio",
                    )
                )
                html(_criterion_html(criterion))
            html(f'<p class="mb-words">Rubric {escape(rubric.version)}</p>')
    compute = gr.Button("Show my agreement", elem_id="mb-agreement-button")
    table = html(elem_id="mb-agreement")

    def open_at(session: str, index: int | None) -> list[Any]:
        order, rated = queue.order(session), ratings.ratings_of(session)
        here = queue.resume(order, rated) if index is None else index % len(order)
        key, system = order[here]
        own = rated.get((key, system), {})
        return [
            here,
            _texts(store, key, system, here, len(order)),
            *[own.get(name) for name in ATTRIBUTES],
            _progress(own, n_complete(rated)),
        ]

    outputs = [place, text, *radios, progress]

    def saver(attribute: str) -> Callable[[Any, Any, Any], Any]:
        def save(value: Any, index: Any, memory: Any) -> Any:
            session = memory.get("session") if isinstance(memory, dict) else None
            if not is_session(session) or value not in SCALE:
                return '<p role="alert">Not saved: reload the page.</p>'
            order = queue.order(str(session))
            key, system = order[int(index) % len(order)]
            rating = ReaderRating(
                at=datetime.now(UTC).isoformat(timespec="microseconds"),
                session=str(session), conversation=key, system=system, attribute=attribute,
                rating=int(value), rubric=rubric.version, synthetic=store.synthetic,
            )  # fmt: skip
            try:
                ratings.save(rating)
            except OSError as error:
                reason = escape(str(error.strerror))
                return f'<p role="alert">Not saved: the server cannot write ({reason}).</p>'
            rated = ratings.ratings_of(str(session))
            return _progress(rated.get((key, system), {}), n_complete(rated))

        return save

    for radio, attribute in zip(radios, ATTRIBUTES, strict=True):
        radio.input(
            saver(attribute), [radio, place, kept], [progress],
            trigger_mode="multiple", **FAST,
        )  # fmt: skip
    back.click(lambda i, m: open_at(session_of(m), i - 1), [place, kept], outputs, **FAST)
    skip.click(lambda i, m: open_at(session_of(m), i + 1), [place, kept], outputs, **FAST)
    resume.click(lambda m: open_at(session_of(m), None), [kept], outputs, **FAST)
    compute.click(
        lambda m: _agreement_html(store, agreement(store, ratings.ratings_of(session_of(m)))),
        [kept], [table], show_progress="minimal", api_visibility="private",
    )  # fmt: skip
    return RateTab(outputs, lambda session: open_at(session, None))


def _texts(store: Store, key: str, system: str, here: int, n: int) -> str:
    position = store.position(key) or 0
    response = store.response(position, system).text or ""
    return (
        f'<section class="mb-page" aria-label="Response to rate"><h2 class="mb-title">Response '
        f"{here + 1:,} of {n:,}</h2><h3>What the person wrote</h3>"
        f"{block(store.context(position), 'What the person wrote')}"
        f"<h3>The response</h3>{block(response, 'The response')}</section>"
    )


def _progress(own: dict[str, int], complete: int) -> str:
    done = len(own)
    state = "complete" if done == len(ATTRIBUTES) else f"{done} of {len(ATTRIBUTES)} saved"
    return (
        f'<p class="mb-saved" role="status">This response: {state}. '
        f"Responses you have completed: {complete:,}.</p>"
    )


def _criterion_html(criterion: Criterion) -> str:
    """Return what an attribute and each point of its scale mean, closed at first."""
    anchors = "".join(
        f"<li><strong>{point}</strong> {escape(text)}</li>"
        for point, text in zip(SCALE, criterion.anchors, strict=True)
    )
    return (
        f'<details class="mb-page mb-rubric"><summary>What {criterion.name} and its points mean'
        f'</summary><p>{escape(criterion.definition)}</p><ul class="mb-anchors">{anchors}</ul>'
        "</details>"
    )


def _agreement_html(store: Store, rows: list[Reliability]) -> str:
    if not rows:
        return '<p class="mb-empty" role="status">You have rated nothing yet.</p>'
    body = []
    for row in rows:
        rater = (
            store.label_of(row.judge)
            if row.judge == store.roster.reference
            else store.judge_label(row.judge)
        )
        if row.reason:
            values = f'<td colspan="2">too few ratings to say: {escape(row.reason)}</td>'
        else:
            icc = interval(row.icc_a1, row.icc_a1_low, row.icc_a1_high, 2)
            values = f"<td>{icc}</td><td>{number(row.bias, 2)}</td>"
        body.append(
            f'<tr><th scope="row">{escape(rater)}</th><td>{row.attribute}</td>'
            f"<td>{row.n_targets}</td>{values}</tr>"
        )
    return (
        '<section class="mb-page"><h2>How far they agree with you</h2><p>ICC(A,1) of single '
        "replies with 95% bootstrap intervals; bias is the other rater minus you, in rating "
        "points. Few replies give wide intervals.</p>"
        '<div class="mb-scroll" tabindex="0" role="region" aria-label="Your agreement">'
        '<table class="mb-scores"><thead><tr><th scope="col">Rater</th><th scope="col">Attribute'
        '</th><th scope="col">n</th><th scope="col">ICC(A,1)</th><th scope="col">Bias</th></tr>'
        f"</thead><tbody>{''.join(body)}</tbody></table></div></section>"
    )
