"""The tables of MentalAlign-70k, from the sample and from the released sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from data_sheets import read

from mentalbench_hf.choices import VARIANTS
from mentalbench_hf.data.mentalalign import MentalAlign, normalise
from mentalbench_hf.data.mentalalign_tables import check_unique, mentalalign_table
from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import ATTRIBUTES, AXES, AXIS_OF, MENTALALIGN_70K, USABLE, Status

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {
    "default": ["conversation_id", "system", "rater", "attribute"],
    "ratings": ["conversation_id", "system", "rater", "attribute"],
    "responses": ["conversation_id", "system"],
    "judgments": ["conversation_id", "system", "rater"],
}
USABLE_NAMES = pa.array([str(s) for s in USABLE])


@pytest.fixture(
    scope="module", params=["sample", pytest.param("upstream", marks=pytest.mark.upstream)]
)
def data(request: pytest.FixtureRequest) -> MentalAlign:
    name = request.param
    folder = request.getfixturevalue("upstream") if name == "upstream" else name
    return read(folder)


def rows_of(data: MentalAlign, table: str) -> int:
    n_responses = len(data.conversation_ids) * 10
    return n_responses * {"responses": 1, "judgments": 4}.get(table, 5 * 7)


@pytest.mark.upstream
def test_the_released_sheets_give_the_documented_rows(upstream: Path) -> None:
    assert [rows_of(read(upstream), table) for table in MENTALALIGN_70K.tables] == [
        350_000,
        350_000,
        10_000,
        40_000,
    ]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("table", MENTALALIGN_70K.tables)
def test_rows_and_keys(data: MentalAlign, table: str, variant: str) -> None:
    made = mentalalign_table(data, table, variant)
    assert made.num_rows == rows_of(data, table)
    key = made.select(KEYS[table]).to_pylist()
    assert len({tuple(row.values()) for row in key}) == made.num_rows
    assert set(made["system"].unique().to_pylist()) == set(data.roster.system_ids)
    assert made["conversation_id"].type == pa.int32()
    assert not any(made[name].null_count for name in KEYS[table])


def test_ratings_are_small_integers_with_an_axis(data: MentalAlign) -> None:
    for variant in VARIANTS:
        made = mentalalign_table(data, "ratings", variant)
        assert made.schema.field("rating").type == pa.int8()
        assert set(
            zip(made["attribute"].to_pylist(), made["axis"].to_pylist(), strict=True)
        ) == set(AXIS_OF.items())
    assert made["rater"].unique().to_pylist() == list(data.roster.raters)


def test_audited_nulls_exactly_what_is_not_usable(data: MentalAlign) -> None:
    made = mentalalign_table(data, "ratings", "audited")
    usable = pc.is_in(made["status"], value_set=USABLE_NAMES)
    assert usable.equals(pc.is_valid(made["rating"]))
    kept = made.filter(usable)["rating"]
    assert pc.min_max(kept).as_py() == {"min": 1, "max": 5}


def test_released_keeps_every_published_value_beside_the_same_status(data: MentalAlign) -> None:
    audited = mentalalign_table(data, "ratings", "audited")
    released = mentalalign_table(data, "ratings", "released")
    assert released["status"].equals(audited["status"])
    assert {0, 6} <= set(released["rating"].unique().to_pylist())
    # Where audited has a value, released has the same one.
    both = pc.is_valid(audited["rating"])
    assert released.filter(both)["rating"].equals(audited.filter(both)["rating"])
    six = released.filter(pc.equal(released["rating"], 6))["status"].unique().to_pylist()
    assert six == [str(Status.OUT_OF_RANGE)]
    lost = {str(Status.MISSING), str(Status.REFUSED), str(Status.PARSE_FAILED)}
    empty = set(released.filter(pc.is_null(released["rating"]))["status"].unique().to_pylist())
    assert empty <= lost | {str(Status.RESPONSE_MISSING), str(Status.MISALIGNED)}
    assert empty & lost


@pytest.mark.parametrize("variant", VARIANTS)
def test_responses_hold_the_ratings_side_by_side(data: MentalAlign, variant: str) -> None:
    long = mentalalign_table(data, "ratings", variant)
    wide = mentalalign_table(data, "responses", variant)
    n_raters = len(data.roster.raters)
    for quantity, ending, kind in (("rating", "", pa.int8()), ("status", "_status", pa.string())):
        columns = [f"{r}_{a}{ending}" for r in data.roster.raters for a in ATTRIBUTES]
        assert {wide.schema.field(c).type for c in columns} == {kind}
        stacked = list(zip(*(wide[c].to_pylist() for c in columns), strict=True))
        flat = long[quantity].to_pylist()
        width = n_raters * len(ATTRIBUTES)
        assert stacked == [tuple(flat[i : i + width]) for i in range(0, len(flat), width)]
    context = dict(zip(data.conversation_ids.tolist(), data.contexts, strict=True))
    assert wide["context"].to_pylist() == [context[i] for i in wide["conversation_id"].to_pylist()]
    missing = pc.sum(pc.equal(wide["response_status"], str(Status.RESPONSE_MISSING))).as_py()
    assert missing == data.missing_responses.sum()


def test_judgments_keep_the_words_and_drop_the_overall_of_nothing(data: MentalAlign) -> None:
    audited = mentalalign_table(data, "judgments", "audited")
    released = mentalalign_table(data, "judgments", "released")
    for column in ("raw", "parse_status", "explanation", "response_status"):
        assert audited[column].equals(released[column])
    cells = [data.raw[j][c][s] or None for c, s, j in walk(data)]
    assert audited["raw"].to_pylist() == cells
    gone = pc.equal(audited["response_status"], str(Status.RESPONSE_MISSING))
    assert audited.filter(gone)["overall"].null_count == 4 * data.missing_responses.sum()
    shown = pc.invert(gone)
    assert audited.filter(shown)["overall"].equals(released.filter(shown)["overall"])
    assert released.filter(gone)["overall"].null_count < 4 * data.missing_responses.sum()
    empty = pc.is_null(audited["raw"])
    assert audited.filter(empty)["parse_status"].unique().to_pylist() == [str(Status.MISSING)]


def walk(data: MentalAlign) -> list[tuple[int, int, str]]:
    n, judges = len(data.conversation_ids), data.roster.judge_ids
    return [(c, s, j) for c in range(n) for s in range(10) for j in judges]


def test_targets_are_the_ratings_of_the_table(data: MentalAlign) -> None:
    targets = data.targets("audited")
    made = mentalalign_table(data, "ratings", "audited")
    flat = made["rating"].to_numpy(zero_copy_only=False).astype(float)
    np.testing.assert_array_equal(targets.ratings, flat.reshape(targets.ratings.shape))
    assert targets.data == ("audited (SYNTHETIC SAMPLE)" if data.synthetic else "audited")
    # An axis score is the mean of its attributes, and missing when any of them is.
    reference = targets.raters.index(targets.reference)
    members = [ATTRIBUTES.index(a) for a in AXES["ARS"]]
    np.testing.assert_array_equal(
        targets.scores(targets.reference, "ARS"),
        targets.ratings[:, reference, members].mean(axis=1),
    )


def test_unknown_names_are_refused(data: MentalAlign) -> None:
    with pytest.raises(DataError, match=r"unknown table 'rating'; .*default, ratings, responses"):
        mentalalign_table(data, "rating")
    with pytest.raises(DataError, match=r"unknown data 'clean'; choose one of audited, released"):
        mentalalign_table(data, "ratings", "clean")
    with pytest.raises(DataError, match=r"unknown data 'clean'"):
        data.ratings("clean")
    with pytest.raises(DataError, match=r"unknown rater 'nobody'; known: "):
        data.targets().scores("nobody", "Safety")


def test_a_double_key_is_named() -> None:
    table = pa.table({"conversation_id": [1, 2, 2], "system": ["a", "b", "b"], "x": [1, 2, 3]})
    check_unique(table, ["conversation_id", "system", "x"])
    with pytest.raises(DataError, match=r"not unique; twice there: .*2.*'b'"):
        check_unique(table, ["conversation_id", "system"])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("I feel  low\n", " i FEEL low", True),
        ("fi\uff11\u00a0x", "\ufb011 x", True),
        ("I'm low", "I\u2019m low", False),
        ("low.", "low", False),
    ],
)
def test_texts_are_compared_in_one_normal_form(one: str, other: str, same: bool) -> None:
    assert (normalise(one) == normalise(other)) is same


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_human_ratings_say_whose_they_are(data: MentalAlign, variant: str) -> None:
    codes, letters = data.experts
    of = dict(zip(data.conversation_ids.tolist(), [letters[c] for c in codes], strict=True))
    block = dict(zip(data.conversation_ids.tolist(), data.blocks.block + 1, strict=True))
    ratings = mentalalign_table(data, "ratings", variant).to_pandas()
    human = ratings["rater"] == data.roster.reference
    assert ratings.loc[~human, ["expert", "block"]].isna().all(axis=None)
    assert (ratings.loc[human, "expert"] == ratings.loc[human, "conversation_id"].map(of)).all()
    assert (ratings.loc[human, "block"] == ratings.loc[human, "conversation_id"].map(block)).all()
    responses = mentalalign_table(data, "responses", variant).to_pandas()
    assert (responses["expert"] == responses["conversation_id"].map(of)).all()
    assert (responses["block"] == responses["conversation_id"].map(block)).all()


@pytest.mark.parametrize("table", MENTALALIGN_70K.tables)
def test_an_earlier_version_lacks_only_what_came_later(data: MentalAlign, table: str) -> None:
    now = mentalalign_table(data, table)
    then = mentalalign_table(data, table, version="1.0.0")
    later = [c for c in ("expert", "block") if c in now.schema.names]
    assert later == ([] if table == "judgments" else ["expert", "block"])
    assert then.equals(now.drop_columns(later) if later else now)
    with pytest.raises(DataError, match=r"no version '0\.9\.0'; choose one of 1\.1\.0, 1\.0\.0"):
        mentalalign_table(data, table, version="0.9.0")
