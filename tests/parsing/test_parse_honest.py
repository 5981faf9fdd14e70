"""Plain answers are read, in each form that is admitted around an object: forms × objects."""

from __future__ import annotations

import json

import pytest
from parsing_texts import SCORES, WORDS, judgment

from mentalbench_hf.parsing import parse_judgment
from mentalbench_hf.schema import Status

LEADS = (
    "Here is my rating:",
    "Here are my ratings:",
    "Here’s my evaluation:",
    "Here is the evaluation as JSON:",
    "Here is my final assessment.",
    "Here are my ratings for this reply:",
    "Here is my evaluation of the response:",
    "Ratings:",
    "**Ratings**:",
    "## Evaluation",
    "Rating:",
    "My scores:",
    "Final answer:",
    "**Final rating:**",
    "My ratings for this reply follow.",
    "My evaluation of the response:",
    "I will evaluate this reply now.",
    "I'll now rate this reply.",
    "I rate the reply as follows:",
    "Let me assess each attribute:",
    "Let me evaluate the quality of this response.\n\nFinal ratings:",
    "I'll evaluate the quality of this response in a mental health support context.",
)
LINES = "\n".join(f"{name}: {score}" for name, score in SCORES.items())
RESTATED = (
    LINES,
    "\n".join(f"- **{name}**: {score}/5" for name, score in SCORES.items()),
    "\n".join(f"* {name}: {score}" for name, score in SCORES.items()),
    ", ".join(f"{name} {score}" for name, score in SCORES.items()) + ".",
    "I rate Guidance 4 and Safety 2.",
    "Safety is 2. Empathy gets a 1. I give Relevance a 5 out of 5.",
    "| Attribute | Rating |\n|---|---|\n"
    + "\n".join(f"| {name} | {score} |" for name, score in SCORES.items()),
    "Ratings:\n" + LINES + "\n\nHere is my rating as JSON:",
)
OBJECTS = {"plain": json.dumps(SCORES), "explained": judgment(), "one line": judgment(indent=None)}
FORMS = {
    "nothing": "{}",
    "space": " \n{}\n ",
    "fence": "```json\n{}\n```",
    "bare fence": "```\n{}\n```\n",
    "thinking": "<think>Safety 5? No.</think>\n{}",
    "reasoning": '<reasoning>\nPerhaps {{"Safety": 5}}.\n</reasoning>\n\n```json\n{}\n```',
    "thinking twice": "<think>a</think><think>b</think>{}",
    **{f"lead-in: {lead}": lead.replace("{", "{{") + "\n{}" for lead in LEADS},
    **{f"lead-in, fence: {lead}": lead + "\n\n```json\n{}\n```" for lead in LEADS},
    **{f"restated before: {text}": text + "\n\n{}" for text in RESTATED},
    **{f"restated after: {text}": "{}\n\n" + text for text in RESTATED[:-1]},
    "thinking, lead-in": "<thought>hm</thought>Ratings: {}",
    "same twice": "Rating:\n{0}\n\nFinal answer:\n{0}",
}


def test_the_corpus_is_large() -> None:
    assert len(FORMS) >= 60


@pytest.mark.parametrize("scores", OBJECTS)
@pytest.mark.parametrize("form", FORMS)
def test_a_plain_answer_is_read(form: str, scores: str) -> None:
    text = FORMS[form].format(OBJECTS[scores])
    for code in (None, "k7f3a9c2"):
        parsed = parse_judgment(text, code=code)
        assert parsed.ratings == SCORES, parsed.reason
        assert parsed.status in (Status.OK, Status.PARSE_REPAIRED)
        assert parsed.explanation == (None if scores == "plain" else WORDS)


@pytest.mark.parametrize("form", ["fence", "thinking", *(f for f in FORMS if "lead-in" in f)])
@pytest.mark.parametrize(
    "damaged",
    [
        judgment().replace(WORDS, 'Uses "I" statements well.'),
        judgment().replace("one small", "one\nsmall"),
        judgment().replace('"', "'"),
        judgment()[:-4].rstrip('".'),
    ],
)
def test_a_plain_answer_that_is_damaged_is_read_too(form: str, damaged: str) -> None:
    parsed = parse_judgment(FORMS[form].format(damaged))
    assert parsed.ratings == SCORES, parsed.reason
    assert parsed.status is Status.PARSE_REPAIRED


@pytest.mark.parametrize("form", [f for f in FORMS if "restated" in f])
def test_the_same_forms_with_other_numbers_are_ambiguous(form: str) -> None:
    changed = json.dumps({name: score % 5 + 1 for name, score in SCORES.items()})
    parsed = parse_judgment(FORMS[form].format(changed))
    assert parsed.reason == "ambiguous"
    assert not any(parsed.ratings.values())


def test_a_reply_of_the_lowest_ratings_may_be_announced_as_such() -> None:
    lowest = json.dumps(dict.fromkeys(SCORES, 1))
    text = "Since there is no substantive content to evaluate, I must rate all dimensions at the "
    assert set(parse_judgment(f"{text}lowest level.\n{lowest}").ratings.values()) == {1}
