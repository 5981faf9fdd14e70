"""Rows under one ConvID whose texts differ between the sheets."""

from __future__ import annotations

import numpy as np
import pytest

from mentalbench_hf.data.mentalalign import _alignment
from mentalbench_hf.data.misalignment import _pearson


def test_the_text_of_a_row_is_that_of_most_sheets_from_the_last_that_holds_it() -> None:
    contexts = {"human": ["Slipped"], "j1": ["I am Sad"], "j2": ["I am sad"], "j3": ["Cut"]}
    normal = {rater: [text.casefold() for text in texts] for rater, texts in contexts.items()}
    agreed, misaligned = _alignment(contexts, normal)
    assert agreed == ["I am sad"]
    np.testing.assert_array_equal(misaligned, [[True], [False], [False], [True]])


@pytest.mark.parametrize(
    ("x", "y", "found"),
    [
        ([1, 2, np.nan], [2, 4, 5], (None, 2)),  # two points always lie on a line
        ([1, 2, 3], [4, 4, 4], (None, 3)),
        ([4, 4, 4], [1, 2, 3], (None, 3)),
        ([1, 2, 3], [1, 2, 3], (1.0, 3)),
    ],
)
def test_no_correlation_is_made_up(
    x: list[float], y: list[float], found: tuple[float | None, int]
) -> None:
    assert _pearson(np.array(x, dtype=float), np.array(y, dtype=float)) == found
