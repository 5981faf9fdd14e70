"""From decoded JSON values to ratings: what counts as a stated integer, and what does not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

from mentalbench_hf.parsing.strict import Pairs
from mentalbench_hf.parsing.vocabulary import CODE_KEY, EXPLANATION, OVERALL, Vocabulary
from mentalbench_hf.schema import Status

#: Larger integers are no score on any scale, and would not fit the tables' int8.
LARGEST_RAW: Final = 127
#: Keys that may hold the one score of an attribute written as an object.
_SCORE_KEYS: Final = frozenset({"score", "rating", "value"})
#: Keys that may wrap the one object of ratings.
_WRAPPERS: Final = frozenset(
    {"ratings", "rating", "scores", "score", "evaluation", "assessment", "judgment", "judgement"}
)
_EXTRAS: Final = frozenset({OVERALL, EXPLANATION, CODE_KEY})
_INTEGER_TEXT: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,2})")


class Reading(NamedTuple):
    """One attribute as read: rating or None, its status, the stated integer, why it is unusable."""

    rating: int | None
    status: Status
    raw: int | None
    reason: str | None


ABSENT: Final = Reading(None, Status.PARSE_FAILED, None, "incomplete")
DISAGREEING: Final = Reading(None, Status.PARSE_FAILED, None, "disagreeing_duplicates")
NO_INTEGER: Final = Reading(None, Status.PARSE_FAILED, None, "not_an_integer")
SEVERAL: Final = Reading(None, Status.PARSE_FAILED, None, "ambiguous")
UNWITNESSED: Final = Reading(None, Status.PARSE_FAILED, None, "repair_disagrees")
NULL: Final = Reading(None, Status.MISSING, None, "null_rating")


@dataclass(slots=True)
class ObjectReading:
    """What one object states.

    Attributes:
        readings: attribute -> its reading, for the attributes that the object names.
        overall: the overall score, on the scale.
        explanation: the judge's own words.
        codes: every value it gives for the code that binds an answer.
        words: every text it holds that is not the value of an attribute.
        nested: the object is inside another one or a list.
    """

    readings: dict[str, Reading] = field(default_factory=dict)
    overall: float | None = None
    explanation: str | None = None
    codes: list[Any] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    nested: bool = False

    @property
    def states_numbers(self) -> bool:
        """Whether it states a number for any attribute."""
        return any(reading.raw is not None for reading in self.readings.values())


def read_integer(number: int, vocab: Vocabulary, status: Status = Status.OK) -> Reading:
    """Read an integer that the text states; `status` applies when it is on the scale."""
    if vocab.low <= number <= vocab.high:
        return Reading(number, status, number, None)
    if abs(number) <= LARGEST_RAW:
        return Reading(None, Status.OUT_OF_RANGE, number, "out_of_range")
    return NO_INTEGER


def read_value(value: Any, vocab: Vocabulary) -> Reading:
    """Read one decoded JSON value as a rating.

    An integer is read as it is; ``4.0``, ``"4"`` and ``{"score": 4}`` state an integer in another
    form and are PARSE_REPAIRED. Booleans, fractions, ``"5/5"`` and lists state none.
    """
    kind = type(value)
    if kind is int:
        return read_integer(value, vocab)
    if value is None:
        return NULL
    if kind is Decimal and abs(value) <= LARGEST_RAW and value == value.to_integral_value():
        return read_integer(int(value), vocab, Status.PARSE_REPAIRED)
    if kind is str and _INTEGER_TEXT.fullmatch(value.strip()):
        return read_integer(int(value), vocab, Status.PARSE_REPAIRED)
    if kind is Pairs:
        scores = [inner for key, inner in value if key.casefold() in _SCORE_KEYS]
        if len(scores) == 1 and type(scores[0]) is int:
            return read_integer(scores[0], vocab, Status.PARSE_REPAIRED)
    return NO_INTEGER


def read_overall(value: Any, vocab: Vocabulary) -> float | None:
    """Read the overall score: a number on the scale, fractions allowed; anything else is None."""
    # The repair library gives floats; NaN and infinities fail the comparison.
    if type(value) in (int, Decimal, float) and vocab.low <= value <= vocab.high:
        return float(value)
    return None


def _same(one: Any, other: Any) -> bool:
    """Whether two scalars are equal; containers never are, their depth is not bounded."""
    return (
        type(one) is type(other) and type(one) in (int, Decimal, float, str) and bool(one == other)
    )


def read_pairs(pairs: Pairs, vocab: Vocabulary) -> ObjectReading:
    """Read the known keys of one object; unknown keys are ignored.

    A key in another case counts and is PARSE_REPAIRED. Duplicates must agree: an attribute stated
    twice with different values has no rating.
    """
    found = ObjectReading()
    readings = found.readings
    extras: dict[str, Any] = {}
    for key, value in pairs:
        name = vocab.folded.get(key.strip().casefold())
        if type(value) is str and (name is None or name in _EXTRAS):
            found.words.append(value)
        if name is None:
            continue
        if name == CODE_KEY:
            found.codes.append(value)
            continue
        if name in _EXTRAS:
            # Two different overalls or explanations: neither is known to be the meant one.
            extras[name] = value if name not in extras or _same(extras[name], value) else None
            continue
        reading = read_value(value, vocab)
        if key != name and reading.status is Status.OK:
            reading = reading._replace(status=Status.PARSE_REPAIRED)
        earlier = readings.get(name)
        if earlier is not None and earlier != reading:
            same = earlier.rating == reading.rating and earlier.raw == reading.raw
            same = same and earlier.reason == reading.reason
            reading = reading._replace(status=Status.PARSE_REPAIRED) if same else DISAGREEING
        readings[name] = reading
    found.overall = read_overall(extras.get(OVERALL), vocab)
    explanation = extras.get(EXPLANATION)
    found.explanation = explanation if isinstance(explanation, str) else None
    return found


def read_tree(value: Any, vocab: Vocabulary) -> ObjectReading | None:
    """Find the object of ratings in a decoded JSON value by its structure; None when there is none.

    It is the object itself, the object under a key such as ``ratings``, or one of a list of them;
    when several objects, wherever they are, state different numbers, its ratings are `SEVERAL`.
    Text inside strings is never looked at.
    """
    objects: list[ObjectReading] = []
    offered: list[ObjectReading] = []
    stack = [(value, True, False)]
    while stack:
        node, open_to, nested = stack.pop()
        if type(node) is Pairs:
            read = read_pairs(node, vocab)
            read.nested = nested
            objects.append(read)
            if read.readings and open_to:
                offered.append(read)
            stack.extend(
                (inner, open_to and key.strip().casefold() in _WRAPPERS, True)
                for key, inner in reversed(node)
                if type(inner) is Pairs or type(inner) is list
            )
        elif type(node) is list:
            # Whatever else a list holds speaks about its objects.
            open_to = open_to and all(
                type(inner) is Pairs and (len(node) == 1 or read_pairs(inner, vocab).readings)
                for inner in node
            )
            stack.extend((inner, open_to, True) for inner in reversed(node))
    stating = [read for read in objects if read.states_numbers]
    offered = [read for read in offered if read.states_numbers] or offered
    if not offered:
        return None
    found = offered[0]
    outer = objects[0]
    if not agree(stating):
        found.readings = {name: SEVERAL for read in stating for name in read.readings}
    found.overall = outer.overall if found.overall is None else found.overall
    found.explanation = outer.explanation if found.explanation is None else found.explanation
    found.codes = [code for read in objects for code in read.codes]
    found.words = [word for read in objects for word in read.words]
    return found


def agree(objects: list[ObjectReading]) -> bool:
    """Whether all objects name the same attributes with the same values."""
    if not objects:
        return True
    first = objects[0].readings
    return all(
        other.readings.keys() == first.keys()
        and all(
            other.readings[n].rating == r.rating and other.readings[n].raw == r.raw
            for n, r in first.items()
        )
        for other in objects[1:]
    )
