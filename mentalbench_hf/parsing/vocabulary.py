"""What is looked for in a judge's text: the keys, the scale and the patterns built from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mentalbench_hf.errors import DataError

OVERALL: Final = "Overall"
EXPLANATION: Final = "Explanation"
#: The key under which an answer carries the code that binds it to its question.
CODE_KEY: Final = "Code"
_RESERVED: Final = (OVERALL, EXPLANATION, CODE_KEY)

#: Straight and curly quotes, as a character-class body.
QUOTES: Final = "\"'“”„‘’"

# Every repetition is bounded, so no pattern can take quadratic time on hostile text.
_COLON: Final = r"\s{0,20}:\s{0,20}"
#: A value is complete when what follows shows that no digit of it can be missing.
_COMPLETE: Final = (
    rf"(?=\s{{0,40}}(?:,\s{{0,40}}(?:[{QUOTES}}}]|[^\W\d]{{1,40}}[{QUOTES}]?\s{{0,20}}:)"
    rf"|\}}|[{QUOTES}][^\W\d]{{1,40}}[{QUOTES}]\s{{0,20}}:))"
)


def _key(names: str) -> str:
    """Pattern of one key: in one kind of quotes, or bare where a key may stand."""
    quoted = "|".join(
        (
            rf'(?<![\w\\])"({names})"',
            rf"(?<![\w\\])'({names})'",
            rf"(?<![\w\\])[“”„]({names})[“”]",
            rf"(?<![\w\\])[‘’]({names})[‘’]",
        )
    )
    return rf"(?:{quoted}|[{{,\n][ \t]{{0,40}}({names}))"


def _anycase(names: str) -> str:
    """Pattern of `names` in upper or lower case."""
    return f"(?ai:{names})"


def _value(number: str) -> str:
    """Pattern of one value: bare, or alone in one kind of quotes."""
    return rf"(?:({number})|\"({number})\"|'({number})'|[“”]({number})[“”])"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Keys, scale and patterns for one set of attributes.

    Attributes:
        attributes: the attribute names, in order.
        low: lowest rating of the scale.
        high: highest rating of the scale.
        folded: case-folded key (attributes and reserved keys) -> its canonical spelling.
        pair: a stated ``attribute: integer`` that is complete; groups: five keys, four values.
        null_pair: a stated ``attribute: null``.
        overall_pair: a stated ``Overall: number`` that is complete.
        mention: an attribute used like a key anywhere, with the number that follows, if any.
        restated: a whole statement of one number in prose: "Safety: 4/5", "I give Safety a 4".
        explanation: the Explanation used like a key.
        explanation_word: the Explanation, as a key that may have lost its colon.
        overall: the Overall used like a key.
    """

    attributes: tuple[str, ...]
    low: int
    high: int
    folded: dict[str, str]
    pair: re.Pattern[str]
    null_pair: re.Pattern[str]
    overall_pair: re.Pattern[str]
    mention: re.Pattern[str]
    restated: re.Pattern[str]
    explanation: re.Pattern[str]
    explanation_word: re.Pattern[str]
    overall: re.Pattern[str]

    @property
    def majority(self) -> int:
        """How many attributes an object that is not the whole text must state."""
        return len(self.attributes) // 2 + 1


@lru_cache(maxsize=32)
def vocabulary(attributes: tuple[str, ...], low: int, high: int) -> Vocabulary:
    """Return the (cached) vocabulary of `attributes` on the scale `low` to `high`.

    Raises:
        DataError: when there are no attributes, two of them differ only in case, one of them is
            ``Overall``, ``Explanation`` or ``Code``, or the scale is empty.
    """
    folded = {name.casefold(): name for name in (*attributes, *_RESERVED)}
    if not attributes or len(folded) != len(attributes) + len(_RESERVED):
        raise DataError(
            f"attributes must be distinct names other than {', '.join(_RESERVED)}; "
            f"received {list(attributes)}; the default is mentalbench_hf.schema.ATTRIBUTES"
        )
    if low > high:
        raise DataError(f"scale must be (lowest, highest); received ({low}, {high}); use (1, 5)")
    # ASCII case folding only: Unicode folding lets a dotless i match, which is then no known key.
    names = _anycase("|".join(re.escape(name) for name in attributes))
    overall = _anycase(OVERALL)
    marks = rf"\\?[{QUOTES}`]?"
    return Vocabulary(
        attributes=attributes,
        low=low,
        high=high,
        folded=folded,
        pair=re.compile(_key(names) + _COLON + _value(r"-?(?:0|[1-9][0-9]{0,2})") + _COMPLETE),
        null_pair=re.compile(_key(names) + _COLON + r"(?:null|None)\b"),
        overall_pair=re.compile(
            _key(overall) + _COLON + _value(r"[0-9](?:\.[0-9]{1,6})?") + _COMPLETE
        ),
        mention=re.compile(
            rf"(?<!\w){marks}(?P<name>{names}){marks}"
            r"[*_]{0,3}\s{0,20}[:=][*_]{0,3}\s{0,20}"
            rf"{marks}[*_]{{0,3}}(?P<number>[-+]?[0-9]{{1,6}}(?:\.[0-9]{{1,6}})?)?"
            r"(?P<range>\s{0,3}(?:-|–|—|to)\s{0,3}[0-9])?"
        ),
        restated=re.compile(
            rf"(?:\bi (?:rate|give|score) )?(?<!\w)(?P<name>{names}|{overall})"
            r"(?: ?[:=|] ?| (?:is|gets|at|as) | )(?:an? )?"
            r"\(?(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3})?)\)?"
            rf"(?: ?(?:/|out of) ?{high})?(?!\w|[./-]\d)",
            re.ASCII | re.IGNORECASE,
        ),
        explanation=re.compile(
            rf"(?<!\w){marks}{_anycase(EXPLANATION)}{marks}[*_]{{0,3}}\s{{0,20}}:"
        ),
        explanation_word=re.compile(rf"\b{_anycase(EXPLANATION)}\b"),
        overall=re.compile(rf"(?<!\w){marks}{overall}{marks}\s{{0,20}}:"),
    )
