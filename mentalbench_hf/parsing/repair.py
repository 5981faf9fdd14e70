"""One malformed object, repaired with proof: a rating counts only where the text states it.

The repair library makes the best of anything, which is not safe alone: it merges objects, takes the
last of two disagreeing keys and cuts values. So its result is only a second witness. A rating must
be stated literally in the *head* of the object, and the library must read the same value there.

The head is the object's text before the first free text: before a nested brace, the Explanation,
any value that opens as text, or three words in a row; and before the Overall or a repeated key.
What a rated response says can be quoted only after that point, so it cannot become a rating even
when quotes or keys are damaged.
"""

from __future__ import annotations

import re
from typing import Any, Final

from mentalbench_hf.parsing.candidates import Region
from mentalbench_hf.parsing.strict import Pairs
from mentalbench_hf.parsing.values import (
    DISAGREEING,
    NULL,
    UNWITNESSED,
    ObjectReading,
    Reading,
    read_integer,
    read_pairs,
)
from mentalbench_hf.parsing.vocabulary import QUOTES, Vocabulary
from mentalbench_hf.schema import Status

#: Longer regions are not handed to the repair library, whose time is not bounded.
LONGEST: Final = 20_000
#: What the library was seen, or may be feared, to raise on hostile input (an AssertionError for a
#: key that is not text was seen). Its defects must not become ours: no second witness, no rating.
_DEFECTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_FREE_TEXT: Final = re.compile(
    rf":\s{{0,20}}\\?[{QUOTES}](?![-0-9])"
    r"|(?<![^\W\d_])[^\W\d_]{1,60}(?:[ \t]{1,5}[^\W\d_]{1,60}){2}"
)


#: Values that are no text, after the last rating; then the end, or one text up to the end.
_BETWEEN: Final = re.compile(
    rf"(?:[\s,]{{0,40}}[{QUOTES}]?\w{{1,40}}[{QUOTES}]?\s{{0,20}}:\s{{0,20}}"
    r"(?:[-+.0-9]{1,20}|null|true|false|None|True|False)(?=[\s,}]|\Z)){0,20}[\s,]{0,80}"
)
_END: Final = re.compile(r"[\s,}\]`]{0,80}\Z")
_TEXT: Final = re.compile(
    rf"[{QUOTES}]?\w{{1,40}}[{QUOTES}]?\s{{0,20}}:?\s{{0,20}}(?P<quote>[{QUOTES}])"
)
#: A sentence that ends among the ratings says something about them.
_SENTENCE_END: Final = re.compile(r"[^\W\d_][.!?]|[。！？।؟]")
_CLOSING: Final = {"“": "”", "„": "“”", "‘": "’"}


def _ends_cleanly(text: str, region: Region, end: int) -> bool:
    """Whether the object ends with what follows its ratings, so that nothing was said after it.

    From `end`, where the last stated rating ends: other keys, then at most one text, which runs to
    the end of the object or, when the object was cut, to the end of its line.
    """
    rest = text[end : region.end]
    between = _BETWEEN.match(rest)
    rest = rest[between.end() if between else 0 :]
    if _END.match(rest):
        return True
    opened = _TEXT.match(rest)
    if opened is None:
        return False
    closing = _CLOSING.get(opened["quote"], opened["quote"])
    words = rest[opened.end() :].rstrip("}` \t\n\r,")
    if words.endswith(tuple(closing)):
        return True
    return not region.closed and not any(mark in words for mark in (*closing, "\n"))


def _free_text(text: str, region: Region, vocab: Vocabulary) -> int:
    """Return where free text may begin in the object, as a position in `text`."""
    ends = [region.end]
    nested = text.find("{", region.start + 1, region.end)
    if nested >= 0:
        ends.append(nested)
    for pattern in (vocab.explanation_word, _FREE_TEXT):
        found = pattern.search(text, region.start, region.end)
        if found:
            ends.append(found.start())
    return min(ends)


def _head_end(text: str, region: Region, end: int, vocab: Vocabulary) -> int:
    """Return where the head ends when free text begins at `end`.

    A key that comes a second time begins another object; the Overall after attributes ends them.
    """
    seen: set[str] = set()
    for found in vocab.mention.finditer(text, region.start, end):
        name = vocab.folded[found["name"].casefold()]
        if name in seen:
            end = found.start()
            break
        overall = None if seen else vocab.overall.search(text, found.end(), end)
        if overall:
            end = overall.start()
        if found.start() >= end:
            break
        seen.add(name)
    return end


def _groups(found: re.Match[str]) -> list[str]:
    """Return the groups of a pair that took part: its key, then its value if there is one."""
    return [group for group in found.groups() if group is not None]


