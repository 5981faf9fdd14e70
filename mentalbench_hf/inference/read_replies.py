"""How much of what a judge answered could be read, and how often its code came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentalbench_hf.schema import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class ReadReplies:
    """What could be read from a judge's replies.

    Attributes:
        wanted: judgments of a reply that is there.
        rated: those with at least one rating.
        answers: replies that were to carry a code: a text, not flagged as a refusal.
        unbound: answers whose ratings, if any, are not of an object with the code.
    """

    wanted: int = 0
    rated: int = 0
    answers: int = 0
    unbound: int = 0

    def count(self, row: Mapping[str, Any]) -> None:
        """Count one row of ``run_tables.judged_rows``."""
        self.wanted += row["response"] is not None
        self.rated += any(
            row[a] is not None or row[f"{a}_expected"] is not None for a in ATTRIBUTES
        )
        self.count_code(row["bound"])

    def count_code(self, bound: bool | None) -> None:
        """Count one answer that carries its code or not; None is a reply that was to carry none."""
        self.answers += bound is not None
        self.unbound += bound is False

    @property
    def sentence(self) -> str:
        """How often the judge left its code out, in words; ``""`` when it was asked for none."""
        if not self.answers:
            return ""
        if not self.unbound:
            return f"All {self.answers} answers carry the code they were asked for."
        share = self.unbound / self.answers
        return (
            f"{self.unbound} of {self.answers} answers ({share:.0%}) do not carry the code they "
            "were asked for; they count only where what surrounds them leaves no doubt."
        )
