"""The tab Rate: one response at a time, its writer hidden, every rating saved as it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

import gradio as gr

from mentalbench_hf.schema import ATTRIBUTES, SCALE
from mentalbench_hf.schema.rubric import load_rubric
from mentalbench_hf.space import rate_html as render
from mentalbench_hf.space.components import FAST, html
from mentalbench_hf.space.rating_agreement import READER, agreement, readers_agreement
from mentalbench_hf.space.rating_queue import RatingQueue, n_complete
from mentalbench_hf.space.ratings_export import rater_name, ratings_csv
from mentalbench_hf.space.ratings_store import (
    LONGEST,
    Entry,
    Kind,
    RatingsStore,
    ReaderNote,
    ReaderRating,
    is_session,
    new_session,
)
from mentalbench_hf.space.store import Store

_NO_TEXTS: Final = (
    "There is nothing to rate here: this page shows scores, but not the replies themselves. All "
    "other tabs work."
)
_REASONS: Final = (
    "I cannot judge this", "I do not want to read this", "The text is broken or cut off",
    "The text is not in a language I know", "Other (see my comment)",
)  # fmt: skip
_HINT: Final = "Keys 1 to 5 rate the first attribute without a rating, or the one in focus."
_LOST: Final = "Not saved: reload the page."
#: Clicks on the list's buttons reach the server with the place of the response.
_OPEN: Final = (
    "element.addEventListener('click', (event) => {"
    " const open = event.target.closest('.mb-open');"
    " if (open) trigger('click', {place: open.dataset.place}); });"
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


class _Desk:
    """One reader's turn at a response: what is stored, and what is shown after it.

    Handlers get the place from the page, not from the server's memory: a rating that is made just
    before a turn belongs to the response that was on the screen.
    """

    def __init__(self, store: Store, ratings: RatingsStore, rubric: str) -> None:
        self.store, self.ratings, self.rubric = store, ratings, rubric
        self.queue = RatingQueue(store)

    def show(self, session: str, index: int | None) -> list[Any]:
        """Return the values of all outputs for a place in the order; None is the next unrated."""
        order, entries = self.queue.order(session), self.ratings.entries_of(session)
        here = self.queue.resume(order, entries) if index is None else index % len(order)
        entry = entries.get(order[here], Entry())
        return [
            here,
            render.texts(self.store, order[here], here, len(order)),
            *[entry.ratings.get(name) for name in ATTRIBUTES],
            entry.notes.get(Kind.COMMENT, ""),
            Kind.FLAG in entry.notes,
            entry.notes.get(Kind.SKIP),
            render.progress(entry, n_complete(entries)),
        ]

    def save(self, memory: Any, index: Any, **given: Any) -> str:
        """Store a rating (attribute, rating) or a note (kind, value); return what went wrong."""
        session = memory.get("session") if isinstance(memory, dict) else None
        if not is_session(session) or not isinstance(index, int | float):
            return _LOST
        order = self.queue.order(str(session))
        key, system = order[int(index) % len(order)]
        about = {
            "at": datetime.now(UTC).isoformat(timespec="microseconds"), "session": str(session),
            "conversation": key, "system": system, "synthetic": self.store.synthetic, **given,
        }  # fmt: skip
        try:
            if "kind" in given:
                self.ratings.save(ReaderNote(**about))
            else:
                self.ratings.save(ReaderRating(**about, rubric=self.rubric))
        except OSError as error:
            return f"Not saved: the server cannot write ({error.strerror})."
        return ""

    def save_comment(self, memory: Any, index: Any, comment: Any) -> str:
        """Store a comment, unless it is stored already; return what went wrong."""
        text = str(comment or "").strip()[:LONGEST]
        if self.entry(memory, index).notes.get(Kind.COMMENT, "") == text:
            return ""
        return self.save(memory, index, kind=Kind.COMMENT, value=text)

    def entry(self, memory: Any, index: Any) -> Entry:
        """Return what is stored of a place in the reader's order."""
        session = session_of(memory)
        order = self.queue.order(session)
        place = order[int(index or 0) % len(order)]
        return self.ratings.entries_of(session).get(place, Entry())

    def progress(self, memory: Any, index: Any, wrong: str) -> str:
        """Return the line on the progress, or what went wrong."""
        if wrong:
            return render.alert(wrong)
        entries = self.ratings.entries_of(session_of(memory))
        return render.progress(self.entry(memory, index), n_complete(entries))

    def agreement(self, session: str) -> str:
        """Return how far the others agree with a reader."""
        known = set(self.queue.places)
        readers = {READER: self.ratings.entries_of(session)}
        others = [s for s in self.ratings.sessions() if s != session]
        for i, other in enumerate(others, 2):
            readers[f"reader {i}"] = self.ratings.entries_of(other)
        # Ratings of other data, shown here before, are not of these responses.
        here = {
            name: {p: e for p, e in entries.items() if p in known and e.ratings}
            for name, entries in readers.items()
        }
        some = {name: entries for name, entries in here.items() if entries}
        alphas = readers_agreement(some, READER) if READER in some else []
        return render.agreement_html(self.store, agreement(self.store, here[READER]), alphas)