def _stated(
    text: str, region: Region, end: int, vocab: Vocabulary
) -> tuple[dict[str, Reading], int]:
    """Read every complete pair in the head, which states no attribute twice.

    Also returns where the last of them ends.
    """
    stated: dict[str, Reading] = {}
    last = region.start
    for pattern in (vocab.pair, vocab.null_pair):
        # The end of a value may be shown by what follows the head: search on, stop at the head.
        for found in pattern.finditer(text, region.start, region.end):
            if found.start() >= end:
                break
            key, *number = _groups(found)
            name = vocab.folded[key.casefold()]
            reading = NULL
            if number:
                reading = read_integer(int(number[0]), vocab, Status.PARSE_REPAIRED)
            stated[name] = reading
            last = max(last, found.end())
    return stated, last


def _disagreeing(text: str, stated: dict[str, Reading], vocab: Vocabulary) -> set[str]:
    """Return the attributes for which any part of `text` states another number."""
    other: set[str] = set()
    for found in vocab.mention.finditer(text):
        name = vocab.folded[found["name"].casefold()]
        if name in stated and found["number"] is not None and not found["range"]:
            raw = stated[name].raw
            if raw is None or float(found["number"]) != raw:
                other.add(name)
    return other


def _overall(text: str, region: Region, end: int, vocab: Vocabulary) -> float | None:
    """Return the one overall score that the head states, or None."""
    values = {
        float(_groups(found)[1])
        for found in vocab.overall_pair.finditer(text, region.start, region.end)
        if found.start() < end
    }
    return values.pop() if len(values) == 1 else None


def _as_pairs(value: Any) -> Any:
    """Give the repair library's plain dicts the form of strictly decoded objects."""
    if isinstance(value, dict):
        return Pairs((str(key), _as_pairs(inner)) for key, inner in value.items())
    return value


def _library_reading(text: str, vocab: Vocabulary) -> ObjectReading | None:
    """Return what the repair library reads in `text`, or None when it finds no single object."""
    import json_repair

    try:
        value: Any = json_repair.repair_json(text, return_objects=True, skip_json_loads=True)
        pairs = _as_pairs(value)
    except _DEFECTS:
        return None
    return read_pairs(pairs, vocab) if type(pairs) is Pairs else None


def kind_of_damage(text: str, region: Region, vocab: Vocabulary) -> str:
    """Name the most visible damage, for the reason that travels with the ratings."""
    inside = text[region.start : region.end]
    if re.match(r"\{\s{0,20}[“”„]", inside):
        return "curly_quotes"
    if re.match(r"\{\s{0,20}'", inside):
        return "single_quotes"
    if not region.closed:
        return "missing_brace"
    if re.search(r",\s{0,40}\}\Z", inside):
        return "trailing_comma"
    explained = vocab.explanation.search(inside)
    if explained and inside.count('"', explained.end()) > 2:
        return "unescaped_quotes"
    return "malformed_json"


def repair_object(text: str, region: Region, vocab: Vocabulary) -> tuple[ObjectReading, str | None]:
    """Read the malformed object at `region` of `text`.

    Returns:
        What it provably states (each usable rating PARSE_REPAIRED), and the reason why nothing can
        be used: ``too_long``, ``incomplete`` (fewer than a majority of the attributes are stated),
        ``ambiguous`` (something follows the object that is no part of it), ``not_repairable``, or
        None.
    """
    nothing = ObjectReading()
    if region.end - region.start > LONGEST:
        return nothing, "too_long"
    free = _free_text(text, region, vocab)
    end = _head_end(text, region, free, vocab)
    stated, last = _stated(text, region, end, vocab)
    if len(stated) < vocab.majority:
        return nothing, "incomplete"
    if _SENTENCE_END.search(text, region.start, last) or not _ends_cleanly(text, region, last):
        return nothing, "ambiguous"
    library = _library_reading(text[region.start : region.end], vocab)
    if library is None:
        return nothing, "not_repairable"
    ambiguous = _disagreeing(text, stated, vocab)
    readings: dict[str, Reading] = {}
    for name, reading in stated.items():
        witness = library.readings.get(name)
        if name in ambiguous:
            readings[name] = DISAGREEING
        elif witness is None or (witness.rating, witness.raw) != (reading.rating, reading.raw):
            readings[name] = reading if reading.status is Status.PARSE_FAILED else UNWITNESSED
        else:
            readings[name] = reading
    overall = _overall(text, region, free, vocab)
    if overall != library.overall:
        overall = None
    # Letters may be escaped in the text; the library may have cut it.
    words = [text[free : region.end], library.explanation or ""]
    return ObjectReading(readings, overall, library.explanation, words=words), None
