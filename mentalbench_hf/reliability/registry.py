"""Every statistic by name: what it is called, where it lies, at which level it exists."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

from mentalbench_hf.choices import LEVELS, Level, check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core import agreement, ordinal, ranking
from mentalbench_hf.reliability.core.icc import VARIANTS, Variant, icc_of
from mentalbench_hf.reliability.core.moments import Floats


class Needs(StrEnum):
    """What a statistic is a function of."""

    MOMENTS = "moments"
    MEANS = "system means"
    COUNTS = "count tables"


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic of a judge against the reference.

    Attributes:
        name: short name, used in tables and arguments.
        label: as it is written in a report.
        lowest: lowest possible value.
        highest: highest possible value.
        unit: "", "rating points" or "squared rating points".
        of: level -> what it needs there, and the function of that (of count tables and their
            categories for COUNTS). A level that is absent has no such statistic.
        panel: whether it is defined for more than two raters.
    """

    name: str
    label: str
    lowest: float
    highest: float
    unit: str
    of: Mapping[Level, tuple[Needs, Callable[..., Floats]]]
    panel: bool = False


def _sums(
    name: str,
    label: str,
    function: Callable[..., Floats],
    lowest: float = -math.inf,
    highest: float = math.inf,
    unit: str = "",
    *,
    panel: bool = False,
) -> Statistic:
    both: dict[Level, Any] = {
        "system": (Needs.MOMENTS, function),
        "response": (Needs.MOMENTS, function),
    }
    return Statistic(name, label, lowest, highest, unit, both, panel)


def _of_tables(function: Callable[[Floats], Floats]) -> Callable[[Floats, Floats], Floats]:
    return lambda tables, _categories: function(tables)


def _icc(name: str, variant: Variant) -> Statistic:
    return _sums(name, variant, partial(icc_of, variant=variant), highest=1.0, panel=True)


_POINTS: Final = "rating points"
_SQUARED: Final = "squared rating points"

_ALL: Final = (
    _icc("icc_c1", "ICC(C,1)"),
    _icc("icc_a1", "ICC(A,1)"),
    _icc("icc_ck", "ICC(C,k)"),
    _icc("icc_ak", "ICC(A,k)"),
    _sums("ccc", "Lin's CCC", agreement.ccc, -1, 1),
    _sums("pearson", "Pearson r", agreement.pearson, -1, 1),
    Statistic(
        "spearman",
        "Spearman rho",
        -1,
        1,
        "",
        {
            "system": (Needs.MEANS, ranking.spearman_of_means),
            "response": (Needs.COUNTS, _of_tables(ordinal.spearman_of)),
        },
    ),
    Statistic("kendall", "Kendall tau-b", -1, 1, "", {"system": (Needs.MEANS, ranking.kendall_of)}),
    Statistic(
        "kappa",
        "quadratic weighted kappa",
        -1,
        1,
        "",
        {"response": (Needs.COUNTS, ordinal.kappa_of)},
    ),
    Statistic(
        "alpha",
        "Krippendorff alpha (ordinal)",
        -1,
        1,
        "",
        {"response": (Needs.COUNTS, _of_tables(ordinal.pair_alpha_of))},
        panel=True,
    ),
    _sums("bias", "bias (judge − reference)", agreement.bias, unit=_POINTS),
    _sums("limits_low", "lower limit of agreement", agreement.limits_low, unit=_POINTS),
    _sums("limits_high", "upper limit of agreement", agreement.limits_high, unit=_POINTS),
    Statistic(
        "mae",
        "MAE",
        0,
        math.inf,
        _POINTS,
        {
            "system": (Needs.MEANS, ranking.mae_of_means),
            "response": (Needs.COUNTS, ordinal.mae_of),
        },
    ),
    _sums("rmse", "RMSE", agreement.rmse, 0, unit=_POINTS),
    _sums("mse", "MSE", agreement.mse, 0, unit=_SQUARED),
    _sums("mse_bias", "MSE: squared mean bias", agreement.mse_bias, 0, unit=_SQUARED),
    _sums("mse_scale", "MSE: scale difference", agreement.mse_scale, 0, unit=_SQUARED),
    _sums("mse_unexplained", "MSE: unexplained", agreement.mse_unexplained, 0, unit=_SQUARED),
)
#: name -> statistic, in the order of reports.
STATISTICS: Final[dict[str, Statistic]] = {s.name: s for s in _ALL}
#: name -> variant of the statistics that have an analytic interval.
ANALYTIC: Final[dict[str, Variant]] = dict(
    zip(("icc_c1", "icc_a1", "icc_ck", "icc_ak"), VARIANTS, strict=True)
)


def chosen(names: Sequence[str] | None, level: Level, *, panel: bool = False) -> list[Statistic]:
    """Return the statistics named, or, for None, all that exist under the conditions.

    Args:
        names: names in STATISTICS.
        level: at which they must exist.
        panel: whether they must be defined for more than two raters.

    Raises:
        StatisticsError: an unknown name, or one that does not exist under the conditions.
    """
    check_choice(level, LEVELS, "level")
    if names is not None:
        unknown = [n for n in names if n not in STATISTICS]
        if unknown:
            raise StatisticsError(
                f"unknown statistic {unknown[0]!r}; choose from {', '.join(STATISTICS)}"
            )
    fitting = {s.name: s for s in _ALL if level in s.of and (s.panel or not panel)}
    if names is None:
        return list(fitting.values())
    unfit = [n for n in names if n not in fitting]
    if unfit:
        conditions = [f"the {level} level"]
        conditions += ["more than two raters"] if panel else []
        raise StatisticsError(
            f"{unfit[0]!r} does not exist for {', '.join(conditions)}; "
            f"choose from {', '.join(fitting)}"
        )
    return [fitting[n] for n in names]
