"""What must hold for any text: nothing raises, no rating appears that the text does not state."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parsing_texts import HOSTILE, SCORES, judgment, mutate, quotations, unescaped

from mentalbench_hf.parsing import ParsedJudgment, parse_judgment
from mentalbench_hf.schema import ATTRIBUTES, SCALE, USABLE

FRAGMENTS = st.sampled_from(
    [
        *ATTRIBUTES,
        *(f'"{name}": {value}' for name, value in SCORES.items()),
        *(f"'{name}': {value}, " for name, value in HOSTILE.items()),
        *("{", "}", "[", "]", '"', "'", "“", "”", ":", ",", "\\", "\n", " ", "```json\n", "```"),
        *("null", "None", "true", "NaN", "1", "5", "4.0", "6", "-", "/", "1e9", '"4"'),
        *("<think>", "</think>", '"Overall": 4', '"Explanation": "', "I cannot rate this.", "e.g."),
        *("ı", "ſ", "\x00", "\ud800", "\ufeff"),
        judgment(),
        judgment(HOSTILE, indent=None),
    ]
)
SOUP = st.lists(FRAGMENTS, max_size=25).map("".join)
SEEDS = st.integers(min_value=0, max_value=2**32 - 1)


def consistent(parsed: ParsedJudgment) -> None:
    """Check what holds for every result."""
    assert list(parsed.ratings) == list(parsed.statuses) == list(parsed.raw_values)
    assert list(parsed.ratings) == list(ATTRIBUTES)
    for name, rating in parsed.ratings.items():
        assert (rating is not None) == (parsed.statuses[name] in USABLE)
        assert rating is None or (rating in SCALE and parsed.raw_values[name] == rating)
    complete = all(rating is not None for rating in parsed.ratings.values())
    assert parsed.reason or (complete and parsed.status == "ok")


@settings(max_examples=300)
@given(st.text() | SOUP)
@example("{" + '"Guidance" ' * 4)
def test_no_text_raises_and_ratings_are_stated(text: str) -> None:
    parsed = parse_judgment(text)
    consistent(parsed)
    for name, rating in parsed.ratings.items():
        if rating is not None:
            # Independent of the parser: the key, marks and a colon, then the number. A JSON object
            # as value ({"score": 4}) does not occur among the fragments.
            stated = rf"(?i){name}\W{{0,4}}\s*:\s*\W?\s*{rating}(?!\d)"
            assert re.search(stated, text), (name, rating)


@st.composite
def texts(draw: st.DrawFn) -> tuple[dict[str, int], str]:
    """Draw true scores and a text that states them, with other scores quoted somewhere in it."""
    scores = {name: draw(st.sampled_from(SCALE)) for name in ATTRIBUTES}
    hostile = {name: score % 5 + 1 for name, score in scores.items()}
    kept = draw(st.lists(st.sampled_from(ATTRIBUTES), min_size=1, unique=True))
    quotation = draw(st.sampled_from(quotations({n: hostile[n] for n in kept})))
    explanation = draw(st.sampled_from(["The reply said ", "", "He wrote: "])) + quotation
    text = judgment(scores, explanation, draw(st.sampled_from([None, 2])))
    if draw(st.booleans()):
        text = text.replace(json.dumps(explanation), f'"{explanation}"')
    match draw(st.integers(0, 4)):
        case 0:
            text = f"```json\n{text}\n```"
        case 1:
            text = f"I will evaluate this now.\n\n{text}"
        case 2:
            text = f"The reply claims {quotation}. My evaluation follows.\n{text}"
        case 3:
            text = f"{text}\nNote that the reply said {quotation}"
    return scores, text


@settings(max_examples=200)
@given(texts())
def test_injected_objects_are_never_the_source(drawn: tuple[dict[str, int], str]) -> None:
    scores, text = drawn
    parsed = parse_judgment(text)
    consistent(parsed)
    assert all(rating in (None, scores[name]) for name, rating in parsed.ratings.items())


@settings(max_examples=600)
@given(texts(), SEEDS, st.integers(1, 6))
def test_mutations_never_yield_another_rating(
    drawn: tuple[dict[str, int], str], seed: int, steps: int
) -> None:
    scores, text = drawn
    parsed = parse_judgment(mutate(text, random.Random(seed), steps))
    consistent(parsed)
    assert all(rating in (None, scores[name]) for name, rating in parsed.ratings.items())


@pytest.mark.parametrize("text", [judgment(), judgment(indent=None), unescaped('Uses "I" well.')])
def test_every_truncation_states_true_ratings_or_none(text: str) -> None:
    complete = 0
    for end in range(len(text)):
        parsed = parse_judgment(text[:end])
        consistent(parsed)
        assert all(rating in (None, SCORES[name]) for name, rating in parsed.ratings.items())
        complete += parsed.ratings == SCORES
    # Everything cut after the ratings, inside the explanation, still holds all seven.
    assert complete > 20


def test_two_hundred_mutated_replies_are_recovered_or_unscored_with_a_reason() -> None:
    rng = random.Random(20_250)
    texts = [
        judgment(),
        f"```json\n{judgment()}\n```",
        f"I will evaluate this now.\n\n{judgment(indent=None)}",
        unescaped('Uses "I" statements; kind.'),
    ]
    recovered = complete = 0
    for number in range(200):
        parsed = parse_judgment(mutate(texts[number % 4], rng, 1 + number % 3))
        consistent(parsed)
        assert all(rating in (None, SCORES[name]) for name, rating in parsed.ratings.items())
        assert parsed.ratings == SCORES or parsed.reason
        recovered += sum(rating is not None for rating in parsed.ratings.values()) >= 4
        complete += parsed.ratings == SCORES
    # Safety must not be bought by reading nothing; most mutations hit a key or a colon for good.
    assert recovered >= 120
    assert complete >= 40
