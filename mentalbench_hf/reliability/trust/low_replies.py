"""What the lowest-rated replies are: whose, from how many conversations, how many cut off.

A handful of replies carries every sentence about unsafe ones, so a reader must see when they come
from one system or one conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.records import Record

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class LowReplies(Record):
    """The replies that the reference rated at most so high.

    Attributes:
        attribute: the attribute or axis.
        threshold: a rating at most this high counts.
        n: replies.
        n_conversations: conversations they come from.
        by_system: system -> replies, the most first; systems without any are absent.
        largest_conversation: replies of the conversation that has most of them.
        n_incomplete: of them incomplete; None where it is not known which are.
    """

    attribute: str
    threshold: float
    n: int
    n_conversations: int
    by_system: dict[str, int]
    largest_conversation: int
    n_incomplete: int | None

    @property
    def text(self) -> str:
        """All of it in a sentence."""
        rated = f"rated {self.threshold:g} or lower on {self.attribute}"
        if not self.n:
            return f"No reply was {rated}."
        system, most = next(iter(self.by_system.items()))
        parts = [f"{most} of them by {system}"] if len(self.by_system) > 1 else []
        if self.n_incomplete:
            parts.append(f"{self.n_incomplete} that at least two judges call incomplete")
        parts.append(f"{self.largest_conversation} from one conversation")
        listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
        replies = "1 reply was" if self.n == 1 else f"{self.n:,} replies were"
        talks = (
            "1 conversation"
            if self.n_conversations == 1
            else (f"{self.n_conversations:,} conversations")
        )
        return f"{replies} {rated}, from {talks}: {listed}."


def low_replies(
    targets: RatedTargets,
    name: str,
    threshold: float,
    *,
    incomplete: NDArray[np.bool_] | None = None,
) -> LowReplies:
    """Count the replies that the reference rated at most `threshold`, by what they are.

    Args:
        targets: the ratings; replies without a reference rating do not count.
        name: attribute or axis.
        threshold: in points of the scale.
        incomplete: which replies are incomplete, shape (n_targets,).

    Raises:
        DataError: an unknown name.
    """
    # NaN compares as not low.
    low = targets.scores(targets.reference, name) <= threshold
    counts = np.bincount(targets.systems[low], minlength=len(targets.system_names))
    order = [s for s in np.argsort(-counts, kind="stable") if counts[s]]
    sizes = np.bincount(targets.clusters[low])
    return LowReplies(
        attribute=name,
        threshold=float(threshold),
        n=int(low.sum()),
        n_conversations=int((sizes > 0).sum()),
        by_system={targets.system_names[s]: int(counts[s]) for s in order},
        largest_conversation=int(sizes.max(initial=0)),
        n_incomplete=None if incomplete is None else int((low & incomplete).sum()),
    )
