"""Evaluations with inspect's own mock model: its runner, its log files, our tasks."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model

from mentalbench_hf.schema import ATTRIBUTES

REFUSAL = "I cannot rate this response."
BROKEN = '{"Guidance": 4, "Informativeness": '


def judgment(*ratings: int | None, explanation: str = "Plain and kind.") -> str:
    """A judge's words: seven ratings, or one for all of them."""
    seven = ratings * len(ATTRIBUTES) if len(ratings) == 1 else ratings
    return json.dumps(dict(zip(ATTRIBUTES, seven, strict=True)) | {"Explanation": explanation})


def mock(answer: Callable[[list[Any]], str] | str) -> Model:
    """A model that answers the same, or by what it is sent."""

    def reply(messages: list[Any], *_: object) -> ModelOutput:
        text = answer if isinstance(answer, str) else answer(messages)
        output = ModelOutput.from_content("mockllm/model", text)
        output.usage = ModelUsage()  # otherwise tokens are counted with a downloaded table
        return output

    return get_model("mockllm/model", custom_outputs=reply)


def evaluate(task: inspect_ai.Task, folder: Path, **options: Any) -> EvalLog:
    """Run one task and return its log as it stands on disk."""
    with warnings.catch_warnings():
        # inspect leaves streams of its display unclosed, and calls tenacity by an old name.
        warnings.simplefilter("ignore")
        (log,) = inspect_ai.eval(
            task, log_dir=str(folder), display="none", log_level="error", **options
        )
        gc.collect()
    return inspect_ai.log.read_eval_log(log.location, resolve_attachments=True)


def metrics(log: EvalLog, name: str) -> dict[str, float]:
    """The metrics of an attribute or axis."""
    assert log.results is not None
    (score,) = [s for s in log.results.scores if s.name == name]
    return {key.rpartition("/")[2]: m.value for key, m in score.metrics.items()}
