"""Why a rating is there, or why it is not."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """The status every rating carries. A rating that is not usable is null with its reason."""

    OK = "ok"
    MISSING = "missing"
    OUT_OF_RANGE = "out_of_range"
    PARSE_REPAIRED = "parse_repaired"
    PARSE_FAILED = "parse_failed"
    REFUSED = "refused"
    RESPONSE_MISSING = "response_missing"
    MISALIGNED = "misaligned"


#: What each status means, for cards and help pages.
STATUS_MEANING: Final[dict[Status, str]] = {
    Status.OK: "an integer from 1 to 5, read as published",
    Status.MISSING: "the released cell or score is empty",
    Status.OUT_OF_RANGE: "the released score is not an integer from 1 to 5",
    Status.PARSE_REPAIRED: "a usable score, read from a reply that is not valid JSON",
    Status.PARSE_FAILED: "the judge's reply states no unambiguous score for this attribute",
    Status.REFUSED: "the judge declined to rate",
    Status.RESPONSE_MISSING: "there was no response to rate",
    Status.MISALIGNED: "the human row and the judge row hold different conversations",
}
#: Texts that stand, in whatever case, where a response was lost on the way.
PLACEHOLDERS: Final = frozenset({"", "nan", "none", "null", "n/a"})
#: A rating with one of these is used; every other status means null in ``audited`` data.
USABLE: Final = frozenset({Status.OK, Status.PARSE_REPAIRED})
