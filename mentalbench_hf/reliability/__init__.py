"""Reliability of judges against human experts: pure array statistics, then named protocols."""

from mentalbench_hf.reliability.icc import VARIANTS, icc
from mentalbench_hf.reliability.protocol import (
    PROTOCOLS,
    Protocol,
    Reliability,
    Settings,
    reliability,
    settings_of,
)
from mentalbench_hf.reliability.verdict import VERDICT_MEANING, Verdict, verdict

__all__ = [
    "PROTOCOLS",
    "VARIANTS",
    "VERDICT_MEANING",
    "Protocol",
    "Reliability",
    "Settings",
    "Verdict",
    "icc",
    "reliability",
    "settings_of",
    "verdict",
]
