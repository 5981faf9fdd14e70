"""Pairs of replies to one conversation of which the human experts rated one higher."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mentalbench_hf.data.mentalalign import STATUSES, normalise
from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import USABLE, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mentalbench_hf.data.rated_replies import BenchmarkReplies

#: Why a pair is left out, beside the statuses of a rating, and what each means.
TIE: Final = "tie"
WITHIN_MARGIN: Final = "within_margin"
SAME_TEXT: Final = "same_text"
NO_TEXT: Final = "no_text"
REASONS: Final[dict[str, str]] = {
    TIE: "both replies have the same score",
    WITHIN_MARGIN: "the scores differ by less than the margin asked for",
    SAME_TEXT: "both replies are the same text",
    NO_TEXT: "a reply's text is not in MentalBench-100k",
    Status.MISSING: "an expert rating is missing",
    Status.OUT_OF_RANGE: "an expert rating is not on the scale",
    Status.RESPONSE_MISSING: "a reply was not there when it was rated",
    Status.MISALIGNED: "the expert ratings belong to another conversation",
    Status.PARSE_FAILED: "an expert rating cannot be read",
    Status.REFUSED: "an expert rating cannot be read",
}
#: Differences of means of integers are exact to far more digits than this.
_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply that may stand in a pair.

    Attributes:
        system: who wrote it.
        text: the reply, None when it is not there.
        score: the experts' score, 1 to 5, None when it is not there.
        lack: why the reply cannot stand in a pair, a key of ``REASONS``; ``""`` when it can.
    """

    system: str
    text: str | None
    score: float | None
    lack: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replies to one conversation.

    Attributes:
        conversation_id: the conversation, as in MentalAlign-70k.
        context: what the person wrote.
        chosen: the reply that the experts rated higher.
        rejected: the other one.
        margin: by how much, in rating points, above 0.
        expert: style of the expert who rated both; empty when it is not known.
    """

    conversation_id: int
    context: str
    chosen: Reply
    rejected: Reply
    margin: float
    expert: str = ""

    def row(self) -> dict[str, Any]:
        """Return a row in TRL's conversational preference format, with columns of our own."""
        return {
            "prompt": [{"role": "user", "content": self.context}],
            "chosen": [{"role": "assistant", "content": self.chosen.text}],
            "rejected": [{"role": "assistant", "content": self.rejected.text}],
            "margin": self.margin,
            "score_chosen": self.chosen.score,
            "score_rejected": self.rejected.score,
            "system_chosen": self.chosen.system,
            "system_rejected": self.rejected.system,
            "conversation_id": self.conversation_id,
            "expert": self.expert or None,
        }


def compare(first: Reply, second: Reply, margin: float) -> tuple[Reply, Reply, float] | str:
    """Return chosen, rejected and their distance; or why the two are no pair.

    The order of the two replies changes nothing, except whose lack is named when both lack
    something: the first one's.
    """
    if lack := first.lack or second.lack:
        return lack
    assert first.score is not None
    assert second.score is not None
    if first.text == second.text:
        return SAME_TEXT
    distance = round(first.score - second.score, _DIGITS)
    if distance == 0:
        return TIE
    if abs(distance) < margin:
        return WITHIN_MARGIN
    return (first, second, distance) if distance > 0 else (second, first, -distance)


