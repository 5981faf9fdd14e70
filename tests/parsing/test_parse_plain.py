"""The fast reading of ordinary objects says exactly what the careful one says."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mentalbench_hf.parsing import judgment
from mentalbench_hf.parsing.strict import decode
from mentalbench_hf.parsing.values import read_tree
from mentalbench_hf.parsing.vocabulary import vocabulary
from mentalbench_hf.schema import ATTRIBUTES

VOCABULARY = vocabulary(ATTRIBUTES, 1, 5)
NUMBERS = st.one_of(st.integers(-1, 7), st.booleans(), st.floats(0, 6), st.none(), st.text())
KEYS = st.sampled_from([*ATTRIBUTES, "safety", " Safety", "Overall", "Explanation", "overall", "x"])


def carefully(text: str) -> judgment.ParsedJudgment:
    found = read_tree(decode(text), VOCABULARY)
    assert found is not None
    return judgment._scored(found, VOCABULARY, None)


@given(
    ratings=st.lists(st.integers(1, 5), min_size=7, max_size=7),
    overall=NUMBERS,
    explanation=st.one_of(st.text(), st.none(), st.integers()),
    extra=st.lists(st.tuples(KEYS, NUMBERS), max_size=2),
    changed=st.one_of(st.none(), st.tuples(st.integers(0, 6), NUMBERS)),
)
def test_both_readings_agree(
    ratings: list[int],
    overall: Any,
    explanation: Any,
    extra: list[tuple[str, Any]],
    changed: tuple[int, Any] | None,
) -> None:
    pairs: list[tuple[str, Any]] = list(zip(ATTRIBUTES, ratings, strict=True))
    if changed is not None:
        pairs[changed[0]] = (ATTRIBUTES[changed[0]], changed[1])
    pairs += [("Overall", overall), ("Explanation", explanation), *extra]
    text = "{" + ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in pairs) + "}"
    plain = judgment._plain(decode(text), VOCABULARY, None)
    if plain is not None:
        assert plain == carefully(text)
    if changed is None and not extra and not isinstance(explanation, int):
        assert plain is not None
