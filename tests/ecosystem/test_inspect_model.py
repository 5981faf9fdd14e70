"""The tasks with a real small language model, through inspect's own provider."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from inspect_ai.model import GenerateConfig, get_model
from inspect_runs import evaluate

from mentalbench_hf.ecosystem.tasks import mentalbench
from mentalbench_hf.parsing import parse_judgment
from mentalbench_hf.schema import ATTRIBUTES

pytestmark = [pytest.mark.slow, pytest.mark.model, pytest.mark.xdist_group("inspect")]


def test_a_real_model_replies_and_judges(smollm2: Path, tmp_path: Path) -> None:
    short = GenerateConfig(max_tokens=16, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transformers' and the provider's own
        # transformers takes the judge's temperature of 0 only in this form.
        model = get_model(f"hf/{smollm2}", device="cpu", do_sample=False, config=short)
    log = evaluate(
        mentalbench(source="sample", limit=1),
        tmp_path,
        model=model,
        model_roles={"grader": model},
        max_tokens=16,
    )
    assert log.status == "success", log.error
    replies = [s.output.completion for s in log.samples]
    assert all(len(reply.split()) > 5 for reply in replies)
    for sample in log.samples:
        score = sample.scores["judged_reply"]
        asked = [e for e in sample.events if e.event == "model" and e.role == "grader"]
        assert replies[int(sample.id) - 1].strip() in asked[0].input[-1].text
        # 16 tokens hold no whole judgment: whatever came is kept, and read as it stands.
        read = parse_judgment(score.answer)
        assert score.metadata["status"] == read.status
        assert score.answer
        for a in ATTRIBUTES:
            assert score.value[a] == read.ratings[a] or score.value[a] != score.value[a]
