"""One planned call, the limits of a run, what it did, and what its journal already holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.run.journal import read_journal
from mentalbench_hf.inference.run.retry import RetryPolicy

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.inference.messages import ChatRequest


@dataclass(frozen=True, slots=True)
class Call:
    """One planned call.

    Attributes:
        key: see ``messages.request_key``.
        who: which of the run's clients is asked.
        item: the number of the item in the run.
        replicate: which repetition, from 0.
        request: what is asked.
    """

    key: str
    who: str
    item: int
    replicate: int
    request: ChatRequest

    @property
    def unit(self) -> str:
        """The text that identifies the item's need of this reply."""
        return f"{self.key}/{self.who}/{self.item}/{self.replicate}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How a run is conducted; nothing here changes a reply.

    Attributes:
        concurrency: calls in flight at most, at least 1.
        retry: how failed attempts are repeated.
        retry_failed: ask again what an earlier run recorded as failed for good.
        sync: the journal's policy.
        grace: seconds that calls in flight get to finish after an interruption.
        progress: show the progress bar.
    """

    concurrency: int = 8
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    retry_failed: bool = False
    sync: str = "interval"
    grace: float = 30.0
    progress: bool = True


@dataclass(slots=True)
class RunSummary:
    """What a run did.

    Attributes:
        done: replies received now.
        skipped: items that the journal already answered.
        shared: items answered by another item's identical call.
        failed: calls recorded as failed, now.
        cost: spent now, by the given prices.
        stopped: why the run ended before its calls did; ``""`` when it finished.
        interrupted: it was ended by ctrl-C.
        answers: replies of the whole run that a judge was to put a code into.
        unbound: those of them whose ratings, if any, are not of an object with the code.
        unrated: there was something to rate, and the run holds no rating at all.
    """

    done: int = 0
    skipped: int = 0
    shared: int = 0
    failed: int = 0
    cost: float = 0.0
    stopped: str = ""
    interrupted: bool = False
    answers: int = 0
    unbound: int = 0
    unrated: bool = False

    @property
    def finished(self) -> bool:
        """Every call was made and none was left for another attempt."""
        return not self.stopped and not self.interrupted

    @property
    def trouble(self) -> str:
        """Why there is no result to go on with; ``""`` when there is one."""
        if self.stopped:
            return f"stopped: {self.stopped}"
        if self.unrated:
            return (
                "the run holds no rating: README.md in its folder counts what came back, and the "
                "column raw of data/judgments.parquet holds it"
            )
        if self.failed and not self.done and not self.skipped:
            return "no call succeeded; the journal in the run's folder says why"
        return ""


class RunStopped(RunError):  # noqa: N818 - says what happened, and the run can go on
    """A run ended without a result to go on with; its folder holds what came back.

    Attributes:
        summary: what it did.
    """

    def __init__(self, out: Path, summary: RunSummary) -> None:
        """Say what happened."""
        super().__init__(f"{out}: {summary.trouble}")
        self.summary = summary


def check_finished(summary: RunSummary, out: Path) -> None:
    """Raise ``RunStopped`` unless there is a result to go on with."""
    if summary.trouble:
        raise RunStopped(out, summary)


@dataclass(slots=True)
class JournalState:
    """What the journal holds: replies, permanent failures, and the cost so far."""

    answered: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    spent: float = 0.0


def journal_state(path: Path, *, retry_failed: bool = False) -> JournalState:
    """Read which calls are done: answered, or failed for good unless `retry_failed`."""
    state = JournalState()
    for _, record in read_journal(path):
        status = record.get("status")
        if status == "ok" or (status == "failed" and not retry_failed):
            state.answered.add(record["key"])
        if status in ("ok", "same") or (status == "failed" and not retry_failed):
            state.units.add(
                f"{record['key']}/{record['who']}/{record['item']}/{record['replicate']}"
            )
        state.spent += record.get("cost") or 0.0
    return state
