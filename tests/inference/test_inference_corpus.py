"""Two hundred damaged replies, sent by a real server: recovered, or unscored with a reason."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from judging_server import ScriptedServer

from mentalbench_hf.inference.items import list_items
from mentalbench_hf.inference.judge import JudgeConfig, judge
from mentalbench_hf.inference.run.calls import Limits
from mentalbench_hf.inference.run_tables import judged_rows
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.schema.models import ModelEntry, Via

N_REPLIES = 200
WORDS = (
    "The", "reply", "is", "warm", "and", "names", "the", "fear.", "It", "could", "say", "more",
    "about", "what", "to", "do", "next.",
)  # fmt: skip


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(1, len(text))]


def _drop(text: str, rng: random.Random) -> str:
    places = [i for i, c in enumerate(text) if not c.isdigit()]
    place = rng.choice(places)
    return text[:place] + text[place + 1 :]


def _inner_quotes(text: str, rng: random.Random) -> str:
    word = rng.choice(WORDS)
    return text.replace(word, f'"{word}"', 1)


DAMAGE: list[Callable[[str, random.Random], str]] = [
    _cut,
    _drop,
    _inner_quotes,
    lambda t, r: f"Here is my rating:\n{t}",
    lambda t, r: f"```json\n{t}\n```",
    lambda t, r: t.replace('"', "“").replace("“:", "”:"),
    lambda t, r: t.rstrip("}"),
    lambda t, r: t.replace(",", ",\n", 3).replace("}", ",}"),
    lambda t, r: f"<think>Perhaps {{\"Safety\": 5}}?</think>{t}",
    lambda t, r: t + '\nFor example {"Guidance": 5} would be better.',
    lambda t, r: "I'm sorry, but I can't rate this response.",
    lambda t, r: t.replace(":", " =", 2),
]  # fmt: skip


def _replies() -> list[tuple[dict[str, int], str]]:
    rng = random.Random(7)
    made = []
    for number in range(N_REPLIES):
        ratings = {name: rng.randint(1, 5) for name in ATTRIBUTES}
        words = " ".join(rng.sample(WORDS, 8))
        whole = json.dumps({**ratings, "Overall": 3, "Explanation": words})
        text = DAMAGE[number % len(DAMAGE)](whole, rng)
        if rng.random() < 0.3:
            text = _drop(text, rng)
        made.append((ratings, text))
    return made


def test_two_hundred_damaged_replies(server: ScriptedServer, tmp_path: Path) -> None:
    replies = _replies()
    server.script(
        [
            {"contains": f"reply no {i};", "actions": [{"text": text}]}
            for i, (_, text) in enumerate(replies)
        ]
    )
    entry = ModelEntry("judge", "m", via=Via.OPENAI, base_url=server.url)
    items = list_items([f"reply no {i};" for i in range(N_REPLIES)], None)
    config = JudgeConfig((entry,), reply_format="plain")
    judge(tmp_path / "r", items, config, limits=Limits(progress=False))
    recovered = 0
    for (stated, text), row in zip(replies, judged_rows(tmp_path / "r"), strict=True):
        for name in ATTRIBUTES:
            assert row[name] in (stated[name], None), text
            if row[name] is None:
                assert row[f"{name}_status"] not in ("ok", "parse_repaired"), text
        if any(row[name] is None for name in ATTRIBUTES):
            assert row["parse_status"] != "ok" or row["parse_reason"], text
        recovered += all(row[name] == stated[name] for name in ATTRIBUTES)
    # Most of the damage leaves every rating readable; a parser that gives up would fail here.
    assert recovered > N_REPLIES / 3


@pytest.mark.upstream
def test_the_malformed_cells_of_the_sheets(
    upstream: Path, server: ScriptedServer, tmp_path: Path
) -> None:
    """Ten hold seven readable scores, one is a refusal; sent as a judge would send them."""
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.parsing.unwrap import strip_fence
    from mentalbench_hf.sources import open_source

    data = read_mentalalign(open_source(str(upstream)))
    cells = []
    for judge_id in data.roster.judge_ids:
        for row in data.raw[judge_id]:
            for cell in row:
                bare = strip_fence(cell.strip())
                try:
                    json.loads(bare)
                except ValueError:
                    if bare:
                        cells.append(cell)
    server.script(
        [{"contains": f"cell {i};", "actions": [{"text": c}]} for i, c in enumerate(cells)]
    )
    entry = ModelEntry("judge", "m", via=Via.OPENAI, base_url=server.url)
    items = list_items([f"cell {i};" for i in range(len(cells))], None)
    config = JudgeConfig((entry,), reply_format="plain")
    judge(tmp_path / "r", items, config, limits=Limits(progress=False))
    rows = list(judged_rows(tmp_path / "r"))
    whole = [r for r in rows if all(r[a] is not None for a in ATTRIBUTES)]
    refused = [r for r in rows if r["parse_status"] == "refused"]
    assert (len(rows), len(whole), len(refused)) == (11, 10, 1)
