"""Reliability of judges against human experts: pure array statistics, then named protocols."""

from mentalbench_hf.callable_room import make_callable
from mentalbench_hf.choices import PROTOCOLS, Protocol
from mentalbench_hf.reliability.core.icc import VARIANTS, icc
from mentalbench_hf.reliability.core.ordinal import (
    krippendorff_alpha,
    quadratic_weighted_kappa,
    spearman,
)
from mentalbench_hf.reliability.evaluate import Estimate, evaluate, evaluate_panel
from mentalbench_hf.reliability.protocol import Reliability, Settings, reliability, settings_of
from mentalbench_hf.reliability.registry import STATISTICS, Statistic
from mentalbench_hf.reliability.verdict import VERDICT_MEANING, Verdict, verdict

__all__ = [
    "PROTOCOLS",
    "STATISTICS",
    "VARIANTS",
    "VERDICT_MEANING",
    "Estimate",
    "Protocol",
    "Reliability",
    "Settings",
    "Statistic",
    "Verdict",
    "evaluate",
    "evaluate_panel",
    "icc",
    "krippendorff_alpha",
    "quadratic_weighted_kappa",
    "reliability",
    "settings_of",
    "spearman",
    "verdict",
]

make_callable(__name__, "mentalbench_hf.front.agreement")
