"""One conversation and its responses as HTML: pure functions, every text escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from mentalbench_hf.schema import ATTRIBUTES, STATUS_MEANING, Status
from mentalbench_hf.space.expert_styles import style_of
from mentalbench_hf.space.state import ALL_JUDGES, Query
from mentalbench_hf.space.text import block, inline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mentalbench_hf.space.store import Response, Scores, Store

_WORDS: Final[dict[Status, str]] = {s: str(s).replace("_", " ") for s in Status}


def page(
    store: Store,
    position: int,
    query: Query,
    systems: Sequence[str],
    *,
    blind: bool,
    revealed: bool = False,
    missed: Mapping[str, Sequence[str]] | None = None,
    unsafe: str = "",
) -> str:
    """Return a conversation as HTML.

    Args:
        store: the data.
        position: which conversation.
        query: the filters; they say whose scores and which responses are shown, and what is
            marked in the texts.
        systems: the responses' writers in the order of the cards.
        blind: name the responses by letters; no trace of a system's name is in the result.
        revealed: name the responses by letter and system, after they were shown blind.
        missed: system -> judges who missed that its response is unsafe; their cards are marked,
            and the page goes to the first of them. Not to be given while blind: which judges
            count tells who wrote a response.
        unsafe: the attribute on which it is unsafe.
    """
    judges = store.roster.judge_ids if query.judge == ALL_JUDGES else (query.judge,)
    every = blind or revealed or not query.systems
    chosen = [s for s in systems if every or s in query.systems]
    find, marked = query.text.strip(), []
    cards = []
    for i, system in enumerate(chosen):
        letter = f"Response {chr(ord('A') + i)}"
        name = letter if blind else store.system_label(system)
        if revealed and not blind:
            name = f"{letter}: {name}"
        response, mark = store.response(position, system), ""
        if missed and system in missed:
            marked.append((name, f"mb-card-{i}"))
            mark = _mark(store, response, unsafe, missed[system])
        card = _card(store, response, name, judges, query.attribute, f"mb-card-{i}", find, mark)
        cards.append(card)
    rated = int(store.rated_row[position]) >= 0
    style = style_of(store, position) if rated else ""
    note = "" if rated else '<p class="mb-note">This conversation was not rated.</p>'
    if store.has_texts and not store.response(position, systems[0]).available:
        note += '<p class="mb-note">The texts of its responses are not available here.</p>'
    return (
        f'<section class="mb-page" aria-label="Conversation {escape(store.keys[position])}">'
        f'<h2 class="mb-title">Conversation {escape(store.keys[position])}</h2>'
        f"{_way(marked)}{style}<h3>What the person wrote</h3>"
        f"{block(store.context(position), 'What the person wrote', find)}{note}"
        f"<h3>{len(chosen)} response{'s' if len(chosen) != 1 else ''}</h3>"
        f'<div class="mb-cards">{"".join(cards)}</div></section>'
    )


def _mark(store: Store, response: Response, attribute: str, judges: Sequence[str]) -> str:
    """Return in words that the human rated a response low and which judges did not."""
    rating = response.scores[store.roster.reference].ratings[attribute]
    by = ", ".join(store.judge_label(j) for j in judges)
    experts = store.label_of(store.roster.reference)
    return (
        f'<p class="mb-missed">{escape(experts)} gave {rating} for {attribute}: unsafe, and missed '
        f"by {escape(by)}.</p>"
    )


def _way(marked: Sequence[tuple[str, str]]) -> str:
    """Return buttons that lead to the marked cards; the page goes to the first by itself."""
    buttons = "".join(
        f'<button type="button" class="mb-go" data-goto="{ident}">{escape(name)}</button>'
        for name, ident in marked
    )
    return f'<p class="mb-way">Unsafe and missed here: {buttons}</p>' if marked else ""


def _card(
    store: Store,
    response: Response,
    name: str,
    judges: Sequence[str],
    attribute: str,
    ident: str,
    find: str,
    mark: str,
) -> str:
    if response.text is not None:
        words = f'<span class="mb-words">{response.n_words:,} words</span>'
        body = block(response.text, f"Text of {name}", find)
    elif response.missing:
        words = '<span class="mb-tag mb-missing">response missing</span>'
        body = '<p class="mb-empty">There is no response here.</p>'
    else:
        words = '<span class="mb-tag">text not available</span>'
        body = '<p class="mb-empty">The text of this response is not available here.</p>'
    if response.text is not None and response.missing:
        words += ' <span class="mb-tag mb-missing">missing when it was judged</span>'
    if response.scores:
        scores = score_table(store, response.scores, judges, attribute, name)
        told = "".join(_explanation(store.judge_label(j), response.scores[j]) for j in judges)
    else:
        scores, told = '<p class="mb-empty">Not rated.</p>', ""
    kind = "mb-card mb-unsafe" if mark else "mb-card"
    return (
        f'<article class="{kind}" aria-labelledby="{ident}"><header><h4 id="{ident}">'
        f"{escape(name)}</h4>{words}</header><div>{mark}{body}</div>{scores}<div>{told}</div>"
        "</article>"
    )


def _explanation(judge: str, scores: Scores) -> str:
    if not scores.explanation:
        return ""
    return (
        f'<details class="mb-why"><summary>What {escape(judge)} says</summary>'
        f"{block(scores.explanation, f'Explanation of {judge}')}</details>"
    )


def score_table(
    store: Store, scores: dict[str, Scores], judges: Sequence[str], attribute: str, name: str
) -> str:
    """Return the human's and the judges' scores as a table; differences are judge − human."""
    reference = scores[store.roster.reference]
    head = "".join(f'<th scope="col">{escape(store.judge_label(j))}</th>' for j in judges)
    rows = []
    for a in ATTRIBUTES:
        own = reference.ratings[a]
        cells = "".join(
            f"<td>{_score(scores[j].ratings[a], scores[j].statuses[a], own)}</td>" for j in judges
        )
        mark = ' class="mb-chosen"' if a == attribute else ""
        rows.append(
            f'<tr{mark}><th scope="row">{a}</th>'
            f"<td>{_score(own, reference.statuses[a], None)}</td>{cells}</tr>"
        )
    return (
        f'<div class="mb-scroll" tabindex="0" role="region" aria-label="Scores of {escape(name)}">'
        f'<table class="mb-scores"><caption>Scores, 1 to 5; in brackets: judge minus human'
        f'</caption><thead><tr><th scope="col">Attribute</th>'
        f'<th scope="col">{escape(store.label_of(store.roster.reference))}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _score(value: int | None, status: Status, reference: int | None) -> str:
    """Return one score; a sign and a shade tell how far it lies from the reference."""
    if value is None:
        return (
            f'<span class="mb-none" title="{escape(STATUS_MEANING[status])}">'
            f"– {_WORDS[status]}</span>"
        )
    repaired = ""
    if status is Status.PARSE_REPAIRED:
        repaired = (
            f'<span class="mb-mark" title="{escape(STATUS_MEANING[status])}"> repaired</span>'
        )
    if reference is None:
        return f"{value}{repaired}"
    gap = value - reference
    signed = f"+{gap}" if gap > 0 else f"−{-gap}" if gap < 0 else "0"
    side = "up" if gap > 0 else "down" if gap < 0 else "same"
    return f'{value} <span class="mb-gap mb-{side}{abs(gap)}">({signed})</span>{repaired}'


def empty_page(reason: str) -> str:
    """Return a page that says why no conversation is shown."""
    return (
        f'<section class="mb-page"><p class="mb-empty" role="status">{inline(reason)}</p></section>'
    )
