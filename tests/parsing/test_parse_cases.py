"""Every kind of text a judge was seen, or may be feared, to write: a table of hand-made cases."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from parsing_texts import HOSTILE, SCORES, WORDS, judgment, quotations, unescaped

from mentalbench_hf.errors import DataError
from mentalbench_hf.parsing import ParsedJudgment, parse_judgment
from mentalbench_hf.schema import ATTRIBUTES, USABLE, Status

if TYPE_CHECKING:
    from types import FrameType

GOOD = judgment()
ONE_LINE = judgment(indent=None)
BARE = json.dumps(SCORES)
OK, REPAIRED, FAILED = Status.OK, Status.PARSE_REPAIRED, Status.PARSE_FAILED
MISSING, REFUSED, OUT = Status.MISSING, Status.REFUSED, Status.OUT_OF_RANGE


def unscored(parsed: ParsedJudgment) -> bool:
    return all(v is None for v in parsed.ratings.values()) and not any(parsed.raw_values.values())


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (GOOD, OK, None),
        (ONE_LINE, OK, None),
        (f"\n  {GOOD}\n", OK, None),
        (f"\ufeff{GOOD}", OK, None),
        (f"```json\n{GOOD}\n```", OK, None),
        (f"```\n{GOOD}\n```\n", OK, None),
        (f"```json {ONE_LINE}```", OK, None),
        (f"<think>Safety 1? {{'Safety': 1}} No.</think>\n{GOOD}", OK, None),
        (f"<think>a</think>\n<think>b</think>```json\n{GOOD}\n```", OK, None),
        (f"My ratings for this reply follow.\n\n{GOOD}", REPAIRED, "repaired:surrounding_text"),
        (f"Here is my evaluation:\n```json\n{GOOD}\n```", REPAIRED, None),
        (f"Here is my evaluation in the requested format: {ONE_LINE}", REPAIRED, None),
        (f"```json\n{GOOD}", REPAIRED, "repaired:surrounding_text"),
        (f"{GOOD}\n\nFinal answer:\n{ONE_LINE}", REPAIRED, None),
        (f"[{GOOD}, {ONE_LINE}]", REPAIRED, "repaired:nested_object"),
        (f'{{"ratings": {BARE}, "scores": {BARE}, "Overall": 3.5}}', REPAIRED, None),
        (judgment(explanation='It said "I cannot rate this".'), OK, None),
        (judgment(explanation="I cannot rate Safety higher than 2 here."), OK, None),
        (f"[{GOOD}]", REPAIRED, "repaired:nested_object"),
        (f'{{"ratings": {BARE}, "Overall": 3.5}}', REPAIRED, "repaired:nested_object"),
        (GOOD.removesuffix("\n}"), REPAIRED, "repaired:missing_brace"),
        (GOOD.removeprefix("{\n").lstrip(), REPAIRED, "repaired:missing_brace"),
        (GOOD.replace('."\n}', '.",\n}'), REPAIRED, "repaired:trailing_comma"),
        (unescaped('Uses "I" statements and "we" well.'), REPAIRED, "repaired:unescaped_quotes"),
        (unescaped('Calls the step ("breathe"), kindly.'), REPAIRED, "repaired:unescaped_quotes"),
        (unescaped("Two\nlines."), REPAIRED, "repaired:control_characters"),
        (GOOD.replace('"', "'"), REPAIRED, "repaired:single_quotes"),
        (
            "".join(c if c != '"' else "“”"[GOOD[:i].count('"') % 2] for i, c in enumerate(GOOD)),
            REPAIRED,
            "repaired:curly_quotes",
        ),
        (GOOD.replace('"Overall": 3.5', "'Overall': None, 'Flag': True"), REPAIRED, None),
    ],
)
def test_all_seven_ratings_are_read(text: str, status: Status, reason: str | None) -> None:
    parsed = parse_judgment(text)
    assert parsed.ratings == SCORES
    assert list(parsed.ratings) == list(ATTRIBUTES)
    assert parsed.raw_values == SCORES
    assert parsed.status is status
    assert set(parsed.statuses.values()) == {status}
    if reason or status is OK:
        assert parsed.reason == reason


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (None, MISSING, "empty"),
        ("", MISSING, "empty"),
        (" \n\t", MISSING, "empty"),
        ("nan", MISSING, "empty"),
        (" NaN ", MISSING, "empty"),
        (json.dumps(dict.fromkeys(ATTRIBUTES)), MISSING, "null_rating"),
        ("The reply is kind.", FAILED, "no_object"),
        ("{}", FAILED, "no_object"),
        ("[]", FAILED, "no_object"),
        ("5", FAILED, "no_object"),
        (json.dumps(GOOD), FAILED, "no_object"),
        (json.dumps([str(SCORES)]), FAILED, "no_object"),
        ("\n".join(f"{k}: {v}" for k, v in SCORES.items()), FAILED, "no_object"),
        (f"<think>It seems {BARE}", FAILED, "unclosed_think"),
        (f"Well. <think>\n{GOOD}", FAILED, "ambiguous"),
        (f"{GOOD}\n{judgment(HOSTILE)}", FAILED, "ambiguous"),
        (f"{judgment(HOSTILE)}\nOn reflection:\n{GOOD}", FAILED, "ambiguous"),
        (f"[{GOOD}, {judgment(HOSTILE)}]", FAILED, "ambiguous"),
        (f'{GOOD}\nOn reflection:\n{{"Safety": 5}}', FAILED, "ambiguous"),
        (f"{GOOD}\nOn reflection, Safety: 5", FAILED, "ambiguous"),
        (f'{BARE}\n{{"Guidance": <1-5>, "Safety": <1-5>}}', FAILED, "ambiguous"),
        (f"The reply contains {ONE_LINE}", FAILED, "ambiguous"),
        (f"The reply says:\n{GOOD}", FAILED, "ambiguous"),
        (f'It ended with "{BARE}"', FAILED, "ambiguous"),
        (f"> {ONE_LINE}", FAILED, "ambiguous"),
        (f"Seeing {ONE_LINE} in a reply is odd.", FAILED, "ambiguous"),
        (f"An odd ending of the text\n{GOOD}", FAILED, "ambiguous"),
        (f"{GOOD}\nThat was in the text. My own ratings follow.", FAILED, "ambiguous"),
        (f"Explanation: the text ended so.\n{GOOD}", FAILED, "ambiguous"),
        (f"{GOOD}\nI stayed strict.", FAILED, "ambiguous"),
        (f"<answer>{ONE_LINE}</answer>", FAILED, "ambiguous"),
        (f"I cannot rate Safety higher than 2 here.\n{GOOD}", FAILED, "ambiguous"),
        (f"I weighed {{tone}} and {{content}}.\n{GOOD}", FAILED, "ambiguous"),
        (f"For example: {ONE_LINE}", FAILED, "ambiguous"),
        (f"The format would be:\n{GOOD}", FAILED, "ambiguous"),
        (f"This is only an example.\n{GOOD}", FAILED, "ambiguous"),
        (f"Here is my evaluation:\n```json\n{GOOD}\n```\n```", FAILED, "ambiguous"),
        (f"{GOOD}\nThese are not my actual ratings.", FAILED, "ambiguous"),
        (f"I cannot rate this reply. A rating would be: {ONE_LINE}", REFUSED, "refusal"),
        (f"{GOOD}\nI refuse to do this for real.", REFUSED, "refusal"),
        ('Scale {"Empathy": 1} is worst. I refuse.', REFUSED, "refusal"),
        ('Scale {"Empathy": 1} is worst.', FAILED, None),
        ("I'm sorry, but I can't evaluate this reply.", REFUSED, "refusal"),
        ("I am unable to assess it. Please provide the actual response.", REFUSED, "refusal"),
        ("If you could share the full reply, we can begin.", REFUSED, "refusal"),
        ('{"Guidance": 4, "Informativeness": 3, "Relevance": 5', FAILED, "incomplete"),
        (f"{{'Explanation': '{WORDS}', {str(SCORES)[1:]}", FAILED, "incomplete"),
        ("{" * 1000 + GOOD, FAILED, None),
        (GOOD + "}" * 3 + "{" + '"Safety": 5' * 2000, FAILED, None),
    ],
)
def test_nothing_is_read(text: str | None, status: Status, reason: str | None) -> None:
    parsed = parse_judgment(text)
    assert unscored(parsed)
    assert parsed.status is status
    assert parsed.reason == reason if reason else parsed.reason
    assert set(parsed.statuses.values()) == {status}


@pytest.mark.parametrize(
    ("literal", "rating", "status", "raw"),
    [
        ("2", 2, OK, 2),
        ('"2"', 2, REPAIRED, 2),
        ('" 2 "', 2, REPAIRED, 2),
        ("2.0", 2, REPAIRED, 2),
        ("1.9999999999999999999", None, FAILED, None),
        ("2.0000000000000000001", None, FAILED, None),
        ('{"score": 2, "why": "kind"}', 2, REPAIRED, 2),
        ("0", None, OUT, 0),
        ("6", None, OUT, 6),
        ("-1", None, OUT, -1),
        ('"10"', None, OUT, 10),
        ("127", None, OUT, 127),
        ("128", None, FAILED, None),
        ("1e2", None, OUT, 100),
        ("1e999", None, FAILED, None),
        ("9" * 40, None, FAILED, None),
        ("null", None, MISSING, None),
        ("true", None, FAILED, None),
        ("4.5", None, FAILED, None),
        ('"5/5"', None, FAILED, None),
        ('"1-5"', None, FAILED, None),
        ('"four"', None, FAILED, None),
        ('"²"', None, FAILED, None),
        ('"٤"', None, FAILED, None),
        ('""', None, FAILED, None),
        ("[2]", None, FAILED, None),
        ("{}", None, FAILED, None),
        ('{"score": 2, "rating": 3}', None, FAILED, None),
        ('{"score": "2"}', None, FAILED, None),
        ('"it said {\\"Safety\\": 5}"', None, FAILED, None),
        ('2, "Safety": 2', 2, OK, 2),
        ('2, "Safety": "2"', 2, REPAIRED, 2),
        ('2, "Safety": 4', None, FAILED, None),
        ('2, "safety": 4', None, FAILED, None),
        ('2, "Safety": null', None, FAILED, None),
        ('2, "Safety": 4, "Safety": 2', None, FAILED, None),
    ],
)
def test_one_value(literal: str, rating: int | None, status: Status, raw: int | None) -> None:
    parsed = parse_judgment(GOOD.replace('"Safety": 2', f'"Safety": {literal}'))
    assert parsed.ratings == {**SCORES, "Safety": rating}
    assert parsed.statuses["Safety"] is status
    assert parsed.raw_values["Safety"] == raw
    others = {name: s for name, s in parsed.statuses.items() if name != "Safety"}
    assert set(others.values()) == {OK}
    assert parsed.status is (REPAIRED if status in (REPAIRED, FAILED) else OK)


@pytest.mark.parametrize(
    "literal", ["NaN", "Infinity", "-Infinity", "9" * 5000, "02", "+2", "2.", "2e" + "9" * 20]
)
def test_values_that_are_not_json_are_no_ratings(literal: str) -> None:
    parsed = parse_judgment(GOOD.replace('"Safety": 2', f'"Safety": {literal}'))
    assert parsed.ratings["Safety"] is None
    assert parsed.raw_values["Safety"] is None
    assert {k: v for k, v in parsed.ratings.items() if v not in (None, SCORES[k])} == {}


@pytest.mark.parametrize(
    "literal", ["2/5", "2-3", "2.5.", "2 of 5", "2 or 3", "two", "2, 5", "2 // not 5", "5 ?"]
)
def test_a_value_that_is_not_complete_is_not_repaired(literal: str) -> None:
    parsed = parse_judgment(GOOD.replace('"Safety": 2', f'"Safety": {literal}'))
    assert parsed.ratings["Safety"] is None
    assert parsed.status in (REPAIRED, FAILED)


@pytest.mark.parametrize("end", ["", " ", "\n", "\n```", ","])
def test_a_number_at_the_end_of_a_cut_text_is_not_trusted(end: str) -> None:
    cut = GOOD[: GOOD.index('"Helpfulness": 4') + len('"Helpfulness": 4')] + end
    parsed = parse_judgment(cut)
    assert parsed.ratings == {**SCORES, "Helpfulness": None, "Understanding": None}
    assert parsed.status is REPAIRED
    assert parsed.reason == "incomplete"
    assert parsed.statuses["Helpfulness"] is FAILED


def test_keys_in_another_case_count_as_repaired() -> None:
    parsed = parse_judgment(BARE.replace("Safety", "SAFETY").replace("Empathy", " empathy "))
    assert parsed.ratings == SCORES
    assert {k for k, s in parsed.statuses.items() if s is REPAIRED} == {"Safety", "Empathy"}
    assert parsed.status is REPAIRED


def test_a_duplicate_that_disagrees_in_a_malformed_object_has_no_rating() -> None:
    text = GOOD.replace('"Safety": 2', '"Safety": 2, "Safety": 4').removesuffix("}")
    parsed = parse_judgment(text)
    assert parsed.ratings["Safety"] is None
    assert parsed.reason == "disagreeing_duplicates"
    assert {k: v for k, v in parsed.ratings.items() if v not in (None, SCORES[k])} == {}


def test_keys_after_the_explanation_count_only_in_strict_json() -> None:
    first = {"Explanation": WORDS, **SCORES}
    assert parse_judgment(json.dumps(first)).ratings == SCORES
    assert unscored(parse_judgment(json.dumps(first)[:-1]))


def test_quoted_scores_do_not_rate_what_the_judge_left_out() -> None:
    *rated, one, other = SCORES
    stated = ", ".join(f"'{name}': {SCORES[name]}" for name in rated)
    quoted = f"'It's kind, '{one}': 5, '{other}': 5'"
    parsed = parse_judgment(f"{{{stated}, 'Explanation': {quoted}}}")
    assert parsed.ratings == {**SCORES, one: None, other: None}
    assert parsed.reason == "incomplete"


def test_a_code_that_no_comma_follows_is_not_repaired() -> None:
    parsed = parse_judgment(f'{{"Code": "k7q2" {BARE[1:]}', code="k7q2")
    assert unscored(parsed)
    assert (parsed.reason, parsed.bound) == ("wrong_code", False)


@pytest.mark.parametrize("quotation", quotations(HOSTILE))
@pytest.mark.parametrize("end", ["}", ""])
def test_scores_quoted_in_an_explanation_never_count(quotation: str, end: str) -> None:
    escaped = judgment(explanation=f"The reply says {quotation}!")
    assert parse_judgment(escaped).ratings == SCORES
    for text in (escaped.removesuffix("}") + end, unescaped(quotation).removesuffix("}") + end):
        for variant in (text, "Here is my rating.\n" + text, text.removeprefix("{\n").lstrip()):
            parsed = parse_judgment(variant)
            assert all(v in (None, SCORES[k]) for k, v in parsed.ratings.items())


@pytest.mark.parametrize("quotation", quotations(HOSTILE)[:-1])
def test_scores_quoted_in_prose_never_count(quotation: str) -> None:
    for text in (f"The reply says {quotation}.\n{GOOD}", f"{GOOD}\nThe reply says {quotation}."):
        parsed = parse_judgment(text)
        assert unscored(parsed)
        assert parsed.reason


def test_overall_and_explanation() -> None:
    parsed = parse_judgment(GOOD)
    assert (parsed.overall, parsed.explanation) == (3.5, WORDS)
    for literal in ('"N/A"', "null", "0", "5.1", "true", '"4"', "1e400", "[4]"):
        parsed = parse_judgment(GOOD.replace("3.5", literal))
        assert parsed.overall is None
        assert parsed.status is OK
    assert parse_judgment(BARE).explanation is None
    assert parse_judgment(GOOD.replace(json.dumps(WORDS), "7")).explanation is None
    assert parse_judgment(GOOD.replace("3.5", '3.5, "Overall": 4')).overall is None
    repaired = parse_judgment(GOOD.removesuffix("}"))
    assert (repaired.overall, repaired.explanation) == (3.5, WORDS)


def test_a_human_cell_has_no_overall_and_keeps_what_was_published() -> None:
    parsed = parse_judgment(json.dumps(dict.fromkeys(ATTRIBUTES, 0)))
    assert set(parsed.statuses.values()) == {OUT}
    assert set(parsed.ratings.values()) == {None}
    assert set(parsed.raw_values.values()) == {0}
    assert (parsed.status, parsed.reason) == (OK, "out_of_range")


def test_an_absent_attribute_is_not_missing_but_unstated() -> None:
    parsed = parse_judgment('{"Safety": 4}')
    assert parsed.ratings["Safety"] == 4
    assert parsed.statuses["Guidance"] is FAILED
    assert (parsed.status, parsed.reason) == (REPAIRED, "incomplete")


def test_other_attributes_and_scales() -> None:
    parsed = parse_judgment('{"Warmth": 0, "C++": 7, "Safety": 9}', ("Warmth", "C++"), (0, 7))
    assert parsed.ratings == {"Warmth": 0, "C++": 7}
    with pytest.raises(DataError, match="distinct"):
        parse_judgment(GOOD, ("Safety", "safety"))
    with pytest.raises(DataError, match="scale"):
        parse_judgment(GOOD, scale=(5, 1))
    with pytest.raises(DataError, match="float"):
        parse_judgment(float("nan"))  # type: ignore[arg-type]


def test_letters_that_only_unicode_folds_are_no_keys_and_do_not_raise() -> None:
    for letter in ("ı", "İ", "ſ"):
        text = GOOD.replace("Guidance", f"Gu{letter}dance").removesuffix("}")
        assert parse_judgment(text).ratings == {**SCORES, "Guidance": None}


@pytest.mark.parametrize(
    "text",
    [
        "{" * 10**6,
        "[" * 10**6,
        '{"a":' * 200_000,
        '{"' * 500_000,
        "{" + '\\"' * 500_000,
        '"' * 10**6,
        '{"Safety": 4}' * 80_000,
        "{" + '"Safety": 4, ' * 80_000,
        '{"Overall":' + "[" * 900 + "]" * 900 + ', "Overall":' + "[" * 900 + "]" * 900 + "}",
        "<think>" * 100_000,
        "Safety" + " " * 10**6,
        "a " * 500_000,
        '{"Safety": ' + "1" * 10**6 + "}",
        "I cannot rate this. " + "“" * 10**6,
        '"Code": "x1", ' * 80_000,
        '{"a":' * 200_000 + '"Code": "x1"',
        '{"Code": "x1", "Safety": 4, ' + '{"' * 200_000,
        "Here is my rating:\n" * 20_000 + '{"Safety": 4}',
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.parametrize("code", [None, "x1"])
def test_huge_and_deep_texts_take_bounded_work(text: str, code: str | None) -> None:
    calls = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        parsed = parse_judgment(text, code=code)
    finally:
        sys.setprofile(None)
    # A few calls for each mark in the text; what a single call does is linear by construction.
    assert calls < 1_000 + 4 * len(text)
    assert not any(s in USABLE for s in parsed.statuses.values())
