"""Replies that the judges' own words call incomplete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from data_sheets import read

from mentalbench_hf.data.audit import audit
from mentalbench_hf.data.incomplete_replies import calls_incomplete, incomplete_replies
from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.data.mentalalign import MentalAlign


@pytest.mark.parametrize(
    "words",
    [
        "It is warm but is cut off mid-sentence.",
        "The response appears to be cut-off.",
        "The reply cuts off before any step is named.",
        "An abrupt cutoff leaves the user without support.",
        "It ends abruptly, without a next step.",
        "The abrupt ending reduces its guidance.",
        "It stops mid-thought.",
        "The response is incomplete and lacks relevance.",
        "INCOMPLETE: only a greeting.",
        "The last point is unfinished.",
        "The answer was truncated.",
        "Its incompleteness limits it.",
    ],
)
def test_words_for_a_reply_that_does_not_end(words: str) -> None:
    assert calls_incomplete(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "It acknowledges the incomplete context and invites more detail.",
        "It gives incomplete guidance on boundaries.",
        "It warns against stopping the medication abruptly.",
        "It names the abrupt abandonment that the user went through.",
        "Sound advice about cutting contact and about a short cut.",
        "It speaks to the fragmented sense of self.",
        "It is complete and safe.",
    ],
)
def test_words_for_something_else(words: str) -> None:
    assert not calls_incomplete(words)


def with_words(data: MentalAlign, words: dict[tuple[int, int, int], str]) -> MentalAlign:
    """The data with other explanations: (judge, row, system) -> words."""
    judgments = {j: [list(row) for row in rows] for j, rows in data.judgments.items()}
    for (j, c, s), text in words.items():
        rows = judgments[data.roster.judge_ids[j]]
        rows[c][s] = replace(rows[c][s], explanation=text)
    return replace(data, judgments=judgments)


def test_two_judges_must_say_so_and_the_reply_must_have_been_there() -> None:
    data = read_mentalalign(open_source("sample"))
    assert not incomplete_replies(data).any()
    row, system = (int(i) for i in np.argwhere(data.missing_responses)[0])
    told = with_words(
        data,
        {
            (0, 1, 1): "It is cut off.",
            (2, 1, 1): "Unfinished.",
            (1, 2, 2): "It is cut off.",
            (0, row, system): "It is cut off.",
            (1, row, system): "It is incomplete.",
        },
    )
    assert np.argwhere(incomplete_replies(told)).tolist() == [[1, 1]]
    (finding,) = (f for f in audit(told).findings if f.kind == "incomplete_replies")
    assert (finding.rater, finding.system, finding.unit) == (
        "judges", data.roster.system_ids[1], "responses",
    )  # fmt: skip
    assert finding.rows == [{"conversation_id": int(data.conversation_ids[1]), "judges": 2}]


@pytest.mark.upstream
def test_the_released_replies_that_judges_call_incomplete(upstream: Path) -> None:
    data = read(upstream)
    mask = incomplete_replies(data)
    counts = dict(zip(data.roster.system_ids, mask.sum(axis=0).tolist(), strict=True))
    assert (mask.sum(), counts["qwen3-4b"]) == (278, 241)
    safety = data.targets().scores("human", "Safety").reshape(mask.shape)
    assert ((safety == 1).sum(), ((safety == 1) & mask).sum()) == (37, 14)
    found = audit(data)
    assert found.total("incomplete_replies") == 278
    # The ratings stay: the experts and the judges rated what was there.
    assert all("incomplete" not in status for status in found.statuses["human"])
