"""The judge as a function of texts: what `evaluate.load("mentalbench_judge")` computes."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.clients.factory import ClientSettings, resolve_model
from mentalbench_hf.inference.items import list_items
from mentalbench_hf.inference.judge import JudgeConfig, plan_judge
from mentalbench_hf.inference.messages import JUDGE_SAMPLING, Sampling
from mentalbench_hf.inference.repetitions import average_ratings
from mentalbench_hf.inference.run.calls import Limits
from mentalbench_hf.inference.run.plan import conduct
from mentalbench_hf.inference.run_tables import judged_rows, write_judged
from mentalbench_hf.schema import ATTRIBUTES, AXES, axis_scores
from mentalbench_hf.schema.models import load_models
from mentalbench_hf.schema.rubric import load_rubric

DESCRIPTION: Final = """\
A language model rates replies to people who asked for support with their mental health, on seven
attributes from 1 to 5, with their means CSS (Cognitive Support Score) and ARS (Affective Resonance
Score). Its ratings are not a clinician's; `mentalbench certify` measures how far they agree.
"""
KWARGS_DESCRIPTION: Final = """
Args:
    predictions: the replies; an empty text is a missing reply.
    references: the messages they answer; an empty text when unknown.
    judge: a registered judge, or a name of yours together with `model`.
    model, base_url, provider, via, token_env: how the judge is reached.
    scoring: "reply" or "expected".
    repeats, temperature, max_tokens, concurrency, max_requests, rubric, reply_format: see
        `mentalbench judge --help`.
    out: folder that keeps the run; by default a temporary one.
Returns:
    items: one dict per reply with the seven ratings, css, ars, status and reason.
    guidance, informativeness, relevance, safety, empathy, helpfulness, understanding, css, ars:
        means over the scored replies, 1 to 5, None without any.
    n_unscored: replies that lack at least one of the seven ratings.
"""


def judge_texts(
    responses: Sequence[str | None],
    contexts: Sequence[str] | None = None,
    *,
    judge: str | None = None,
    model: str | None = None,
    base_url: str | None = None,
    provider: str | None = None,
    via: str | None = None,
    token_env: str | None = None,
    scoring: str = "reply",
    repeats: int = 1,
    temperature: float | None = JUDGE_SAMPLING.temperature,
    max_tokens: int = JUDGE_SAMPLING.max_tokens,
    concurrency: int = 8,
    max_requests: int | None = None,
    rubric: str | None = None,
    reply_format: str = "auto",
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Judge replies and return ratings per item and their means; see ``KWARGS_DESCRIPTION``.

    Raises:
        RunError: unusable arguments, or a run that was stopped before every reply was judged.
        CallFailure: the judge cannot be reached at all.
    """
    from mentalbench_hf.inference.run.budget import Budget

    known = load_models()
    entry = resolve_model(
        judge, known, model=model, base_url=base_url, provider=provider, via=via,
        token_env=token_env,
    )  # fmt: skip
    config = JudgeConfig(
        judges=(entry,),
        rubric=load_rubric(rubric),
        sampling=Sampling(max_tokens, temperature),
        scoring=scoring,
        repeats=repeats,
        reply_format=reply_format,
        client=ClientSettings(concurrency=concurrency),
    )
    with contextlib.ExitStack() as stack:
        folder = (
            Path(out) if out else Path(stack.enter_context(tempfile.TemporaryDirectory())) / "run"
        )
        plan = plan_judge(folder, list_items(responses, contexts), config)
        summary = conduct(
            plan,
            limits=Limits(concurrency=concurrency, progress=False),
            budget=Budget(max_requests=max_requests),
        )
        if summary.stopped:
            raise RunError(
                f"The run stopped before its end: {summary.stopped}. Give out= a folder to keep "
                "what came back, and call again to go on."
            )
        rows = list(judged_rows(folder))
        if out:
            write_judged(plan.folder, rows)
    return _result(rows, repeats, expected=scoring == "expected")


def _result(rows: list[dict[str, Any]], repeats: int, *, expected: bool) -> dict[str, Any]:
    columns = [f"{a}_expected" if expected else a for a in ATTRIBUTES]
    stated = ((number // repeats, [row[c] for c in columns]) for number, row in enumerate(rows))
    means = average_ratings(len(rows) // repeats, stated).tolist()
    items = [_item(row, mean) for row, mean in zip(rows[::repeats], means, strict=True)]
    result: dict[str, Any] = {"items": items}
    for name in (*ATTRIBUTES, *AXES):
        values = [item[name.lower()] for item in items if item[name.lower()] is not None]
        result[name.lower()] = float(np.mean(values)) if values else None
    result["n_unscored"] = sum(any(item[a.lower()] is None for a in ATTRIBUTES) for item in items)
    return result


def _item(row: dict[str, Any], means: list[float]) -> dict[str, Any]:
    """Return one reply's ratings, the means of its repetitions; words are the first one's."""
    rated = {
        a: None if math.isnan(mean) else mean for a, mean in zip(ATTRIBUTES, means, strict=True)
    }
    scores = {**rated, **axis_scores(rated)}
    return {
        **{name.lower(): score for name, score in scores.items()},
        "status": row["parse_status"],
        "reason": row["parse_reason"],
    }
