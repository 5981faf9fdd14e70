from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentalbench_hf.sources.retry import (
    BACKOFF_MAX,
    MAX_ATTEMPTS,
    RETRY_AFTER_MAX,
    is_transient,
    parse_retry_after,
    wait_seconds,
)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_statuses_that_may_pass(status: int) -> None:
    assert is_transient(status)


@pytest.mark.parametrize("status", [200, 206, 301, 400, 401, 403, 404, 410, 416, 422, 451])
def test_statuses_that_will_not(status: int) -> None:
    assert not is_transient(status)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        (formatdate(1_000_042, usegmt=True), 42.0),
        (formatdate(999_000, usegmt=True), 0.0),
        (formatdate(1_000_042), 42.0),  # "-0000": the same moment on every machine
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("5.5", 5.5),
        ("inf", None),
        ("nan", None),
        ("1e9", None),
        ("٣", None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert parse_retry_after(value, now=1_000_000) == expected


@given(st.text())
def test_no_retry_after_raises_or_asks_for_the_past(value: str) -> None:
    wait = parse_retry_after(value, now=1_700_000_000)
    assert wait is None or wait >= 0


def test_waits_double_and_are_capped() -> None:
    assert [wait_seconds(n, None) for n in (1, 2, 3)] == [1.0, 2.0, 4.0]
    assert wait_seconds(50, None) == BACKOFF_MAX
    assert wait_seconds(1, 5.0) == 5.0
    assert wait_seconds(MAX_ATTEMPTS, 86_400.0) == RETRY_AFTER_MAX
