"""What the progress bar of a run shows."""

from __future__ import annotations

import re

import pytest

from mentalbench_hf.inference.run.progress import Progress


@pytest.mark.parametrize("skipped", [True, False])
def test_calls_that_the_journal_holds_move_the_bar_but_not_the_rate(
    skipped: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress(3, enabled=True)
    for _ in range(3):
        progress.step(skipped=skipped, failed=not skipped)
    progress.retry()
    progress.close()
    shown = capsys.readouterr().err.rstrip().rpartition("\r")[2]
    assert "3/3" in shown
    assert f"failed={0 if skipped else 3}, retries=1" in shown
    assert bool(re.search(r"(\?|\b0\.00)call/s", shown)) is skipped
