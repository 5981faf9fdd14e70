"""Results as dicts that JSON holds."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return a value that JSON holds.

    Numpy scalars become Python's, tuples lists, and NaN and infinity None.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


class Record:
    """A result that JSON holds; frozen dataclasses of results inherit it."""

    __slots__ = ()

    def record(self) -> dict[str, Any]:
        """Return the fields as a dict for JSON; NaN and infinity become None."""
        return dict(plain(self))


class VerdictRecord(Record):
    """A result with a verdict; its `reason` is called `verdict_reason` in JSON."""

    __slots__ = ()

    def record(self) -> dict[str, Any]:
        """Return the fields as a dict for JSON; NaN and infinity become None."""
        record = dict(plain(self))
        reason = record.pop("reason")
        return {**record, "verdict_reason": reason}
