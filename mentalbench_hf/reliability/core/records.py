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
        return plain_record(value)
    if isinstance(value, dict):
        return {str(key): plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def plain_record(result: Any) -> dict[str, Any]:
    """Return the fields of a result dataclass as a dict for JSON."""
    return {f.name: plain(getattr(result, f.name)) for f in fields(result)}


def verdict_record(result: Any) -> dict[str, Any]:
    """Return the fields of a result with a verdict; its `reason` is called `verdict_reason`."""
    record = plain_record(result)
    return {
        **{k: v for k, v in record.items() if k != "reason"},
        "verdict_reason": record["reason"],
    }
