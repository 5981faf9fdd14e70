"""A judge's text, read: seven ratings with a status each, or the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import DataError
from mentalbench_hf.parsing.candidates import Region, find_regions, lacks_opening_brace, outside
from mentalbench_hf.parsing.context import contradiction, objection
from mentalbench_hf.parsing.refusal import is_refusal
from mentalbench_hf.parsing.repair import kind_of_damage, repair_object
from mentalbench_hf.parsing.strict import NotJsonError, Pairs, decode
from mentalbench_hf.parsing.unwrap import strip_fence, strip_thinking
from mentalbench_hf.parsing.values import ABSENT, ObjectReading, agree, read_overall, read_tree
from mentalbench_hf.parsing.vocabulary import EXPLANATION, OVERALL, Vocabulary, vocabulary
from mentalbench_hf.schema import ATTRIBUTES, SCALE_MAX, SCALE_MIN, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

#: More objects than this are not compared: the text is no judgment, and time stays bounded.
_MOST_OBJECTS: Final = 8
_EMPTY: Final = frozenset({"", "nan"})
#: The key under which an answer carries the code it was asked with.
CODE_KEY: Final = "Code"


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
        reason: short machine-readable reason, None for a complete strict judgment.
        bound: the ratings are of an object that carries the code the judge was asked with.
    """

    ratings: dict[str, int | None]
    statuses: dict[str, Status]
    raw_values: dict[str, int | None]
    overall: float | None
    explanation: str | None
    status: Status
    reason: str | None
    bound: bool = False


def parse_judgment(
    text: str | None,
    attributes: Sequence[str] = ATTRIBUTES,
    scale: tuple[int, int] = (SCALE_MIN, SCALE_MAX),
    *,
    code: str | None = None,
) -> ParsedJudgment:
    """Read the ratings that `text` states, and nothing that it does not state.

    Strict JSON comes first. Otherwise exactly one object may be found in prose, or be repaired when
    each rating is stated literally before any free text. Objects or statements that disagree, an
    object that is called an example or quoted, or that stands beside a refusal, rate nothing.

    Args:
        text: a judge's reply or a cell of a rating sheet; None, blank text and ``nan`` are missing.
        attributes: the keys to read, in the order of the result.
        scale: lowest and highest rating, both included.
        code: what the judge was asked to put under ``CODE_KEY``; objects that carry it count
            before everything that stands around them.

    Returns:
        The judgment; unusable parts are None with a status, never a stand-in number.

    Raises:
        DataError: `text` is neither text nor None, or `attributes` or `scale` are unusable.
            No text makes it raise.
    """
    vocab = vocabulary(tuple(attributes), *scale)
    if text is None:
        return _unscored(vocab, Status.MISSING, "empty")
    if not isinstance(text, str):
        raise DataError(
            f"a judge's text must be str or None; received {type(text).__name__}; "
            "convert the cell, or pass None when it is empty"
        )
    bound = None if code is None else _bound(text, code, vocab)
    if bound is not None:
        return bound
    # The common case: the whole text is the object. No JSON begins with a fence.
    if not text.startswith("`"):
        try:
            return _from_whole(decode(text), vocab)
        except NotJsonError:
            pass
    if text.strip().casefold() in _EMPTY:
        return _unscored(vocab, Status.MISSING, "empty")
    answer = strip_thinking(text)
    if answer is None:
        return _unscored(vocab, Status.PARSE_FAILED, "unclosed_think")
    answer = strip_fence(answer)
    try:
        return _from_whole(decode(answer), vocab)
    except NotJsonError:
        return _from_prose(answer, vocab)


def _bound(text: str, code: str, vocab: Vocabulary) -> ParsedJudgment | None:
    """Read the objects that carry the code, which must agree; None when there is none."""
    answer = strip_thinking(text)
    reads = []
    for region in find_regions(answer or ""):
        try:
            value = decode((answer or "")[region.start : region.end])
        except NotJsonError:
            continue
        if type(value) is Pairs and dict(value).get(CODE_KEY) == code:
            reads.append(Pairs((k, v) for k, v in value if k != CODE_KEY))
    found = [read for read in (read_tree(value, vocab) for value in reads) if read]
    if not found:
        return None
    if not agree(found):
        return _unscored(vocab, Status.PARSE_FAILED, "several_objects")
    return replace(_from_whole(reads[-1], vocab), bound=True)