def build(store: Store, ratings: RatingsStore, kept: Any) -> RateTab | None:
    """Create the tab inside the current Blocks; None when there is nothing to rate.

    Args:
        store: the data.
        ratings: where ratings go.
        kept: the BrowserState with the reader's session.
    """
    rubric = load_rubric()
    desk = _Desk(store, ratings, rubric.version)
    if not len(desk.queue):
        html(f'<p class="mb-empty">{_NO_TEXTS}</p>')
        return None
    place = gr.Number(visible="hidden", precision=0, label="Place", elem_id="mb-rate-place")
    with gr.Row(elem_classes="mb-bar"):
        back = gr.Button("← Back", elem_id="mb-rate-back", size="sm", min_width=90)
        following = gr.Button("Next response →", elem_id="mb-rate-next", size="sm", min_width=110)
        resume = gr.Button("Next unrated", elem_id="mb-rate-resume", size="sm", min_width=110)
        undo = gr.Button("Undo", elem_id="mb-rate-undo", size="sm", min_width=90)
    with gr.Row(elem_classes="mb-rate"):
        with gr.Column(scale=3, min_width=320):
            text = html(
                elem_id="mb-rate-text",
                script="const stick = window.mentalbench.stick; watch('value', stick); stick();",
            )
        with gr.Column(scale=2, min_width=300):
            progress = html(elem_id="mb-rate-progress")
            html(f'<p class="mb-words">{_HINT}</p>')
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
                html(render.criterion_html(criterion))
            html(f'<p class="mb-words">Rubric {escape(rubric.version)}</p>')
            comment = gr.Textbox(
                label="Comment (saved with the button, or when you go on)", lines=2, max_lines=8,
                max_length=LONGEST, elem_id="mb-rate-comment",
            )  # fmt: skip
            store_comment = gr.Button("Save comment", elem_id="mb-rate-save", size="sm")
            flag = gr.Checkbox(
                label="Flag", info="Somebody else should look at this response",
                elem_id="mb-rate-flag",
            )  # fmt: skip
            reason = gr.Dropdown(
                list(_REASONS), value=None, label="Why you skip it", elem_id="mb-rate-reason"
            )
            skip = gr.Button("Skip this response", elem_id="mb-rate-skip", size="sm")
    with gr.Row():
        show_list = gr.Button("My list", elem_id="mb-list-button", size="sm")
        export = gr.Button("Export my ratings (CSV)", elem_id="mb-export", size="sm")
        compute = gr.Button("Show my agreement", elem_id="mb-agreement-button", size="sm")
    listed = html(elem_id="mb-list", script=_OPEN)
    table = html(elem_id="mb-agreement")
    exported = gr.Textbox(visible="hidden", label="Export", elem_id="mb-exported")

    outputs = [place, text, *radios, comment, flag, reason, progress]
    stays = [gr.skip()] * (len(outputs) - 1)
    turn = [kept, place, comment]

    def turned(by: int | None) -> Callable[..., list[Any]]:
        def go(memory: Any, index: Any, said: Any) -> list[Any]:
            if wrong := desk.save_comment(memory, index, said):
                return [*stays, render.alert(wrong)]
            return desk.show(session_of(memory), None if by is None else int(index) + by)

        return go

    def skipped(memory: Any, index: Any, said: Any, why: Any) -> list[Any]:
        if why not in _REASONS:
            return [*stays, render.alert("Not skipped: choose why first.")]
        wrong = desk.save_comment(memory, index, said)
        if wrong := wrong or desk.save(memory, index, kind=Kind.SKIP, value=str(why)):
            return [*stays, render.alert(wrong)]
        return desk.show(session_of(memory), None)

    def undone(memory: Any, index: Any) -> list[Any]:
        session = session_of(memory)
        try:
            changed = ratings.undo(session)
        except OSError as error:
            return [*stays, render.alert(f"Not undone: {error.strerror}.")]
        if changed is None:
            return [*stays, render.alert("There is nothing to undo.")]
        order = desk.queue.order(session)
        return desk.show(session, order.index(changed) if changed in order else int(index))

    def opened(memory: Any, index: Any, said: Any, event: gr.EventData) -> list[Any]:
        wanted = str((event._data or {}).get("place", ""))
        if not wanted.isdecimal():
            return [gr.skip()] * len(outputs)
        if wrong := desk.save_comment(memory, index, said):
            return [*stays, render.alert(wrong)]
        return desk.show(session_of(memory), int(wanted))

    def rated(attribute: str) -> Callable[[Any, Any, Any], str]:
        def save(memory: Any, index: Any, value: Any) -> str:
            wrong = _LOST
            if value in SCALE:
                wrong = desk.save(memory, index, attribute=attribute, rating=int(value))
            return desk.progress(memory, index, wrong)

        return save

    def flagged(memory: Any, index: Any, on: Any) -> str:
        wrong = desk.save(memory, index, kind=Kind.FLAG, value="yes" if on else "")
        return desk.progress(memory, index, wrong)

    def commented(memory: Any, index: Any, said: Any) -> str:
        return desk.progress(memory, index, desk.save_comment(memory, index, said))

    def list_of(memory: Any) -> str:
        session = session_of(memory)
        return render.my_list(store, desk.queue.order(session), ratings.entries_of(session))

    def csv_of(memory: Any) -> str:
        session = session_of(memory)
        return ratings_csv({rater_name(session): ratings.entries_of(session)})

    every: dict[str, Any] = {"trigger_mode": "multiple", **FAST}
    for radio, attribute in zip(radios, ATTRIBUTES, strict=True):
        radio.input(rated(attribute), [kept, place, radio], [progress], **every)
    flag.input(flagged, [kept, place, flag], [progress], **every)
    store_comment.click(commented, turn, [progress], **FAST)
    for button, by in ((back, -1), (following, 1), (resume, None)):
        button.click(turned(by), turn, outputs, **FAST)
    skip.click(skipped, [*turn, reason], outputs, **FAST)
    undo.click(undone, [kept, place], outputs, **FAST)
    show_list.click(list_of, [kept], [listed], **FAST)
    listed.click(opened, turn, outputs, **FAST)
    name = f"{'synthetic-sample-' if store.synthetic else ''}my-ratings.csv"
    export.click(csv_of, [kept], [exported], **FAST).then(
        None, [exported], None, js=f"(text) => window.mentalbench.save('{name}', text)"
    )
    compute.click(
        lambda memory: desk.agreement(session_of(memory)), [kept], [table],
        show_progress="minimal", api_visibility="private",
    )  # fmt: skip
    return RateTab(outputs, lambda session: desk.show(session, None))
