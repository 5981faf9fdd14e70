"""Letters of the human experts' styles. Who they are is not recorded, here or upstream."""

from __future__ import annotations

from typing import Final

#: Style -> the ConvID of a conversation that it rated. A and B are the experts of the two interim
#: tables of an earlier public revision: A's totals are those of a run of rows that holds ConvID
#: 300, B's come nearest to a run that begins at the top. Kept so that the letters do not depend on
#: whether the interim table is at hand; where it is, the audit finds the runs anew.
EXPERT_ANCHORS: Final[dict[str, int]] = {"A": 300, "B": 1}
