"""The tab Compare: a conversation, its ten responses, and who gave them which scores."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.cards import empty_page, page
from mentalbench_hf.space.components import FAST, html
from mentalbench_hf.space.expert_styles import style_label
from mentalbench_hf.space.finder import Finder, unsafe_attribute
from mentalbench_hf.space.state import (
    ALL_JUDGES,
    MAX_DIFFERENCE,
    ORDER_LABELS,
    STATUS_CHOICES,
    TABS,
    Order,
    Query,
    View,
    encode,
)

#: Go to what is marked, on every new page and on the first one.
_GO = (
    "const go = () => window.mentalbench.go(element.querySelector('.mb-go'));"
    " watch('value', go); go();"
)
_NOTHING = "No conversation matches. Remove a filter, or search for something else."


@dataclass(frozen=True)
class CompareTab:
    """The components other parts of the page need.

    Attributes:
        filters: search, systems, attribute, difference, status, judge, order, style, blind.
        outputs: what `show` returns values for.
        current: the key of the conversation on the screen.
    """

    filters: list[Any]
    outputs: list[Any]
    current: Any


def query_of(
    text: str | None,
    systems: list[str] | None,
    attribute: str,
    difference: int | str | None,
    status: str,
    judge: str,
    order: str,
    style: str | None,
) -> Query:
    """Return the query that the controls state."""
    return Query(
        text=(text or "").strip()[:200],
        systems=tuple(systems or ()),
        attribute=attribute or "",
        difference=int(difference or 0),
        status=status or "",
        judge=judge or ALL_JUDGES,
        order=Order(order or Order.ID),
        style=style or "",
    )


def filters_of(view: View) -> list[Any]:
    """Return the values of the controls for a view, in the order of ``CompareTab.filters``."""
    q = view.query
    return [
        q.text, list(q.systems), q.attribute, q.difference, q.status, q.judge, str(q.order),
        q.style, view.blind,
    ]  # fmt: skip


def show(finder: Finder, view: View, *, revealed: bool = False) -> tuple[Any, ...]:
    """Return the cards, a line on the position, the address, the key, `revealed`, the button.

    A conversation that does not match the query gives way to the first that does.
    """
    store, hidden = finder.store, view.blind and not revealed
    query = view.query.blinded() if view.blind else view.query
    found = finder.find(query)
    position = store.position(view.conversation)
    if not len(found):
        off = gr.update(interactive=False)
        return empty_page(_NOTHING), "0 conversations match", encode(view), "", False, off
    rank = None if position is None else finder.rank(query, position)
    if position is None or rank is None:
        position, rank, revealed, hidden = int(found[0]), 1, False, view.blind
    systems = finder.blind_order(position) if view.blind else list(store.roster.system_ids)
    marks = query.order is Order.UNSAFE_MISSED and not hidden
    cards = page(
        store, position, query, systems, blind=hidden, revealed=view.blind and revealed,
        missed=finder.missed(query, position) if marks else None, unsafe=unsafe_attribute(query),
    )  # fmt: skip
    n = len(found)
    line = f"{rank:,} of {n:,} conversations" + (" that match" if n < len(store) else "")
    key = store.keys[position]
    button = gr.update(interactive=hidden)
    address = encode(replace(view, tab=TABS[0], conversation=key, level=""))
    return cards, line, address, key, revealed, button


def jump(finder: Finder, view: View, number: str | None) -> tuple[Any, ...]:
    """Return what `show` returns for the conversation of a number.

    The line on the position says so when there is none, or when the filters leave it out; then
    the conversation on the screen stays.
    """
    key = (number or "").strip().removeprefix("#")
    if not key:
        return show(finder, view)
    position = finder.store.position(key)
    query = view.query.blinded() if view.blind else view.query
    if position is not None and finder.rank(query, position) is not None:
        return show(finder, replace(view, conversation=key))
    what = f"There is no conversation {key[:20]}"
    if position is not None:
        what = f"The filters leave out conversation {key}: remove them to see it"
    stays = show(finder, view)
    return (stays[0], f"{what}. Here: {stays[1]}", *stays[2:])


def build(finder: Finder) -> CompareTab:
    """Create the tab inside the current Blocks."""
    store = finder.store
    judges = [("All judges", ALL_JUDGES), *((j.label, j.id) for j in store.roster.judges)]
    current, revealed = gr.State(""), gr.State(False)
    with gr.Row(elem_classes="mb-bar"):
        previous = gr.Button("← Previous", elem_id="mb-previous", size="sm", min_width=90)
        following = gr.Button("Next →", elem_id="mb-next", size="sm", min_width=90)
        chance = gr.Button("Random", elem_id="mb-random", size="sm", min_width=90)
        reveal = gr.Button(
            "Reveal systems", elem_id="mb-reveal", size="sm", min_width=110, interactive=False
        )
        copy = gr.Button("Copy link", elem_id="mb-copy", size="sm", min_width=90)
        number = gr.Textbox(
            label="Go to number", placeholder="Go to number", max_lines=1, max_length=20,
            elem_id="mb-number", container=False, min_width=130,
        )  # fmt: skip
    with gr.Row(elem_classes="mb-filters"):
        search = gr.Textbox(
            label="Search texts", placeholder="Words, then Enter", submit_btn="Go", max_lines=1,
            elem_id="mb-search", scale=2, min_width=200, max_length=200,
        )  # fmt: skip
        order = gr.Dropdown(
            [(label, str(o)) for o, label in ORDER_LABELS.items()],
            value=str(Order.ID), label="Order", elem_id="mb-order", scale=2, min_width=200,
        )  # fmt: skip
        judge = gr.Dropdown(
            judges, value=ALL_JUDGES, label="Judge", elem_id="mb-judge", min_width=190
        )
        blind = gr.Checkbox(
            label="Blind", info="Hide the systems", elem_id="mb-blind", min_width=130
        )
    with gr.Accordion("More filters", open=False, elem_id="mb-more"), gr.Row():
        systems = gr.Dropdown(
            [(store.system_label(s), s) for s in store.roster.system_ids],
            value=[], multiselect=True, label="Systems (not while blind)", elem_id="mb-systems",
            scale=2, min_width=200,
        )  # fmt: skip
        attribute = gr.Dropdown(
            [("Any attribute", ""), *((a, a) for a in ATTRIBUTES)],
            value="", label="Attribute", elem_id="mb-attribute", min_width=190,
        )  # fmt: skip
        difference = gr.Dropdown(
            [("Any", 0), *((f"{n} points or more", n) for n in range(1, MAX_DIFFERENCE + 1))],
            value=0, label="Judge and human differ by", elem_id="mb-difference", min_width=190,
        )  # fmt: skip
        status = gr.Dropdown(
            [("Any status", ""), *((s.replace("_", " "), s) for s in STATUS_CHOICES)],
            value="", label="Status of a score", elem_id="mb-status", min_width=190,
        )  # fmt: skip
        style = gr.Dropdown(
            [("Any style", ""), *((style_label(store, s), s) for s in store.styles)],
            value="", label="Expert style", elem_id="mb-style", min_width=190,
            visible=len(store.styles) > 1,
        )  # fmt: skip
    line = gr.Textbox(
        label="Position", interactive=False, max_lines=1, container=False, elem_id="mb-position"
    )
    cards = html(
        elem_id="mb-cards",
        script=_GO,
    )
    address = gr.Textbox(visible="hidden", label="Address", elem_id="mb-address")
    address.change(None, [address], None, js="(query) => window.mentalbench.address(query)")
    copy.click(None, None, None, js="() => window.mentalbench.copy()")

    filters = [search, systems, attribute, difference, status, judge, order, style, blind]
    outputs = [cards, line, address, current, revealed, reveal]
    given = [*filters, current, revealed]

    async def refresh(*values: Any) -> Any:
        *controls, key, shown = values
        view = await _ready(finder, _view(controls, key))
        return show(finder, view, revealed=shown)

    async def blinded(*values: Any) -> Any:
        return await refresh(*values[:-1], False)

    def move(by: int) -> Any:
        async def moved(*values: Any) -> Any:
            *controls, key, _ = values
            view = await _ready(finder, _view(controls, key))
            query = view.query.blinded() if view.blind else view.query
            here = store.position(key)
            there = finder.any_of(query) if by == 0 else finder.step(query, here or 0, by)
            target = key if there is None else store.keys[there]
            return show(finder, replace(view, conversation=target))

        return moved

    async def jumped(wanted: str, *values: Any) -> Any:
        *controls, key, _ = values
        return "", *jump(finder, await _ready(finder, _view(controls, key)), wanted)

    async def unveil(*values: Any) -> Any:
        *controls, key, _ = values
        return show(finder, await _ready(finder, _view(controls, key)), revealed=True)

    for control in (systems, attribute, difference, status, judge, order, style):
        control.input(refresh, given, outputs, **FAST)
    blind.input(blinded, given, outputs, **FAST)
    search.submit(refresh, given, outputs, **FAST)
    number.submit(jumped, [number, *given], [number, *outputs], **FAST)
    for button, by in ((previous, -1), (following, 1), (chance, 0)):
        button.click(move(by), given, outputs, **FAST)
    reveal.click(unveil, given, outputs, **FAST)
    return CompareTab(filters, outputs, current)


async def _ready(finder: Finder, view: View) -> View:
    """Return `view` when its query is answered.

    A turn takes a few milliseconds, less than handing it to another thread; only a search that
    nobody made before goes to one.
    """
    query = view.query.blinded() if view.blind else view.query
    if not finder.knows(query):
        await asyncio.to_thread(finder.find, query)
    return view


def _view(controls: list[Any], key: str) -> View:
    *filters, blind = controls
    return View(conversation=key, query=query_of(*filters), blind=bool(blind))
