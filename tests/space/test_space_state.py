"""An address holds the view, and no address breaks the page."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.state import (
    ALL_JUDGES,
    STATUS_CHOICES,
    TABS,
    Order,
    Query,
    View,
    decode,
    encode,
)
from mentalbench_hf.space.store import Store


@given(data=st.data())
def test_every_view_survives_its_address(sample_store: Store, data: st.DataObject) -> None:
    roster = sample_store.roster
    chosen = data.draw(st.sets(st.sampled_from(roster.system_ids)))
    query = Query(
        text=data.draw(st.text(st.characters(codec="utf-8"), max_size=50)),
        systems=tuple(s for s in roster.system_ids if s in chosen),
        attribute=data.draw(st.sampled_from(["", *ATTRIBUTES])),
        difference=data.draw(st.integers(0, 4)),
        status=data.draw(st.sampled_from(["", *STATUS_CHOICES])),
        judge=data.draw(st.sampled_from([ALL_JUDGES, *roster.judge_ids])),
        order=data.draw(st.sampled_from(list(Order))),
    )
    blind = data.draw(st.booleans())
    view = View(
        tab=data.draw(st.sampled_from(TABS)),
        conversation=data.draw(st.sampled_from(["", *sample_store.keys])),
        query=query.blinded() if blind else query,
        blind=blind,
        level=data.draw(st.sampled_from(["system", "response"])),
    )
    assert decode(dict(parse_qsl(encode(view))), sample_store) == view


@given(st.dictionaries(st.sampled_from(
    ["tab", "c", "q", "systems", "attribute", "difference", "status", "judge", "order", "blind",
     "level", "other"]), st.text(max_size=30)))  # fmt: skip
def test_any_address_opens_a_usable_view(sample_store: Store, params: dict[str, str]) -> None:
    view = decode(params, sample_store)
    assert view.tab in TABS
    assert view.query.difference in range(5)
    assert view.conversation == "" or sample_store.position(view.conversation) is not None


def test_a_blind_address_names_no_system(sample_store: Store) -> None:
    query = Query(systems=("sample-model-3",))
    assert "sample-model-3" not in encode(View(query=query, blind=True))
    assert "sample-model-3" in encode(View(query=query))


@pytest.mark.parametrize("value", ["-1", "5", "12", "²", "", "x"])
def test_a_difference_off_the_scale_is_not_taken(sample_store: Store, value: str) -> None:
    assert decode({"difference": value}, sample_store).query.difference == 0
