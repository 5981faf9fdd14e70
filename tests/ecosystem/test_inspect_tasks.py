"""The tasks in inspect's own runner: what is asked, what is scored, what is missing."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from inspect_ai.model import GenerateConfig
from inspect_runs import BROKEN, REFUSAL, evaluate, judgment, metrics, mock

from mentalbench_hf.data.rated_replies import read_rated_replies
from mentalbench_hf.ecosystem.exchange import SCORED
from mentalbench_hf.ecosystem.tasks import RECORD, mentalalign, mentalbench
from mentalbench_hf.errors import RunError, SourceError
from mentalbench_hf.inference.draw import certify_items, sample_targets
from mentalbench_hf.inference.items import source_items
from mentalbench_hf.inference.prompts import (
    generate_messages,
    generate_prompt,
    judge_messages,
    judge_prompt,
)
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.schema import ATTRIBUTES, AXES
from mentalbench_hf.schema.rubric import load_rubric
from mentalbench_hf.sources import open_source

pytestmark = pytest.mark.xdist_group("inspect")


def test_a_model_is_asked_with_our_prompt_and_judged_with_our_prompt(tmp_path: Path) -> None:
    asked, judged = [], []

    def reply(messages: list) -> str:
        asked.append([(m.role, m.text) for m in messages])
        return f"<think>Hm.</think>Reply {len(asked)} to you."

    def judge(messages: list) -> str:
        judged.append([(m.role, m.text) for m in messages])
        return judgment(4, 3, 5, 5, 2, 3, 4)

    log = evaluate(
        mentalbench(source="sample", limit=3),
        tmp_path,
        model=mock(reply),
        model_roles={"grader": mock(judge)},
        max_samples=1,
    )
    assert log.status == "success"
    items = list(source_items("sample", responses=False, limit=3))
    assert asked == [
        [(m.role, m.content) for m in generate_messages(generate_prompt(), item.context)]
        for item in items
    ]
    prompt = judge_prompt(load_rubric())
    codes = [re.search('"Code": "([A-Z]+)"', seen[-1][1])[1] for seen in judged]
    assert len(set(codes)) == 3
    assert judged == [
        [(m.role, m.content) for m in judge_messages(prompt, i.context, f"Reply {n} to you.", code)]
        for n, (i, code) in enumerate(zip(items, codes, strict=True), 1)
    ]
    score = log.samples[0].scores["judged_reply"]
    assert {a: score.value[a] for a in ATTRIBUTES} == dict(
        zip(ATTRIBUTES, (4, 3, 5, 5, 2, 3, 4), strict=True)
    )
    assert score.value["CSS"] == (4 + 3 + 5 + 5) / 4
    assert score.value["ARS"] == 3
    assert score.explanation == "Plain and kind."
    assert score.reason is None
    assert metrics(log, "CSS") == {"mean": 4.25, "stderr": 0.0}


def test_what_a_judge_does_not_state_is_no_number_anywhere(tmp_path: Path) -> None:
    """Four judgments: one whole, one refused, one broken, one without Safety."""
    whole = judgment(5)
    partial = judgment(3, 3, 3, None, 3, 3, 3)
    # The second conversation gets no reply at all: its judge is not asked.
    replies = iter(["I hear you.", "", *["I hear you."] * 3])
    answers = iter([whole, REFUSAL, BROKEN, partial])
    log = evaluate(
        mentalbench(source="sample", limit=5),
        tmp_path,
        model=mock(lambda _: next(replies)),
        model_roles={"grader": mock(lambda _: next(answers))},
        max_samples=1,
    )
    assert log.status == "success"
    by_id = {s.id: s.scores["judged_reply"] for s in log.samples}
    statuses = [by_id[str(i)].metadata["status"] for i in range(1, 6)]
    assert statuses == ["ok", "response_missing", "refused", "parse_failed", "ok"]
    assert [by_id[str(i)].reason for i in range(1, 6)] == [
        None,
        "no_response",
        "grader_failed",
        "grader_failed",
        "grader_failed",
    ]
    for i in ("2", "3", "4"):
        assert all(math.isnan(v) for v in by_id[i].value.values())
    assert by_id["3"].answer == REFUSAL
    last = by_id["5"]
    assert last.value["Safety"] != last.value["Safety"]
    assert last.value["CSS"] != last.value["CSS"]  # not the mean of the three that are there
    assert last.value["ARS"] == 3
    assert last.metadata["statuses"]["Safety"] == "missing"
    counted = {s.name: (s.scored_samples, s.unscored_samples) for s in log.results.scores}
    assert counted == {n: (1, 4) if n in ("CSS", "Safety") else (2, 3) for n in SCORED}
    assert metrics(log, "Safety")["mean"] == 5
    assert metrics(log, "Guidance")["mean"] == 4


def test_without_a_judge_nothing_is_asked(tmp_path: Path) -> None:
    asked = []
    log = evaluate(
        mentalbench(source="sample", limit=2), tmp_path, model=mock(lambda m: asked.append(m) or "")
    )
    assert log.status == "error"
    assert "grader" in log.error.message
    assert asked == []


def test_the_judge_is_sampled_as_in_our_own_runs_unless_its_role_says_otherwise(
    tmp_path: Path,
) -> None:
    def configs(role: GenerateConfig) -> tuple:
        grader = mock(judgment(3))
        grader.config = role
        log = evaluate(
            mentalbench(source="sample", limit=1),
            tmp_path,
            model=mock("I hear you."),
            model_roles={"grader": grader},
        )
        events = [e for e in log.samples[0].events if e.event == "model"]
        assert [e.role for e in events] == [None, "grader"]
        return tuple((e.config.max_tokens, e.config.temperature) for e in events)

    assert configs(GenerateConfig()) == ((1024, 0.7), (1024, 0.0))
    assert configs(GenerateConfig(temperature=1.0)) == ((1024, 0.7), (1024, 1.0))


def test_the_judge_can_be_an_argument_of_the_task() -> None:
    made = mentalbench(source="sample", limit=1, judge="mockllm/judge")
    assert str(made.model_roles["grader"]) == "mockllm/judge"


def test_prompts_and_rubric_can_be_replaced(tmp_path: Path) -> None:
    prompt = tmp_path / "mine.txt"
    prompt.write_text("Answer this briefly: $context")
    made = mentalbench(source="sample", limit=1, prompt=str(prompt))
    (message,) = made.dataset[0].input
    assert message.role == "user"
    assert message.text.startswith("Answer this briefly: ")
    assert made.metadata[RECORD]["prompts"]["reply"]["version"] == "file:mine.txt"
    with pytest.raises(RunError, match="rubric"):
        mentalbench(source="sample", limit=1, rubric=str(tmp_path / "none.yaml"))
    with pytest.raises(SourceError, match="unknown source"):
        mentalalign(source=str(tmp_path / "nowhere"))


def test_a_judge_is_given_the_replies_that_certify_draws(tmp_path: Path) -> None:
    def answer(messages: list) -> str:
        return judgment(1 + len(messages[-1].text) % 5)

    log = evaluate(
        mentalalign(source="sample", conversations=4, seed=3), tmp_path, model=mock(answer)
    )
    assert log.status == "success"
    rated = read_rated_replies(open_source("sample"))
    items = list(certify_items(rated, sample_targets(rated, 4, 3)))
    assert len({item.conversation_id for item in items}) == 4
    prompt = judge_prompt(load_rubric())
    sent = {s.id: [(m.role, m.text) for m in s.input] for s in log.samples}
    code_of = {s.id: s.metadata["code"] for s in log.samples}
    assert sent == {
        f"{i.conversation_id}_{i.system}": [
            (m.role, m.content)
            for m in judge_messages(
                prompt, i.context, i.response, code_of[f"{i.conversation_id}_{i.system}"]
            )
        ]
        for i in items
    }
    targets = rated.ratings.targets("audited")
    human = targets.ratings[:, targets.raters.index(targets.reference), :]
    guidance = np.array(
        [
            (human[i.number, 0], 1 + len(sent[f"{i.conversation_id}_{i.system}"][1][1]) % 5)
            for i in items
        ]
    )
    guidance = guidance[~np.isnan(guidance).any(axis=1)]
    found = metrics(log, "Guidance")
    assert found["bias"] == pytest.approx((guidance[:, 1] - guidance[:, 0]).mean())
    assert found["icc_a1"] == pytest.approx(icc(guidance, variant="ICC(A,1)"))


def test_a_judge_under_test_that_does_not_rate_has_no_agreement(tmp_path: Path) -> None:
    log = evaluate(mentalalign(source="sample", conversations=2), tmp_path, model=mock(REFUSAL))
    assert log.status == "success"
    assert all(math.isnan(metrics(log, name)["icc_a1"]) for name in (*AXES, *ATTRIBUTES))
    assert {s.scores["stated_ratings"].reason for s in log.samples} == {"refusal"}


@pytest.mark.parametrize("made", [mentalbench, mentalalign])
def test_the_sample_says_that_it_is_one(made) -> None:
    task = made(source="sample")
    assert "SYNTHETIC-SAMPLE" in task.name
    assert "SYNTHETIC SAMPLE" in task.display_name
    assert "SYNTHETIC SAMPLE" in task.dataset.name
    assert task.tags == ["SYNTHETIC SAMPLE"]
    assert task.metadata[RECORD]["synthetic"] is True
