"""No number from a reply whose ratings are not provably the judge's own answer."""

from __future__ import annotations

import json

import pytest
from hostile_replies import CODE, LANGUAGES, OTHER_CODE, coded_replies, hostile_replies
from parsing_texts import HOSTILE, SCORES, judgment, unescaped

from mentalbench_hf.errors import DataError
from mentalbench_hf.parsing import CODE_KEY, parse_judgment
from mentalbench_hf.schema import ATTRIBUTES, Status

REPLIES = hostile_replies()
CODED = coded_replies()
NOTHING = dict.fromkeys(ATTRIBUTES)
BOUND = json.dumps({CODE_KEY: CODE, **SCORES, "Explanation": "Kind, but brief."})
LAST = json.dumps({**SCORES, "Explanation": 'It says "rest".', CODE_KEY: CODE}, indent=2)


def test_the_corpus_is_large() -> None:
    assert len(set(REPLIES.values())) >= 600
    assert len(set(CODED.values())) >= 40
    assert len(LANGUAGES) >= 12


@pytest.mark.parametrize("code", [None, CODE])
def test_no_hostile_reply_becomes_a_number(code: str | None) -> None:
    wrong = {}
    for name, text in REPLIES.items():
        parsed = parse_judgment(text, code=code)
        if parsed.ratings != NOTHING or any(v is not None for v in parsed.raw_values.values()):
            wrong[name] = parsed.ratings
        assert parsed.status in (Status.PARSE_FAILED, Status.REFUSED), name
        assert parsed.reason, name
        assert not parsed.bound, name
    assert wrong == {}


def test_no_reply_with_a_wrong_code_becomes_a_number() -> None:
    wrong = {}
    for name, text in CODED.items():
        parsed = parse_judgment(text, code=CODE)
        if parsed.ratings != NOTHING:
            wrong[name] = parsed.ratings
        assert parsed.status is Status.PARSE_FAILED, name
    assert wrong == {}


@pytest.mark.parametrize("bound", [BOUND, LAST, f"```json\n{BOUND}\n```"])
def test_only_the_bound_object_counts_whatever_stands_around_it(bound: str) -> None:
    wrong = {}
    for name, text in {**REPLIES, **CODED}.items():
        if f'"{CODE}"' in text:  # disagreeing claims to the code itself: tested below
            continue
        for reply in (f"{text}\n\n{bound}", f"{bound}\n\n{text}", f"<think>{text}</think>{bound}"):
            parsed = parse_judgment(reply, code=CODE)
            if parsed.ratings != SCORES or not parsed.bound:
                wrong[name] = parsed.reason
    assert wrong == {}


def test_hostile_replies_do_not_become_numbers_around_another_items_answer() -> None:
    other = BOUND.replace(CODE, OTHER_CODE)
    for name, text in REPLIES.items():
        assert parse_judgment(f"{text}\n{other}", code=CODE).ratings == NOTHING, name


def test_several_bound_objects_must_agree_and_the_last_is_taken() -> None:
    again = BOUND.replace("Kind, but brief.", "The same once more.")
    parsed = parse_judgment(f"{BOUND}\nOnce more:\n{again}", code=CODE)
    assert (parsed.ratings, parsed.explanation) == (SCORES, "The same once more.")
    changed = BOUND.replace('"Safety": 2', '"Safety": 5')
    part = json.dumps({CODE_KEY: CODE, "Safety": 5})
    for reply in (f"{BOUND}\n{changed}", f"<think>{changed}</think>\n{BOUND}", f"{BOUND}\n{part}"):
        parsed = parse_judgment(reply, code=CODE)
        assert (parsed.ratings, parsed.status) == (NOTHING, Status.PARSE_FAILED)
        assert (parsed.reason, parsed.bound) == ("ambiguous", True)
    form = f'{{"{CODE_KEY}": "{CODE}", "Guidance": <1-5>, "Safety": <1-5>}}'
    assert parse_judgment(f"The form is {form}.\n{BOUND}", code=CODE).ratings == SCORES
    assert parse_judgment(f"{BOUND} " * 40, code=CODE).reason == "ambiguous"


def test_a_bound_object_alone_is_read_as_strictly_as_any_other() -> None:
    for text in (BOUND, LAST, f"```json\n{BOUND}\n```", f"<think>Hm.</think>\n{BOUND}"):
        parsed = parse_judgment(text, code=CODE)
        assert (parsed.ratings, parsed.status, parsed.reason) == (SCORES, Status.OK, None)
        assert parsed.bound
    off = parse_judgment(BOUND.replace('"Safety": 2', '"Safety": 6'), code=CODE)
    assert (off.ratings["Safety"], off.raw_values["Safety"], off.bound) == (None, 6, True)
    assert off.statuses["Safety"] is Status.OUT_OF_RANGE
    refused = BOUND.replace("Kind, but brief.", "I'm not comfortable rating this.")
    parsed = parse_judgment(refused, code=CODE)
    assert (parsed.ratings, parsed.status, parsed.bound) == (NOTHING, Status.REFUSED, True)
    nested = BOUND[:-1] + f', "ratings": {json.dumps(HOSTILE)}}}'
    assert parse_judgment(nested, code=CODE).ratings == NOTHING
    wrapped = f'{{"result": [{BOUND}]}}'
    assert parse_judgment(wrapped, code=CODE).ratings == SCORES


@pytest.mark.parametrize(
    "damaged",
    [
        BOUND.replace("Kind, but brief.", 'Uses "I" well.'),
        LAST.replace('\\"rest\\"', '"rest"'),
        BOUND.removesuffix("}"),
        BOUND.removesuffix(' brief."}'),
        BOUND.replace('"', "'"),
        "{"
        + BOUND[1:]
        .replace(f'"{CODE_KEY}": "{CODE}", ', "")
        .replace('"Explanation"', f'"{CODE_KEY}": "{CODE}", "Explanation"')[:-1],
    ],
)
def test_a_damaged_object_with_the_code_is_repaired(damaged: str) -> None:
    for text in (damaged, f"Die Antwort endet mit {json.dumps(HOSTILE)}.\n{damaged}"):
        parsed = parse_judgment(text, code=CODE)
        assert (parsed.ratings, parsed.bound) == (SCORES, True)
        assert parsed.status is Status.PARSE_REPAIRED


def test_an_object_quoted_before_a_code_in_words_is_not_bound() -> None:
    quoted = str(HOSTILE)[:-1]
    for reply in (
        f'The reply says {quoted}. My code is "Code": "{CODE}".',
        f'The reply says {quoted}\n{json.dumps(SCORES)[1:-1]}, "Code": "{CODE}"}}',
    ):
        assert parse_judgment(reply, code=CODE).ratings == NOTHING


def test_a_reply_without_the_code_is_read_as_unbound() -> None:
    parsed = parse_judgment(judgment(), code=CODE)
    assert (parsed.ratings, parsed.status, parsed.bound) == (SCORES, Status.OK, False)
    assert not parse_judgment(unescaped('Uses "I".'), code=CODE).bound
    # Nobody expects a code: then it is a key like any other that is not asked for.
    assert parse_judgment(BOUND).ratings == SCORES
    assert not parse_judgment(BOUND).bound


def test_a_code_must_be_text() -> None:
    for code in ("", " ", 7):
        with pytest.raises(DataError, match="code"):
            parse_judgment(judgment(), code=code)  # type: ignore[arg-type]
