"""What an audit holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from mentalbench_hf.schema import SYNTHETIC, USABLE

#: The kind of the entry that says what was audited.
AUDITED: Final = "audited_data"


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of fault in one sheet, for one system where that applies.

    Attributes:
        kind: a key of KINDS.
        sheet: the file.
        rater: whose sheet it is.
        system: the system concerned, empty when whole rows are.
        count: how many.
        unit: what is counted: cells, scores, responses or rows.
        rows: where: conversation_id, and attribute or reading where that applies.
        text: what was found, with its numbers, where a count does not say it.
        facts: by name what else was found; for a statistical finding the ``statistic``, its
            ``null`` and a negative ``control``.
    """

    kind: str
    sheet: str
    rater: str
    system: str
    count: int
    unit: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return a flat dict for JSON: the facts stand beside the rest."""
        content = asdict(self)
        facts: dict[str, Any] = content.pop("facts")
        return content | facts


@dataclass(frozen=True, slots=True)
class Audit:
    """All findings, and how many ratings have which status.

    Attributes:
        version: version of the data set audited.
        synthetic: whether it is the bundled sample.
        n_conversations: rows of each sheet.
        findings: every fault found, by kind, rater and system.
        statuses: rater -> status -> number of ratings (seven per response).
        misalignment: how the human ratings of misaligned rows correlate with the judges' mean
            when compared by ConvID and when compared by text: Pearson r and number of pairs.
        provenance: the files read.
    """

    version: str
    synthetic: bool
    n_conversations: int
    findings: list[Finding]
    statuses: dict[str, dict[str, int]]
    misalignment: dict[str, float | int | None]
    provenance: list[dict[str, str | int | None]]

    def records(self) -> list[dict[str, Any]]:
        """Return a list for JSON, each entry with its ``kind``.

        The first, of kind AUDITED, says what was audited; the others are the findings.
        """
        about = {name: getattr(self, name) for name in self.__slots__ if name != "findings"}
        notice = {"notice": SYNTHETIC} if self.synthetic else {}
        return [{"kind": AUDITED, **notice, **about}, *(f.record() for f in self.findings)]

    @classmethod
    def from_records(cls, records: list[dict[str, Any]]) -> Audit:
        """Return the audit that :meth:`records` was made from."""
        about, *findings = records
        own = {f.name for f in fields(Finding)}
        return cls(
            findings=[
                Finding(
                    **{k: v for k, v in record.items() if k in own},
                    facts={k: v for k, v in record.items() if k not in own},
                )
                for record in findings
            ],
            **{name: value for name, value in about.items() if name in cls.__slots__},
        )

    def total(self, kind: str) -> int:
        """Return how often a kind of fault was found, over all sheets and systems."""
        return sum(f.count for f in self.findings if f.kind == kind)


def usable_share(result: Audit) -> dict[str, float]:
    """Return by rater the share of ratings that `audited` keeps, 0 to 1."""
    return {
        rater: sum(counts[str(s)] for s in USABLE) / max(1, sum(counts.values()))
        for rater, counts in result.statuses.items()
    }
