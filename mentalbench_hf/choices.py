"""The closed choices that arguments and options take: types for signatures, values for checks.

They import nothing, so that the command line offers them without loading a library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, get_args

from mentalbench_hf.errors import MentalBenchError, StatisticsError

#: What a target is: a system's mean rating, or a single response.
Level = Literal["system", "response"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
#: A named analysis of judges' reliability.
Protocol = Literal["system", "response", "published"]
PROTOCOLS: Final[tuple[Protocol, ...]] = get_args(Protocol)
#: What a bootstrap draws.
Resample = Literal["conversations", "systems", "crossed"]
RESAMPLES: Final[tuple[Resample, ...]] = get_args(Resample)
#: Intervals from replicates, or the F intervals of the ICCs.
IntervalMethod = Literal["percentile", "bca", "analytic"]
INTERVAL_METHODS: Final[tuple[IntervalMethod, ...]] = get_args(IntervalMethod)
#: A verdict from the lower bound of the ICC that fits the level, or from the published width.
Rule = Literal["bound", "published"]
RULES: Final[tuple[Rule, ...]] = get_args(Rule)
#: A calibration is a straight line or a monotone curve.
Kind = Literal["linear", "monotone"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
#: How a jury of judges votes.
Vote = Literal["mean", "median", "lowest"]
VOTES: Final[tuple[Vote, ...]] = get_args(Vote)
#: ``audited`` nulls what is not a rating of the response; ``released`` keeps what was published.
DataVariant = Literal["audited", "released"]
VARIANTS: Final[tuple[DataVariant, ...]] = get_args(DataVariant)
#: The ratings to work on: a variant, or the values as the published analysis read them.
Data = Literal["audited", "released", "published"]
DATA: Final[tuple[Data, ...]] = get_args(Data)
#: What is published together on the Hub.
What = Literal["datasets", "metrics", "space", "all"]
WHAT: Final[tuple[What, ...]] = get_args(What)
DatasetName = Literal["mentalbench-100k", "mentalalign-70k"]
MetricName = Literal["mentalalign_icc", "mentalbench_judge"]
#: What can be loaded by a bare name.
BareName = Literal[DatasetName, MetricName]
BARE_NAMES: Final[tuple[BareName, ...]] = get_args(BareName)


def check_choice(
    chosen: str,
    choices: Sequence[str],
    what: str,
    error: type[MentalBenchError] = StatisticsError,
) -> None:
    """Raise `error` unless `chosen` is among `choices`; `what` names the choice in the message."""
    if chosen not in choices:
        raise error(f"unknown {what} {chosen!r}; choose one of {', '.join(choices)}")
