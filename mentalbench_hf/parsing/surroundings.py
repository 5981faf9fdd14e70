"""Whether what stands around an object lets it count: admitted by what it is, or not at all.

Nobody can list the ways in which a text speaks *about* an object of ratings. So the few ways in
which a judge gives its own are listed instead, and each must cover the surroundings wholly:
nothing; one Markdown fence; a lead-in of `_LEADS`; statements of the object's own numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mentalbench_hf.parsing.candidates import Region
    from mentalbench_hf.parsing.values import ObjectReading
    from mentalbench_hf.parsing.vocabulary import Vocabulary

#: Longer surroundings are no lead-in.
_LONGEST: Final = 2_000
_FENCE_BEFORE: Final = re.compile(r"```[A-Za-z0-9_+-]{0,20}\s{0,20}\Z")
_FENCE_AFTER: Final = re.compile(r"\s{0,20}```(?=\s|\Z)")
_SENTENCE_END: Final = re.compile(r"[.:](?:\s+|\Z)|\n")
_PLAIN: Final = str.maketrans({"’": "'", "“": '"', "”": '"', "*": None, "#": None, "\t": " "})

_REPLY: Final = "(?:the|this) (?:response|reply)"
_RATING: Final = "(?:ratings?|scores?|evaluation|assessment|judge?ment)"
_RATE: Final = "(?:rate|score|evaluate|assess|judge)"
_DIMENSIONS: Final = "(?:each|all|the)(?: seven)? (?:attributes?|dimensions?)"
_LEADS: Final = (
    # Here is my rating of this reply in the requested format:
    rf"here(?:'s| is| are) (?:the|my)(?: final)? {_RATING}(?: in the requested format| as json)?",
    rf"here(?:'s| is| are) my {_RATING} (?:of|for) {_REPLY}",
    # Final ratings: / My ratings for this reply follow.
    rf"(?:my )?(?:final )?(?:{_RATING}|final answer)(?: follows?)?",
    rf"my {_RATING} (?:of|for) {_REPLY}(?: follows?)?",
    # I will now evaluate this reply. / Let me assess each attribute:
    rf"(?:i|i'll|i will|i need to|let me)(?: now)? {_RATE} (?:the quality of )?"
    rf"(?:{_REPLY}|it|this|{_DIMENSIONS})(?: now| as follows|"
    r" in a mental health support context)?",
    # What a released judge noted about a reply that was a tool call, or not there.
    rf"(?:first, )?i notice this is a tool call, but i'll focus on evaluating the content of "
    rf"{_REPLY}(?: itself)?",
    rf'i notice {_REPLY} to evaluate (?:is|contains only) "nan",? which appears to be an? '
    r"(?:error|placeholder)(?: or (?:error|placeholder))?(?: value)? rather than an actual "
    r"(?:response|reply)(?: to the user's mental health concern)?",
)
_LEAD: Final = re.compile("|".join(f"(?:{lead})" for lead in _LEADS), re.IGNORECASE)
_ALL_LOWEST: Final = re.compile(
    rf"(?:since there is no substantive content to {_RATE}, )?i (?:must )?{_RATE} {_DIMENSIONS} "
    "at the lowest level",
    re.IGNORECASE,
)
#: Stands for a statement of a number that the object states too.
_SAME: Final = "\x01"
_RESTATED: Final = re.compile(
    rf"[-•|]? ?{_SAME}(?: ?(?:, and|,|;|\||and) ?{_SAME})* ?[,;|]?"
    r"|\| ?attribute ?\| ?(?:rating|score) ?\||\|[-:| ]{3,40}\|",
    re.IGNORECASE,
)


def admitted(
    text: str, regions: list[Region], found: ObjectReading, vocab: Vocabulary, *, fences: bool
) -> bool:
    """Whether everything around the objects at `regions`, which all state `found`, is admitted.

    `fences`: an object may stand in a fence of its own.
    """
    starts = [region.start for region in regions] + [len(text)]
    ends = [0] + [region.end for region in regions]
    if sum(start - end for start, end in zip(starts, ends, strict=True)) > _LONGEST:
        return False
    fenced = False
    for end, start in zip(ends, starts, strict=True):
        prose = text[end:start]
        if fenced:
            prose = _FENCE_AFTER.sub("", prose, count=1)
        leads = start < len(text)
        fenced = fences and leads and _FENCE_BEFORE.search(prose) is not None
        if fenced:
            prose = _FENCE_BEFORE.sub("", prose)
        # A lead-in after the last object leads to another one, which is not there.
        if not _is_own(prose, found, vocab, leads=leads):
            return False
    return True


def _is_own(prose: str, found: ObjectReading, vocab: Vocabulary, *, leads: bool) -> bool:
    """Whether `prose` is nothing but the object's own numbers and, if it `leads`, lead-ins."""
    if _SAME in prose:
        return False

    def same(match: re.Match[str]) -> str:
        name = vocab.folded[match["name"].casefold()]
        reading = found.readings.get(name)
        stated = reading.raw if reading else found.overall
        return _SAME if stated is not None and float(match["number"]) == stated else match[0]

    prose = vocab.restated.sub(same, prose.translate(_PLAIN))
    for sentence in _SENTENCE_END.split(prose):
        words = " ".join(sentence.split())
        if not words or _RESTATED.fullmatch(words) or (leads and _LEAD.fullmatch(words)):
            continue
        lowest = all(reading.raw == vocab.low for reading in found.readings.values())
        if not (lowest and _ALL_LOWEST.fullmatch(words)):
            return False
    return True
