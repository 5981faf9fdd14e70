"""Values as tables show them: yes is yes, no is no, and what is not there is a dash."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentalbench_hf.data.ratings_file import Columns, from_frame
from mentalbench_hf.report.findings import compute
from mentalbench_hf.report.folder import write_report
from mentalbench_hf.report.markdown import number, table


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "–"),
        (float("nan"), "–"),
        (-0.5, "−0.500"),
        (1234, "1,234"),
        ("no", "no"),
    ],
)
def test_a_value_for_reading(value: object, shown: str) -> None:
    assert number(value) == shown
    assert f"| {shown} |" in table(["value"], [[value]])


def test_the_report_says_yes_of_the_good_judge_and_no_of_the_poor_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    expert = np.tile([1, 2, 3, 4, 5], 40)
    frame = pd.DataFrame(
        {"reply": range(200), "expert": expert, "good": expert, "poor": rng.permutation(expert)}
    )
    targets = from_frame(frame, "expert", Columns(target="reply"))
    write_report(compute(targets, n_resamples=50), tmp_path / "report", source="made")
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    asked = re.search(r"^\| May it score one reply\? .*\n.*\n(.*)$", text, re.MULTILINE)
    assert asked is not None
    header = [cell.strip() for cell in asked[0].splitlines()[0].split("|")]
    answers = dict(zip(header, (cell.strip() for cell in asked[1].split("|")), strict=True))
    assert (answers["good"], answers["poor"]) == ("yes", "no")
