"""What the audit says of the experts' ratings: the released sheets, and sheets with it undone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from data_sheets import read

from mentalbench_hf.data.audit import STATISTICAL, Finding, audit, rater_blocks_in
from mentalbench_hf.data.audit.blocks import rater_blocks
from mentalbench_hf.data.audit.habits import missing_reply_habit
from mentalbench_hf.data.audit.interim import nearest_run
from mentalbench_hf.data.audit.late import late_context
from mentalbench_hf.data.audit.ones import ones_written_later
from mentalbench_hf.data.audit.repeats import repeated_ratings
from mentalbench_hf.data.audit.slipped import slipped_ratings
from mentalbench_hf.schema import JUDGE_IDS, SYSTEM_IDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mentalbench_hf.data.mentalalign import MentalAlign

#: What the module builds once is built by one worker.
pytestmark = pytest.mark.xdist_group("sheets")

released = pytest.mark.upstream


@pytest.fixture(scope="module")
def data(upstream: Path) -> MentalAlign:
    return read(upstream)


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


def with_human(data: MentalAlign, values: np.ndarray[Any, Any]) -> MentalAlign:
    """The data with other published values of the human sheet."""
    made = data.values.copy()
    made[0] = values
    return replace(data, values=made)


def shuffled(data: MentalAlign, seed: int = 0) -> MentalAlign:
    """The data with all rows in another order, under the ConvIDs that there are."""
    order = np.random.default_rng(seed).permutation(len(data.conversation_ids))
    return replace(
        data,
        values=data.values[:, order],
        read=data.read[:, order],
        statuses=data.statuses[:, order],
        missing_responses=data.missing_responses[order],
        misaligned=data.misaligned[:, order],
        interim_totals={},
    )


def test_a_run_is_found_by_its_sums():
    rng = np.random.default_rng(0)
    values = rng.integers(1, 6, (80, 3, 2)).astype(float)
    run = nearest_run(values, values[20:50].sum(axis=0), 5)
    assert run is not None
    assert (run.first, run.last, run.n_equal, run.n_totals, run.difference) == (20, 49, 6, 6, 0)
    near = nearest_run(values, values[20:50].sum(axis=0) + 1, 5)
    assert near is not None
    assert near.n_equal < 6
    assert nearest_run(values, np.full((3, 2), 500.0), 5) is None


@released
def test_the_breaks_come_with_null_and_control(data: MentalAlign):
    finding = only(rater_blocks(data))
    facts = finding.facts
    ids = data.conversation_ids[list(data.blocks.found.rows)].tolist()
    assert facts["breaks"] == [row["conversation_id"] for row in finding.rows] == ids
    assert facts["control"] == {judge: [] for judge in JUDGE_IDS}
    assert facts["p_value"] == 0.005
    assert facts["statistic"]["value"] > 10 * facts["statistic"]["null_max"]
    for control in facts["control_statistic"].values():
        assert control["value"] < 2 * control["null_95"]
    blocks = facts["blocks"]
    assert sum(b["n"] for b in blocks) == 1000
    assert [b["first"] for b in blocks[1:]] == ids
    assert [b["last"] + 1 for b in blocks[:-1]] == ids


@released
def test_letters_are_those_of_the_interim_tables(data: MentalAlign):
    facts = only(rater_blocks(data)).facts
    a, b = facts["interim_totals"]
    assert (a["expert"], a["exact"], a["equal"], a["n"]) == ("A", True, 70, 100)
    assert (b["expert"], b["exact"]) == ("B", False)
    for found in (a, b):
        assert (found["style"], found["share_of_style"]) == (found["expert"], 1.0)
    # The exact run is a block of its own: what the sums say and what the style says is the same.
    runs = [(x["first"], x["last"]) for x in facts["blocks"] if x["expert"] == "A"]
    assert runs == [(a["first"], a["last"])]
    further = [x["expert"] for x in facts["blocks"] if x["expert"] not in "AB"]
    assert further == sorted(further)


@released
def test_without_the_interim_table_the_letters_stay_and_a_note_says_so(data: MentalAlign):
    without = replace(data, interim_totals={})
    finding = only(rater_blocks(without))
    assert finding.facts["interim_totals"] == "no interim totals among the files"
    assert finding.facts["blocks"] == only(rater_blocks(data)).facts["blocks"]
    assert not list(ones_written_later(without))


@released
@pytest.mark.slow
def test_shuffled_sheets_have_no_experts_and_no_repeats(data: MentalAlign):
    found = [shuffled(data, seed) for seed in range(20)]
    assert sum(bool(s.blocks.found.rows) for s in found) <= 1
    for sheet in found[:3]:
        assert [f.kind for f in repeated_ratings(sheet)] == []


@released
def test_habits_by_style(data: MentalAlign):
    finding = only(missing_reply_habit(data))
    table = finding.facts["table"]
    assert sum(sum(row.values()) for row in table.values()) == finding.count == 148
    most = {letter: max(row, key=row.__getitem__) for letter, row in table.items()}
    assert most["A"] == "ordinary"
    assert most["B"] == "all_ones"
    assert {"empty", "all_zeros"} <= set(most.values())
    assert finding.facts["p_value"] == 0.001
    assert min(c["p_value"] for c in finding.facts["control"].values()) > 0.05
    human = data.values[0].copy()
    rng = np.random.default_rng(0)
    human[data.missing_responses] = rng.permutation(human[data.missing_responses])
    assert only(missing_reply_habit(with_human(data, human))).facts["p_value"] > 0.01


@released
def test_ones_were_not_there_before(data: MentalAlign):
    finding = only(ones_written_later(data))
    facts = finding.facts
    assert facts["expert"] == "B"
    assert facts["p_value"] == 0.0001
    assert facts["statistic"]["totals_beyond_the_possible"] > 0
    assert facts["control"]["totals_beyond_the_possible"] == 0
    assert abs(facts["control"]["mean"]) < 1
    for row in finding.rows:
        c = data.conversation_ids.tolist().index(row["conversation_id"])
        assert (data.values[0, c, SYSTEM_IDS.index(row["system"])] == 1).all()
    # Had the ones been there already, there would be no contradiction.
    first, last = facts["first"] - 1, facts["last"]
    sums = np.nan_to_num(data.values[0, first:last]).sum(axis=0).astype(float)
    assert not list(ones_written_later(replace(data, interim_totals={"B": sums})))


@released
def test_rows_repeat_each_other_near_the_end(data: MentalAlign):
    findings = list(repeated_ratings(data))
    last = max(findings, key=lambda f: f.count)
    assert last.facts["last"] == 1000
    assert last.facts["p_value"] == 0.001
    assert last.facts["identical_pairs"] > 10
    for finding in findings:
        assert min(c["p_value"] for c in finding.facts["control"].values()) > 0.01
    row = next(r for r in last.rows if r["different"] == 0)
    one, other = (
        data.values[0, data.conversation_ids.tolist().index(row[k])]
        for k in ("conversation_id", "repeated_in")
    )
    assert np.array_equal(one, other, equal_nan=True)


@released
def test_the_last_rows_stand_beside_the_right_replies(data: MentalAlign):
    finding = only(late_context(data))
    facts = finding.facts
    assert facts["different_contexts"] == 200
    assert "not here" in facts["not_shown"]
    assert facts["statistic"]["value"] > 3 * facts["null"]["null_max"]
    assert facts["p_value"] == 0.005
    human = data.values[0].copy()
    human[-200:] = np.roll(human[-200:], 7, axis=0)
    assert only(late_context(with_human(data, human))).facts["p_value"] > 0.05


@released
def test_a_run_of_misaligned_rows_slipped(data: MentalAlign):
    finding = only(slipped_ratings(data))
    assert [row["conversation_id"] for row in finding.rows] == list(range(501, 511))
    assert all(row["conversation_id"] - row["text_of"] == 1 for row in finding.rows)
    facts = finding.facts
    assert facts["statistic"]["by_text"] > 0.4
    assert abs(facts["statistic"]["by_row"]) < 0.1
    assert facts["p_value"] == 0.001
    assert facts["control"]["aligned_rows"]["by_row"] > 0.2
    # Ratings that stayed where they were while only the text moved.
    human = data.values[0].copy()
    human[500:509] = human[501:510].copy()
    assert not list(slipped_ratings(with_human(data, human)))


def test_the_sample_says_that_it_cannot_tell():
    found = audit(read("sample"))
    (finding,) = (f for f in found.findings if f.kind in STATISTICAL)
    assert (finding.kind, finding.count, finding.facts["breaks"]) == ("rater_blocks", 0, [])
    assert "Cannot be told" in finding.text
    json.dumps(finding.record(), allow_nan=False)


@released
def test_any_ratings_have_a_finding_of_their_own(data: MentalAlign):
    finding = rater_blocks_in(data.targets(), "mine.csv")
    assert finding.sheet == "mine.csv"
    assert len(finding.facts["breaks"]) == len(data.blocks.found.rows)
    assert finding.facts["control"] == {judge: [] for judge in JUDGE_IDS}
    assert json.loads(json.dumps(finding.record(), allow_nan=False)) == finding.record()
