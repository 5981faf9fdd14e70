"""What stands behind a rated reply in words: the post, the reply, and what the judges said of it.

For a report to show, never to publish anew: it is text of people in distress.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.rated_replies import rows_of_texts
from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    from mentalbench_hf.data.mentalalign import MentalAlign
    from mentalbench_hf.data.mentalbench import MentalBench


@dataclass(frozen=True, eq=False)
class ReplyWords:
    """Words by conversation and system, as MentalAlign-70k numbers them.

    Attributes:
        ratings: MentalAlign-70k, with the judges' explanations.
        conversations: MentalBench-100k, None when the texts of the replies are not here.
    """

    ratings: MentalAlign
    conversations: MentalBench | None = None

    def context(self, conversation_id: int) -> str:
        """Return the post that was answered.

        Raises:
            DataError: a conversation or system that is not among the rated ones.
        """
        return self.ratings.contexts[self._row(conversation_id)]

    def explanation(self, judge: str, conversation_id: int, system: str) -> str | None:
        """Return a judge's own words on a reply, None where it gave none.

        Raises:
            DataError: see :meth:`context`.
        """
        row = self.ratings.judgments[judge][self._row(conversation_id)]
        return row[self._system(system)].explanation

    def reply(self, conversation_id: int, system: str) -> str | None:
        """Return the reply, None where its text is not here.

        Raises:
            DataError: see :meth:`context`.
        """
        row, _ = self._row(conversation_id), self._system(system)
        if self.conversations is None or self._places[row] < 0:
            return None
        cell = self.conversations.conversations[system][int(self._places[row])]
        text: str | None = cell.as_py()
        return text or None

    def _row(self, conversation_id: int) -> int:
        row = self._rows.get(conversation_id)
        if row is None:
            raise DataError(f"conversation {conversation_id} is not among the rated ones")
        return row

    def _system(self, system: str) -> int:
        if system not in self.ratings.roster.system_ids:
            raise DataError(f"system {system!r} is not among the rated ones")
        return self.ratings.roster.system_ids.index(system)

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {int(i): row for row, i in enumerate(self.ratings.conversation_ids)}

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """Row of each rated conversation in MentalBench-100k, −1 where it is not there."""
        if self.conversations is None:
            return np.full(len(self.ratings.contexts), -1)
        table = self.conversations.conversations
        return rows_of_texts(
            self.ratings.contexts,
            [str(i) for i in self.ratings.conversation_ids],
            table["context"].to_pylist(),
            [str(i) for i in table["conversation_id"].to_pylist()],
        )
