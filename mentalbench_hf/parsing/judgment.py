"""A judge's text, read: seven ratings with a status each, or the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import DataError
from mentalbench_hf.parsing.bound import find_bound, mentions_code
from mentalbench_hf.parsing.candidates import Region, find_regions, lacks_opening_brace, outside
from mentalbench_hf.parsing.refusal import is_refusal
from mentalbench_hf.parsing.repair import kind_of_damage, repair_object
from mentalbench_hf.parsing.strict import NotJsonError, Pairs, decode
from mentalbench_hf.parsing.surroundings import admitted
from mentalbench_hf.parsing.unwrap import strip_fence, strip_thinking
from mentalbench_hf.parsing.values import ABSENT, ObjectReading, agree, read_overall, read_tree
from mentalbench_hf.parsing.vocabulary import (
    CODE_KEY,
    EXPLANATION,
    OVERALL,
    Vocabulary,
    vocabulary,
)
from mentalbench_hf.schema import ATTRIBUTES, SCALE_MAX, SCALE_MIN, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

#: More objects than this are not compared: the text is no judgment, and time stays bounded.
_MOST_OBJECTS: Final = 8
_EMPTY: Final = frozenset({"", "nan"})


@dataclass(frozen=True, slots=True)
class ParsedJudgment:
    """What one text states about one response.

    Attributes:
        ratings: attribute -> integer on the scale, or None when the text gives no usable one.
        statuses: attribute -> why the rating is there, or why it is not.
        raw_values: attribute -> the integer the text states, also when off the scale (0, 6); None
            when it states none or states it ambiguously. At most 127 in size.
        overall: the overall score, on the scale, possibly fractional; None when absent or unusable.
        explanation: the judge's own words, or None.
        status: how the text as a whole was read. OK: strict JSON (possibly in one Markdown fence or
            after a thinking block), every attribute as stated, null and off-scale ones included.
            PARSE_REPAIRED: at least one value was read, but not all from plain JSON. PARSE_FAILED:
            nothing could be read without guessing. REFUSED: the judge declined. MISSING: the text
            is empty, or every score is null.
        reason: short machine-readable reason, None for a complete strict judgment. ``ambiguous``:
            numbers are there, but not provably as the judge's own answer.
        bound: the object carried the code of its question, so that it is the judge's own answer.
    """

    ratings: dict[str, int | None]
    statuses: dict[str, Status]
    raw_values: dict[str, int | None]
    overall: float | None
    explanation: str | None
    status: Status
    reason: str | None
    bound: bool


def parse_judgment(
    text: str | None,
    attributes: Sequence[str] = ATTRIBUTES,
    scale: tuple[int, int] = (SCALE_MIN, SCALE_MAX),
    *,
    code: str | None = None,
) -> ParsedJudgment:
    """Read the ratings that `text` states, and nothing that it does not state.

    With a `code`, an object that carries ``"Code": code`` beside its ratings is the answer,
    whatever stands around it; several must agree, and the last is taken. An object with any other
    code is never an answer.

    Where no object carries it, or no `code` is given, an answer must be the whole text but for what
    is admitted around it: nothing, one Markdown fence, thinking that was closed before it, a known
    lead-in, statements of the same numbers. Everything else is unscored as ``ambiguous``.

    A damaged object is repaired when each rating is stated literally before any free text. An
    object whose own words decline to rate rates nothing.

    Args:
        text: a judge's reply or a cell of a rating sheet; None, blank text and ``nan`` are missing.
        attributes: the keys to read, in the order of the result.
        scale: lowest and highest rating, both included.
        code: the token that the question asked the answer to carry, which nothing but the question
            can know. Without it, a key ``Code`` is ignored like any unknown key.

    Returns:
        The judgment; unusable parts are None with a status, never a stand-in number.

    Raises:
        DataError: `text` is neither text nor None, or `attributes`, `scale` or `code` are unusable.
            No text makes it raise.
    """
    vocab = vocabulary(tuple(attributes), *scale)
    if code is not None and (not isinstance(code, str) or not code.strip()):
        raise DataError(f"a code must be text that is not blank; received {code!r}; pass None")
    if text is None:
        return _unscored(vocab, Status.MISSING, "empty")
    if not isinstance(text, str):
        raise DataError(
            f"a judge's text must be str or None; received {type(text).__name__}; "
            "convert the cell, or pass None when it is empty"
        )
    if text[:1] != "{" and text.strip().casefold() in _EMPTY:
        return _unscored(vocab, Status.MISSING, "empty")
    spoken = strip_thinking(text)
    answer = None if spoken is None else strip_fence(spoken)
    if answer is not None:
        try:
            value = decode(answer)
        except NotJsonError:
            value = None
        # A code that occurs twice may be in a draft that says something else.
        if code is None or text.count(code) <= 1:
            plain = _plain(value, vocab, code)
            if plain is not None:
                return plain
    if code is not None:
        bound = _from_bound(text, answer, vocab, code)
        if bound is not None:
            return bound
    if spoken is None or answer is None:
        return _unscored(vocab, Status.PARSE_FAILED, "unclosed_think")
    if value is not None:
        return _from_whole(value, vocab, code)
    return _from_prose(answer, vocab, code, fenced=answer != spoken.strip())


def _from_bound(
    text: str, answer: str | None, vocab: Vocabulary, code: str
) -> ParsedJudgment | None:
    """Read the objects that carry the code, wherever they are; None when there is none."""
    objects = find_bound(text, code, vocab)
    if objects == []:
        return None
    if not objects or not agree([bound.found for bound in objects]):
        return _unscored(vocab, Status.PARSE_FAILED, "ambiguous", bound=True)
    last = objects[-1]
    repaired = last.repaired
    if repaired is None and text[last.start : last.end] != answer:
        repaired = "surrounding_text"
    return _scored(last.found, vocab, repaired and f"repaired:{repaired}", bound=True)


def _from_whole(value: object, vocab: Vocabulary, code: str | None) -> ParsedJudgment:
    """Read a text that is one JSON value."""
    found = read_tree(value, vocab)
    if found is None:
        return _unscored(vocab, Status.PARSE_FAILED, "no_object")
    if code is not None and found.codes:
        return _unscored(vocab, Status.PARSE_FAILED, "wrong_code")
    return _scored(found, vocab, "repaired:nested_object" if found.nested else None)


def _plain(value: object, vocab: Vocabulary, code: str | None) -> ParsedJudgment | None:
    """Read an object of nothing but the known keys, once each, with every rating on the scale.

    Nearly every text is of this form, and the careful reading gives the same for it, only slower.
    Anything else is None: left to the careful reading.
    """
    if type(value) is not Pairs:
        return None
    stated = dict(value)
    if len(stated) != len(value):
        return None
    ratings: dict[str, int | None] = {}
    for name in vocab.attributes:
        rating = stated.pop(name, None)
        if type(rating) is not int or not vocab.low <= rating <= vocab.high:
            return None
        ratings[name] = rating
    overall, explanation = stated.pop(OVERALL, None), stated.pop(EXPLANATION, None)
    bound = code is not None and stated.get(CODE_KEY) == code
    if bound:
        del stated[CODE_KEY]
    if stated or not (explanation is None or type(explanation) is str):
        return None
    if explanation and is_refusal(explanation):
        return None
    return ParsedJudgment(
        ratings=ratings,
        statuses=dict.fromkeys(vocab.attributes, Status.OK),
        raw_values=ratings.copy(),
        overall=read_overall(overall, vocab),
        explanation=explanation,
        status=Status.OK,
        reason=None,
        bound=bound,
    )


def _from_prose(text: str, vocab: Vocabulary, code: str | None, *, fenced: bool) -> ParsedJudgment:
    """Read a text that is not JSON: prose around objects, or a malformed object.

    `fenced`: the one fence that may be there has been taken off.
    """
    opened = lacks_opening_brace(text)
    if opened:
        text = "{" + text
    bearing: list[Region] = []
    if vocab.mention.search(text):
        bearing = [r for r in find_regions(text) if vocab.mention.search(text, r.start, r.end)]
    prose = outside(text, bearing)
    if is_refusal(prose):
        return _unscored(vocab, Status.REFUSED, "refusal")
    if not bearing:
        return _unscored(vocab, Status.PARSE_FAILED, "no_object")
    if len(bearing) > _MOST_OBJECTS:
        return _unscored(vocab, Status.PARSE_FAILED, "ambiguous")
    if code is not None and any(mentions_code(text[r.start : r.end]) for r in bearing):
        return _unscored(vocab, Status.PARSE_FAILED, "wrong_code")
    reads: list[ObjectReading] = []
    for region in bearing:
        try:
            value = decode(text[region.start : region.end], control_characters=True)
        except NotJsonError:
            continue
        found = read_tree(value, vocab)
        if found is not None:
            reads.append(found)
    how = "missing_brace" if opened else "surrounding_text"
    failure = None
    if not reads and len(bearing) == 1:
        how = how if opened else kind_of_damage(text, bearing[0], vocab)
        found, failure = repair_object(text, bearing[0], vocab)
        reads = [found]
    elif len(reads) < len(bearing) or not agree(reads):
        return _unscored(vocab, Status.PARSE_FAILED, "ambiguous")
    found = reads[0]
    failure = failure or _too_few(found, vocab)
    if not admitted(text, bearing, found, vocab, fences=not fenced):
        failure = "ambiguous"
    if failure:
        return _unscored(vocab, Status.PARSE_FAILED, failure)
    if not prose.strip() and how == "surrounding_text":
        how = "control_characters"
    return _scored(found, vocab, f"repaired:{how}")


def _too_few(found: ObjectReading, vocab: Vocabulary) -> str | None:
    """Return why an object that is not the whole text states too little to count, or None."""
    unread = [r.reason for r in found.readings.values() if r.status is Status.PARSE_FAILED]
    if len(found.readings) - len(unread) >= vocab.majority:
        return None
    return unread[0] if unread else "incomplete"


def _scored(
    found: ObjectReading, vocab: Vocabulary, repaired: str | None, *, bound: bool = False
) -> ParsedJudgment:
    """Assemble the judgment from what one object states; `repaired` says how it was reached."""
    if any(map(is_refusal, found.words)):
        return _unscored(vocab, Status.REFUSED, "refusal", bound=bound)
    ratings: dict[str, int | None] = {}
    statuses: dict[str, Status] = {}
    raw_values: dict[str, int | None] = {}
    reasons: list[str] = []
    for name in vocab.attributes:
        rating, status, raw, reason = found.readings.get(name, ABSENT)
        if repaired and status is Status.OK:
            status = Status.PARSE_REPAIRED
        if reason and reason not in reasons:
            reasons.append(reason)
        ratings[name] = rating
        statuses[name] = status
        raw_values[name] = raw
    seen = set(statuses.values())
    if seen == {Status.PARSE_FAILED}:
        overall_status = Status.PARSE_FAILED
    elif seen == {Status.MISSING}:
        overall_status = Status.MISSING
    elif repaired or not seen.isdisjoint({Status.PARSE_REPAIRED, Status.PARSE_FAILED}):
        overall_status = Status.PARSE_REPAIRED
    else:
        overall_status = Status.OK
    if Status.PARSE_REPAIRED in seen and not repaired:
        repaired = "repaired:value_form"
    return ParsedJudgment(
        ratings=ratings,
        statuses=statuses,
        raw_values=raw_values,
        overall=found.overall,
        explanation=found.explanation,
        status=overall_status,
        reason=reasons[0] if reasons else repaired,
        bound=bound,
    )


def _unscored(
    vocab: Vocabulary, status: Status, reason: str, *, bound: bool = False
) -> ParsedJudgment:
    """Assemble the judgment of a text that gives no rating at all."""
    return ParsedJudgment(
        ratings=dict.fromkeys(vocab.attributes),
        statuses=dict.fromkeys(vocab.attributes, status),
        raw_values=dict.fromkeys(vocab.attributes),
        overall=None,
        explanation=None,
        status=status,
        reason=reason,
        bound=bound,
    )
