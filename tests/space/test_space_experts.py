"""The style of the expert on a conversation, and what depends on the expert in Reliability."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mentalbench_hf.hub.build import build
from mentalbench_hf.hub.card import data_file
from mentalbench_hf.reliability import settings_of
from mentalbench_hf.reliability.by_expert import reliability_by_expert
from mentalbench_hf.reliability.experts import ALL
from mentalbench_hf.reliability.trust import ceiling as ceiling_module
from mentalbench_hf.schema import MENTALALIGN_70K
from mentalbench_hf.sources import open_source
from mentalbench_hf.space import experts_html as render
from mentalbench_hf.space import reliability_shown
from mentalbench_hf.space.cards import page
from mentalbench_hf.space.find_data import open_store
from mentalbench_hf.space.finder import Finder
from mentalbench_hf.space.reliability_shown import Results
from mentalbench_hf.space.reliability_tab import experts_of
from mentalbench_hf.space.state import Query, View, decode, encode
from mentalbench_hf.space.store import Store

from .styled import no_styles, two_styles

pytestmark = pytest.mark.needs("gradio")


@pytest.fixture(scope="module")
def styled(sample_store: Store) -> Store:
    return two_styles(sample_store)


@pytest.fixture(scope="module")
def results(styled: Store) -> Results:
    return Results(styled)


def shown(store: Store, position: int) -> str:
    return page(store, position, Query(), store.roster.system_ids, blind=False)


def test_a_conversation_says_its_style_and_the_filter_keeps_one(styled: Store) -> None:
    finder = Finder(styled)
    found = {s: finder.find(Query(style=s)).tolist() for s in styled.styles}
    assert sorted(found["A"] + found["B"]) == list(range(len(styled)))
    for style, places in found.items():
        assert len(places) == len(styled) // 2
        for place in places:
            assert f"expert of <strong>style {style}</strong>" in shown(styled, place)
    assert "no name" in shown(styled, 0)
    view = View(query=Query(style="B"))
    assert decode({"style": "B"}, styled).query == view.query
    assert "style=B" in encode(view)
    assert decode({"style": "Z"}, styled).query == Query()


def test_one_style_is_nothing_to_tell_and_none_is_said(sample_store: Store) -> None:
    assert "style" not in shown(sample_store, 0).replace("style=", "")
    bare = no_styles(sample_store)
    assert "is not in these data" in shown(bare, 0)
    assert "1.1.0" in shown(bare, 0)
    results = Results(bare)
    assert results.ceiling() is None
    assert results.by_expert("system", results.judges[0]) == []
    assert render.NOT_KNOWN in render.ceiling_section(None, "Safety")
    assert render.NOT_KNOWN in render.by_expert([], None, "judge", "Safety", "system")
    rows = [results.rows(level)[0] for level in ("system", "response")]
    assert render.reach(rows, None).count("not known") == 2  # another expert


def test_an_unrated_conversation_has_no_style(styled: Store) -> None:
    rows = styled.rated_row.copy()
    rows[3] = -1
    partly = replace(styled, rated_row=rows)
    assert partly.style(3) == ""
    assert "mb-by" not in shown(partly, 3)
    assert 3 not in Finder(partly).find(Query(style="A"))


def test_built_folders_say_the_style_and_older_ones_do_not(tmp_path: Path) -> None:
    home = tmp_path / "mentalalign-70k-sample"
    build("mentalalign-70k", open_source("sample"), home)
    path = home / data_file(MENTALALIGN_70K, "responses_released")
    table = pq.read_table(path)
    assert set(table["expert"].to_pylist()) == {"A"}
    # Two experts in a table, as in the released data.
    half = ["B" if i >= len(table) // 2 else "A" for i in range(len(table))]
    at = table.column_names.index("expert")
    pq.write_table(table.set_column(at, "expert", [half]), path)
    store = open_store(str(home))
    assert store.styles == ("A", "B")
    assert [store.style(p) for p in (0, len(store) - 1)] == ["A", "B"]
    pq.write_table(table.drop(["expert", "block"]), path)
    old = open_store(str(home))
    assert old.styles == ()
    assert "is not in these data" in shown(old, 0)


@pytest.mark.parametrize("level", ["system", "response"])
def test_rows_by_expert_are_those_of_the_statistics(
    results: Results, styled: Store, level: str
) -> None:
    judge, name = "sample-judge-2", "Guidance"
    rows = [r for r in results.by_expert(level, judge) if r.attribute == name]
    expected = reliability_by_expert(
        styled.ratings.targets(),
        settings_of(level),
        judges=[judge],
        names=[name],  # type: ignore[arg-type]
    )
    assert [r.expert for r in rows] == ["all", "A", "B", "combined"]
    column = "icc_c1" if level == "system" else "icc_a1"
    for ours, theirs in zip(rows, expected, strict=True):
        for end in ("", "_low", "_high"):
            ours_at, theirs_at = (getattr(r, f"{column}{end}") for r in (ours, theirs))
            assert ours_at == pytest.approx(theirs_at, nan_ok=True)
    made = render.by_expert(rows, results.experts_figure(level, judge, name), judge, name, level)
    assert made.count("<tr>") == 1 + len(rows)
    for row in rows:
        if row.expert != ALL:
            assert f"{getattr(row, column):.2f}".replace("-", "−") in made


def test_the_ceiling_is_made_once_and_told_in_words(
    results: Results, styled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(targets: object) -> object:
        made.append(1)
        return ceiling_module.ceiling(targets)  # type: ignore[arg-type]

    monkeypatch.setattr(reliability_shown, "ceiling", counted)
    fresh = Results(styled)
    found = fresh.ceiling()
    assert fresh.ceiling() is found
    assert made == [1]
    section = render.ceiling_section(found, "Safety")
    for judge in fresh.judges:
        row = fresh.beside(judge, "Safety")
        assert row is not None
        assert f"<td>{row.label}</td>" in section
        cell = [r for level in ("system", "response") for r in results.rows(level)]
        rows = [r for r in cell if (r.judge, r.attribute) == (judge, "Safety")]
        assert f"<strong>{row.label}</strong>" in render.reach(rows, row)
    assert "A and B" in section


def test_the_experts_are_sent_once_for_a_click_on_a_cell(results: Results) -> None:
    import gradio as gr

    asked = ("system", results.judges[1], "Empathy")
    made, shown = experts_of(results, *asked, ())
    assert "Empathy, expert by expert" in made
    assert shown == asked
    assert experts_of(results, *asked, shown) == (gr.skip(), gr.skip())
