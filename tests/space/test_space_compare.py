"""Filters and orders, against loops over single responses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mentalbench_hf.reliability.trust.unsafe import unsafe_cards
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.cards import page
from mentalbench_hf.space.compare_tab import jump, show
from mentalbench_hf.space.finder import Finder
from mentalbench_hf.space.state import ALL_JUDGES, NOT_RATED, Order, Query, View
from mentalbench_hf.space.store import Store

QUERIES = [
    Query(),
    Query(difference=2),
    Query(difference=3, judge="sample-judge-2", attribute="Safety"),
    Query(difference=1, systems=("sample-human", "sample-model-4"), judge="sample-judge-1"),
    Query(status="missing"),
    Query(status="parse_repaired", judge="sample-judge-1"),
    Query(status="response_missing", systems=("sample-model-8",)),
    Query(status="out_of_range"),
    Query(text="BUS"),
    Query(text="bus", difference=2, attribute="Empathy"),
]


@pytest.fixture(scope="module")
def finder(sample_store: Store) -> Finder:
    return Finder(sample_store)


def judges_of(store: Store, query: Query) -> tuple[str, ...]:
    return store.roster.judge_ids if query.judge == ALL_JUDGES else (query.judge,)


def gaps(store: Store, position: int, query: Query) -> Iterator[int]:
    names = [query.attribute] if query.attribute else ATTRIBUTES
    for system in query.systems or store.roster.system_ids:
        scores = store.response(position, system).scores
        own = scores[store.roster.reference].ratings
        for judge in judges_of(store, query):
            for a in names:
                given = scores[judge].ratings[a]
                if own[a] is not None and given is not None:
                    yield abs(given - own[a])


def matches(store: Store, position: int, query: Query) -> bool:
    systems = query.systems or store.roster.system_ids
    responses = [store.response(position, s) for s in systems]
    if query.difference and max(gaps(store, position, query), default=-1) < query.difference:
        return False
    if query.text:
        texts = [store.context(position)]
        texts += [store.response(position, s).text or "" for s in store.roster.system_ids]
        if not any(query.text.lower() in text.lower() for text in texts):
            return False
    if query.status:
        raters = (store.roster.reference, *judges_of(store, query))
        seen = {
            str(s) for r in responses for who in raters for s in r.scores[who].statuses.values()
        }
        if query.status == "response_missing" and any(r.missing for r in responses):
            return True
        return query.status in seen
    return True


@pytest.mark.parametrize("query", QUERIES)
def test_filters_equal_a_loop(finder: Finder, query: Query) -> None:
    store = finder.store
    expected = [p for p in range(len(store)) if matches(store, p, query)]
    assert list(finder.find(query)) == expected
    assert len(expected) > 0


@pytest.mark.parametrize("judge", [ALL_JUDGES, "sample-judge-3"])
def test_largest_disagreement_comes_first(finder: Finder, judge: str) -> None:
    query = Query(order=Order.DISAGREEMENT, judge=judge)
    found = finder.find(query)
    values = [list(gaps(finder.store, int(p), query)) for p in found]
    keys = [
        (-max(v), -round(float(np.mean(v)), 5), int(p)) for v, p in zip(values, found, strict=True)
    ]
    assert keys == sorted(keys)
    assert len(keys) > 10


def test_unsafe_and_missed(finder: Finder) -> None:
    store = finder.store
    query = Query(order=Order.UNSAFE_MISSED, judge="sample-judge-2")
    own = next(j.counterpart for j in store.roster.judges if j.id == "sample-judge-2")
    lowest = {}
    for p in range(len(store)):
        for system in (s for s in store.roster.system_ids if s != own):
            scores = store.response(p, system).scores
            human = scores[store.roster.reference].ratings["Safety"]
            judge = scores["sample-judge-2"].ratings["Safety"]
            if human is not None and judge is not None and human <= 3 < judge:
                lowest[p] = min(human, lowest.get(p, 9))
    found = [int(p) for p in finder.find(query)]
    assert set(found) == set(lowest)
    assert [lowest[p] for p in found] == sorted(lowest.values())


@pytest.mark.parametrize("attribute", ["", "Empathy"])
def test_what_is_marked_is_what_the_reports_card_lists(finder: Finder, attribute: str) -> None:
    store, names = finder.store, [attribute or "Safety"]
    cards = unsafe_cards(store.ratings.targets(), thresholds=[3], names=names, n_resamples=10)
    ids = list(store.ratings.conversation_ids)
    for card in cards:
        query = Query(order=Order.UNSAFE_MISSED, judge=card.judge, attribute=attribute)
        listed = {(ids.index(m.conversation_id), m.system) for m in card.missed}
        marked = {
            (int(store.rated_row[p]), system)
            for p in range(len(store))
            for system, judges in finder.missed(query, p).items()
            if judges == [card.judge]
        }
        assert marked == listed
        assert {int(store.rated_row[p]) for p in finder.find(query)} == {r for r, _ in listed}
        assert listed


def test_marks_name_the_judges_and_lead_there_but_not_while_blind(finder: Finder) -> None:
    query = Query(order=Order.UNSAFE_MISSED, judge="sample-judge-3")
    first = int(finder.find(query)[0])
    missed = finder.missed(query, first)
    cards = show(finder, View(query=query))[0]
    assert cards.count('class="mb-missed"') == cards.count("data-goto") == len(missed) > 0
    assert "for Safety: unsafe, and missed by Sample judge 3." in cards
    blind = View(conversation=finder.store.keys[first], query=query, blind=True)
    assert "mb-missed" not in show(finder, blind)[0]
    assert show(finder, blind, revealed=True)[0].count('class="mb-missed"') == len(missed)
    # Any other order marks nothing.
    assert "mb-missed" not in show(finder, View(conversation=finder.store.keys[first]))[0]


def test_search_marks_what_it_found(finder: Finder) -> None:
    view = View(query=Query(text="BUS"))
    cards = show(finder, view)[0]
    assert "<mark>bus</mark>" in cards.lower()
    assert cards.lower().count("<mark>") == cards.lower().count(">bus</mark>")


def test_jump_to_a_number(finder: Finder) -> None:
    cards, line, address, key, *_ = jump(finder, View(), " #7 ")
    assert (key, line) == ("7", "7 of 24 conversations")
    assert "Conversation 7" in cards
    assert address == "c=7"
    query = Query(text="bus")
    inside = finder.store.keys[int(finder.find(query)[0])]
    outside = next(k for p, k in enumerate(finder.store.keys) if finder.rank(query, p) is None)
    *_, key, _, _ = shown = jump(finder, View(conversation=inside, query=query), outside)
    assert key == inside
    assert shown[1].startswith(f"The filters leave out conversation {outside}")
    assert jump(finder, View(), "99")[1].startswith("There is no conversation 99. Here: 1 of 24")
    assert jump(finder, View(conversation="5"), "")[3] == "5"


def test_steps_go_round_and_stay_inside_the_filter(finder: Finder) -> None:
    query = Query(difference=3, judge="sample-judge-3")
    found = [int(p) for p in finder.find(query)]
    seen, here = [], found[0]
    for _ in found:
        seen.append(here)
        there = finder.step(query, here, 1)
        assert there is not None
        assert finder.step(query, there, -1) == here
        here = there
    assert seen == found
    assert here == found[0]
    assert finder.any_of(query) in found


def test_nothing_found(finder: Finder) -> None:
    query = Query(text="no such words anywhere")
    assert not len(finder.find(query))
    assert finder.step(query, 0, 1) is None
    assert finder.any_of(query) is None
    assert not len(finder.find(Query(status=NOT_RATED)))


def test_blind_cards_hold_no_trace_of_a_system(finder: Finder) -> None:
    store = finder.store
    for position in range(len(store)):
        systems = finder.blind_order(position)
        assert sorted(systems) == sorted(store.roster.system_ids)
        markup = page(store, position, Query(), systems, blind=True).lower()
        for system in store.roster.systems:
            assert system.id not in markup
            assert system.label.lower() not in markup
        shown = page(store, position, Query(), systems, blind=False, revealed=True)
        assert shown.count('<article class="mb-card"') == 10
        assert "Response A: " in shown
    orders = {tuple(finder.blind_order(p)) for p in range(len(store))}
    assert len(orders) > 1


def test_missing_responses_and_ratings_say_so(sample_store: Store) -> None:
    store = sample_store
    missing = [
        (p, s)
        for p in range(len(store))
        for s in store.roster.system_ids
        if store.response(p, s).missing
    ]
    assert missing
    position, system = missing[0]
    markup = page(store, position, Query(systems=(system,)), [system], blind=False)
    assert "response missing" in markup
    assert "There is no response here." in markup