def _from_whole(value: object, vocab: Vocabulary) -> ParsedJudgment:
    """Read a text that is one JSON value."""
    plain = _plain(value, vocab)
    if plain is not None:
        return plain
    found = read_tree(value, vocab)
    if found is None:
        return _unscored(vocab, Status.PARSE_FAILED, "no_object")
    return _scored(found, vocab, "repaired:nested_object" if found.nested else None)


def _plain(value: object, vocab: Vocabulary) -> ParsedJudgment | None:
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
    if stated:
        return None
    return ParsedJudgment(
        ratings=ratings,
        statuses=dict.fromkeys(vocab.attributes, Status.OK),
        raw_values=ratings.copy(),
        overall=read_overall(overall, vocab),
        explanation=explanation if isinstance(explanation, str) else None,
        status=Status.OK,
        reason=None,
    )


def _from_prose(text: str, vocab: Vocabulary) -> ParsedJudgment:
    """Read a text that is not JSON: prose around objects, or a malformed object."""
    opened = lacks_opening_brace(text)
    if opened:
        text = "{" + text
    bearing: list[Region] = []
    if vocab.mention.search(text):
        bearing = [r for r in find_regions(text) if vocab.mention.search(text, r.start, r.end)]
    if not bearing:
        if is_refusal(text):
            return _unscored(vocab, Status.REFUSED, "refusal")
        return _unscored(vocab, Status.PARSE_FAILED, "no_object")
    if len(bearing) > _MOST_OBJECTS:
        return _unscored(vocab, Status.PARSE_FAILED, "several_objects")
    reads: list[tuple[Region, ObjectReading]] = []
    how = "repaired:missing_brace" if opened else "repaired:surrounding_text"
    for region in bearing:
        try:
            value = decode(text[region.start : region.end], control_characters=True)
        except NotJsonError:
            continue
        found = read_tree(value, vocab)
        if found is not None:
            reads.append((region, found))
    failure: str | None = None
    if not reads and len(bearing) == 1:
        region = bearing[0]
        how = f"repaired:{'missing_brace' if opened else kind_of_damage(text, region, vocab)}"
        found, failure = repair_object(text, region, vocab)
        reads = [(region, found)]
    elif not reads or not agree([found for _, found in reads]):
        failure = "several_objects"
    used = [region for region, _ in reads] or bearing
    prose = outside(text, used)
    if is_refusal(prose):
        return _unscored(vocab, Status.REFUSED, "example_in_refusal")
    failure = failure or _objections(text, used, vocab)
    found = reads[0][1] if reads else ObjectReading()
    failure = failure or contradiction(prose, found.readings, vocab)
    failure = failure or _too_few(found, vocab)
    if failure:
        return _unscored(vocab, Status.PARSE_FAILED, failure)
    if not prose.strip() and how == "repaired:surrounding_text":
        how = "repaired:control_characters"
    return _scored(found, vocab, how)


def _too_few(found: ObjectReading, vocab: Vocabulary) -> str | None:
    """Return why an object that is not the whole text states too little to count, or None."""
    unread = [r.reason for r in found.readings.values() if r.status is Status.PARSE_FAILED]
    if len(found.readings) - len(unread) >= vocab.majority:
        return None
    return unread[0] if unread else "incomplete"


def _objections(text: str, regions: list[Region], vocab: Vocabulary) -> str | None:
    """Return the first objection to these (equal) objects, or None when one of them may count."""
    first: str | None = None
    for index, region in enumerate(regions):
        before = outside(text[: region.start], regions[:index])
        reason = objection(text, region, vocab, before)
        if reason is None:
            return None
        first = first or reason
    return first


def _scored(found: ObjectReading, vocab: Vocabulary, repaired: str | None) -> ParsedJudgment:
    """Assemble the judgment from what one object states; `repaired` says how it was reached."""
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
    )


def _unscored(vocab: Vocabulary, status: Status, reason: str) -> ParsedJudgment:
    """Assemble the judgment of a text that gives no rating at all."""
    return ParsedJudgment(
        ratings=dict.fromkeys(vocab.attributes),
        statuses=dict.fromkeys(vocab.attributes, status),
        raw_values=dict.fromkeys(vocab.attributes),
        overall=None,
        explanation=None,
        status=status,
        reason=reason,
    )
