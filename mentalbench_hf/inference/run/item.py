"""What one call of a run is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One conversation, with a response when it is to be judged.

    Attributes:
        number: its place in the run, from 0.
        conversation_id: as text; items of one conversation are resampled together.
        context: what the person wrote; ``""`` when unknown.
        system: who wrote the response; ``""`` when unknown or none is there yet.
        response: the response; None when there is none to judge.
    """

    number: int
    conversation_id: str
    context: str
    system: str = ""
    response: str | None = None