class Preferences:
    """All pairs of a set of rated replies, in a fixed order, with what was left out.

    Attributes:
        left_out: split -> reason -> number of pairs; complete when ``pairs`` has run to its end.
        conversations: split -> number of conversations.
        n_possible: number of pairs that the conversations and systems make.
    """

    def __init__(
        self,
        rated: BenchmarkReplies,
        *,
        name: str = "CSS",
        margin: float = 1.0,
        splits: Mapping[str, float] | None = None,
        seed: int = 0,
        systems: Sequence[str] = (),
    ) -> None:
        """Prepare the replies.

        Args:
            rated: replies with the experts' ratings; the audited ones are used.
            name: the attribute or axis whose score decides.
            margin: the smallest difference that makes a pair, in rating points, from 0 to 4. Equal
                scores never make one.
            splits: name -> share of the conversations; by default 80% train, 20% test.
            seed: of the split.
            systems: only replies of these systems; all by default.

        Raises:
            DataError: an unknown attribute or system, or unusable margin, splits or seed.
        """
        if not 0 <= margin <= 4:
            raise DataError(f"the margin must be from 0 to 4 rating points, got {margin}")
        known = rated.ratings.roster.system_ids
        if unknown := [s for s in systems if s not in known]:
            raise DataError(f"unknown system {', '.join(unknown)}; known: {', '.join(known)}")
        self.systems = tuple(s for s in known if s in systems or not systems)
        if len(self.systems) < 2:
            raise DataError("a pair needs replies of at least two systems")
        self.name, self.margin, self.seed = name, margin, seed
        self.splits = dict(splits or {"train": 0.8, "test": 0.2})
        self._rated = rated
        self._scores, self._lacks = _scored(rated, name)
        self.split_of = assign(rated.ratings.contexts, self.splits, seed)
        self.conversations = {s: self.split_of.count(s) for s in self.splits}
        self.left_out: dict[str, Counter[str]] = {s: Counter() for s in self.splits}
        self.n_possible = len(self.split_of) * len(list(combinations(self.systems, 2)))

    @property
    def synthetic(self) -> bool:
        """The bundled sample."""
        return self._rated.synthetic

    def pairs(self, split: str) -> Iterator[Pair]:
        """Yield the pairs of a split by conversation and systems; counts what is left out."""
        self.left_out[split].clear()
        codes, letters = self._rated.ratings.experts
        for number, context in enumerate(self._rated.ratings.contexts):
            if self.split_of[number] != split:
                continue
            for one, other in combinations(self.replies(number), 2):
                made = compare(one, other, self.margin)
                if isinstance(made, str):
                    self.left_out[split][made] += 1
                else:
                    conversation = int(self._rated.ratings.conversation_ids[number])
                    expert = letters[codes[number]] if codes[number] >= 0 else ""
                    yield Pair(conversation, context, *made, expert)

    def replies(self, number: int) -> list[Reply]:
        """Return the replies to the conversation in row `number`, in the order of the systems."""
        roster = self._rated.ratings.roster.system_ids
        replies = []
        for system in self.systems:
            s = roster.index(system)
            text = self._rated.responses[number * len(roster) + s]
            score = self._scores[number, s]
            lack = self._lacks[number][s] or ("" if text else NO_TEXT)
            replies.append(Reply(system, text, None if np.isnan(score) else float(score), lack))
        return replies


def assign(contexts: Sequence[str], splits: Mapping[str, float], seed: int) -> list[str]:
    """Return the split of every conversation.

    Conversations with the same text (as ``normalise`` compares texts) go to the same split. Which
    one depends on the texts, the shares and the seed, not on order, ratings or margin.

    Raises:
        DataError: no split, a share that is not above 0, shares that do not add up to 1, an
            unusable name, or a split that gets no conversation.
    """
    if not splits or any(not share > 0 for share in splits.values()):
        raise DataError(f"every split needs a share above 0, got {dict(splits)}")
    if abs(sum(splits.values()) - 1) > 1e-9:
        raise DataError(f"the shares of the splits must add up to 1, got {dict(splits)}")
    if bad := [name for name in splits if not name.isidentifier()]:
        raise DataError(f"a split's name is letters, digits and underscores, got {bad[0]!r}")
    keys = [normalise(text) for text in contexts]
    groups = sorted(set(keys), key=lambda key: hashlib.sha256(f"{seed}\n{key}".encode()).digest())
    bounds = np.rint(np.cumsum(list(splits.values())) * len(groups)).astype(int)
    names = [list(splits)[i] for i in np.searchsorted(bounds, np.arange(len(groups)), "right")]
    if empty := [name for name in splits if name not in names]:
        raise DataError(
            f"the split {empty[0]!r} gets none of the {len(groups)} conversations; give it more"
        )
    split_of = dict(zip(groups, names, strict=True))
    return [split_of[key] for key in keys]


def _scored(rated: BenchmarkReplies, name: str) -> tuple[NDArray[np.float64], list[list[str]]]:
    """Return the experts' scores, shape (n, n_systems), NaN where missing, and why they are."""
    targets = rated.ratings.targets("audited")
    if name not in targets.names:
        raise DataError(f"unknown attribute or axis {name!r}; known: {', '.join(targets.names)}")
    n, n_systems = len(rated.ratings.contexts), len(rated.ratings.roster.system_ids)
    scores = targets.scores(targets.reference, name).reshape(n, n_systems)
    members = [targets.attributes.index(a) for a in targets.axes.get(name, (name,))]
    human = rated.ratings.roster.raters.index(rated.ratings.roster.reference)
    codes = rated.ratings.statuses[human][:, :, members]
    lacks = [
        [next((str(s) for c in cell if (s := STATUSES[c]) not in USABLE), "") for cell in row]
        for row in codes.tolist()
    ]
    return scores, lacks
