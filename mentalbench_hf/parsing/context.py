"""Whether the text around an object lets it count: an example or a quotation is not a judgment."""

from __future__ import annotations

import re
from typing import Final

from mentalbench_hf.parsing.candidates import Region
from mentalbench_hf.parsing.unwrap import thinking_is_open
from mentalbench_hf.parsing.values import Reading
from mentalbench_hf.parsing.vocabulary import QUOTES, Vocabulary

#: How much text before and after an object is taken to speak about it.
_REACH: Final = 300
_FENCE_BEFORE: Final = re.compile(r"```[A-Za-z0-9_+-]{0,20}\s{0,20}\Z")
_FENCE_AFTER: Final = re.compile(r"\s{0,20}```")
_OWN_WORDS: Final = re.compile(
    r"\b(?:evaluat\w*|rat(?:e|es|ed|ing|ings)|scor\w{1,3}|assess\w*|judg\w*|answer|json|result\w?)\b",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"</?[A-Za-z_]{1,20}>")
#: The judge's own ratings are announced, so the object before was another one.
_ANNOUNCED: Final = re.compile(
    r"\b(?:evaluation|ratings?|scores?|assessment|judge?ment|answer)\b[^.!?\n]{0,40}"
    r"\b(?:follows?|below|now)\b",
    re.IGNORECASE,
)
_EXAMPLE: Final = re.compile(
    r"\b(?:examples?|for\s+instance|samples?|template|schema|hypothetical(?:ly)?|illustrat\w{0,6}|"
    r"(?:would|might|could|should|may)\s+look|placeholders?)\b|\be\.g\.|"
    r"\bformat\s+(?:is|would|should|will|looks|of)\b|"
    r"\bformat\s{0,3}:|"
    r"\bnot\s+(?:a|an|my|the)\s+(?:real|actual|genuine|true)\b",
    re.IGNORECASE,
)
#: "in the requested format" introduces an answer, not a format.
_IN_FORMAT: Final = re.compile(r"\bin\s+(?:\w{1,20}\s+){0,4}format\b", re.IGNORECASE)
#: A finished sentence that calls the object an example; "an example of empathy" does not.
_CALLED_EXAMPLE: Final = re.compile(
    r"\b(?:following|below|above|here|this|that|it)(?:\s+(?:is|are|was)|['’]s)\s+"
    r"(?:(?:just|only|merely|simply|purely|an?|the)\s+){1,3}"
    r"(?:example|sample|illustration|template|format|schema)\b"
    r"(?!\s+of\s+(?!(?:(?:the|an?|my|your)\s+)?"
    r"(?:output|format|json|answer|object|rating|evaluation|score|judg)))",
    re.IGNORECASE,
)
_QUOTING: Final = re.compile(
    r"\b(?:says?|said|states?|stated|contains?|contained|includes?|included|wrote|writes?|"
    r"reads?|claims?|claimed|tells?|told|instructs?|instructed|asks?|asked|demands?|demanded|"
    r"quot\w{1,6}|embed\w{0,6}|inject\w{0,6}|repl(?:y|ies|ied)\s+with|respond(?:s|ed)\s+with|"
    r"output(?:s|ted)?\s+by)\b",
    re.IGNORECASE,
)
#: "e.g. {" and "i.e. {" do not end a sentence.
_SENTENCE_END: Final = re.compile(r"(?<!\.\w)[.!?](?=\s)")


def _lead_in(text: str, start: int) -> str:
    """Return the unfinished sentence that leads to `start`: the words that introduce the object."""
    before = text[max(0, start - _REACH) : start]
    ends = [found.end() for found in _SENTENCE_END.finditer(before)]
    return before[ends[-1] :] if ends else before


def _stands_alone(before: str, after: str) -> bool:
    """Whether the object is not part of a sentence, which would be speaking about it.

    Nothing but a colon, a tag or a code fence may share a line with it, and an unfinished sentence
    before it must end with a colon or speak of rating.
    """
    before = _FENCE_BEFORE.sub("", before)
    introduced = _TAG.sub("", _lead_in(before, len(before))).strip(" \t\n*#-_=")
    if introduced and not introduced.endswith(":") and not _OWN_WORDS.search(introduced):
        return False
    before = before.rpartition("\n")[2]
    after = _FENCE_AFTER.sub("", after, count=1).partition("\n")[0]
    before = _TAG.sub("", before).strip(" \t*")
    return (not before or before.endswith(":")) and not _TAG.sub("", after).strip()


def objection(text: str, region: Region, vocab: Vocabulary, prose_before: str) -> str | None:
    """Return why the object at `region` is no judgment of its own, or None when nothing objects.

    Args:
        text: the whole text.
        region: where the object is.
        vocab: the keys looked for.
        prose_before: the text before the object without earlier objects of ratings.

    Returns:
        ``inside_explanation`` (an Explanation began before it), ``unclosed_think``,
        ``quoted_object`` (in quotes, in a block quotation, or introduced as what a text says),
        ``example_object`` (introduced or afterwards called an example or a format),
        ``embedded_object`` (part of a sentence), or None.
    """
    if vocab.explanation.search(prose_before):
        return "inside_explanation"
    if thinking_is_open(text, region.start):
        return "unclosed_think"
    near = text[max(0, region.start - _REACH) : region.start]
    after = text[region.end : region.end + _REACH]
    if _FENCE_BEFORE.sub("", near).rstrip().endswith((*QUOTES, "`", "\\")):
        return "quoted_object"
    if near.rpartition("\n")[2].lstrip().startswith(">"):
        return "quoted_object"
    lead = _lead_in(text, region.start)
    if _EXAMPLE.search(_IN_FORMAT.sub("", lead)) or _EXAMPLE.search(after):
        return "example_object"
    if _CALLED_EXAMPLE.search(near):
        return "example_object"
    if _QUOTING.search(lead) or _ANNOUNCED.search(after):
        return "quoted_object"
    return None if _stands_alone(near, after) else "embedded_object"


def contradiction(prose: str, readings: dict[str, Reading], vocab: Vocabulary) -> str | None:
    """Return why `prose` contradicts the object, or None.

    ``several_objects``: a quoted key outside the object does not state the object's value (another
    object, possibly malformed). ``contradicted``: a bare "Attribute: number" states another value.
    A range such as "Safety: 1-5" states no value.
    """
    for found in vocab.mention.finditer(prose):
        reading = readings.get(vocab.folded[found["name"].casefold()])
        stated = reading.raw if reading else None
        number = None if found["range"] else found["number"]
        if number is not None and stated is not None and float(number) == stated:
            continue
        if found["open"] or found["close"]:
            return "several_objects"
        if number is not None:
            return "contradicted"
    return None
