"""Answers that carry their code: a token of the question that the rated text cannot know.

Whatever stands around such an object, the judge wrote it to answer this question: drafts, tables,
quotations of the rated reply and text in any language need not be understood.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from mentalbench_hf.parsing.candidates import Region, find_regions
from mentalbench_hf.parsing.repair import LONGEST, kind_of_damage, repair_object
from mentalbench_hf.parsing.strict import NotJsonError, Pairs, decode_from
from mentalbench_hf.parsing.values import SEVERAL, ObjectReading, read_pairs, read_tree
from mentalbench_hf.parsing.vocabulary import CODE_KEY, QUOTES, Vocabulary

#: Texts that state the code more often than this are no answer, and work stays bounded.
_MOST_CODES: Final = 32
#: How many opening braces before a code may open its object: nested values and braces in words.
_MOST_BRACES: Final = 32
_KEY: Final = rf"[{QUOTES}]{CODE_KEY}[{QUOTES}]\s{{0,20}}:"
_ANY_CODE: Final = re.compile(_KEY, re.IGNORECASE)


class BoundAnswer(NamedTuple):
    """One object that carries the code: where it is, what it states, how it was repaired."""

    start: int
    end: int
    found: ObjectReading
    repaired: str | None


def mentions_code(text: str) -> bool:
    """Whether `text` has the code's key anywhere, whatever its value."""
    return _ANY_CODE.search(text) is not None


def find_bound(text: str, code: str, vocab: Vocabulary) -> list[BoundAnswer] | None:
    """Return the objects of ratings in `text` that carry `code`, in order.

    An object carries it exactly once, beside its ratings; a damaged one carries it as a key of its
    own and is repaired by the usual rules. Objects that state no number (a form that is repeated)
    are left out beside objects that do. None when the text states the code too often to be read.
    """
    pattern = re.compile(rf"{_KEY}\s{{0,20}}[{QUOTES}]{re.escape(code)}[{QUOTES}]", re.IGNORECASE)
    places = list(pattern.finditer(text))
    if len(places) > _MOST_CODES:
        return None
    answers: dict[int, BoundAnswer] = {}
    for place in places:
        answer = _decoded(text, place, code, vocab) or _repaired(text, place, vocab)
        if answer is not None:
            answers[answer.start] = answer
    bound = list(answers.values())
    return [answer for answer in bound if answer.found.states_numbers] or bound


def _decoded(text: str, place: re.Match[str], code: str, vocab: Vocabulary) -> BoundAnswer | None:
    """Return the innermost object that spans `place`, when it carries the code beside ratings."""
    start = place.start()
    for _ in range(_MOST_BRACES):
        start = text.rfind("{", 0, start)
        if start < 0:
            return None
        try:
            value, end = decode_from(text, start)
        except NotJsonError:
            continue
        if end < place.end():
            continue
        found = _read(value, code, vocab)
        return BoundAnswer(start, end, found, None) if found else None
    return None


def _read(pairs: Pairs, code: str, vocab: Vocabulary) -> ObjectReading | None:
    """Read an object that carries the code exactly once, beside its ratings; None when not."""
    own = read_pairs(pairs, vocab)
    whole = read_tree(pairs, vocab)
    if whole is None or not own.readings or own.codes != [code] or whole.codes != [code]:
        return None
    if whole.readings != own.readings:
        whole.readings = dict.fromkeys(own.readings, SEVERAL)
    return whole


def _repaired(text: str, place: re.Match[str], vocab: Vocabulary) -> BoundAnswer | None:
    """Return the damaged object around `place`, if the code is a key of it and it can be repaired.

    It begins at the last brace before the code, and names no other code.
    """
    start = text.rfind("{", 0, place.start())
    if start < 0 or not re.search(r"[{,]\s{0,40}\Z", text[start : place.start()]):
        return None
    follows = re.compile(r"\s{0,40}(,|(?=\})|(?:```)?\s{0,40}\Z)").match(text, place.end())
    region = find_regions(text[start : start + LONGEST])[0]
    inside = text[start : start + region.end]
    if follows is None or place.end() > start + region.end or len(_ANY_CODE.findall(inside)) > 1:
        return None
    bare = inside[: place.start() - start] + inside[follows.end() - start :]
    whole = Region(0, len(bare), region.closed)
    found, failure = repair_object(bare, whole, vocab)
    if failure:
        return None
    return BoundAnswer(start, start + region.end, found, kind_of_damage(bare, whole, vocab))
