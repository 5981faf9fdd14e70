"""A response counts as missing when two judges quote the placeholder that stood in its place."""

from __future__ import annotations

import numpy as np
import pytest

from mentalbench_hf.data import mentalalign
from mentalbench_hf.data.mentalalign import CODE_OF, read_mentalalign
from mentalbench_hf.schema import Status
from mentalbench_hf.sources import open_source


@pytest.mark.parametrize("quoting", [1, 2, 4])
def test_one_judge_alone_does_not_make_a_response_missing(
    monkeypatch: pytest.MonkeyPatch, quoting: int
) -> None:
    before = read_mentalalign(open_source("sample"))
    row, system = (int(i) for i in np.argwhere(~before.missing_responses)[0])
    sheets = {before.roster.sheet_of[j] for j in before.roster.judge_ids[:quoting]}
    read_sheet = mentalalign.read_sheet

    def told(path, roster):  # type: ignore[no-untyped-def]
        sheet = read_sheet(path, roster)
        if path.name in sheets:
            place = sheet.conversation_ids.index(int(before.conversation_ids[row]))
            cell = sheet.cells[place][system]
            sheet.cells[place][system] = cell.replace(': "', ": \"The reply is 'nan'. ", 1)
            assert sheet.cells[place][system] != cell
        return sheet

    monkeypatch.setattr(mentalalign, "read_sheet", told)
    after = read_mentalalign(open_source("sample"))
    changed = np.argwhere(after.missing_responses != before.missing_responses).tolist()
    assert changed == ([] if quoting < 2 else [[row, system]])
    missing = after.statuses[:, row, system] == CODE_OF[Status.RESPONSE_MISSING]
    assert missing.all() == missing.any() == (quoting >= 2)
