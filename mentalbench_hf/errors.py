"""The errors this package raises. Only the command line knows about exit codes."""

from __future__ import annotations


class MentalBenchError(Exception):
    """Base of every error raised on purpose; its message says what to do next."""


class MentalBenchWarning(UserWarning):
    """Something was assumed or left out, and the result stands."""


class SourceError(MentalBenchError):
    """An upstream file cannot be found, fetched or verified."""


class DataError(MentalBenchError):
    """A table does not have the documented columns, keys, types or scale."""


class StatisticsError(MentalBenchError):
    """A statistic was asked for with arguments or data for which it is not defined."""


class MissingExtraError(MentalBenchError):
    """An optional dependency is needed; the message names the extra to install."""

    def __init__(self, feature: str, extra: str) -> None:
        """Say which `feature` needs which `extra` of the package."""
        super().__init__(
            f"{feature} needs an optional dependency that is not installed. "
            f"Install it with: pip install 'mentalbench-hf[{extra}]'"
        )


class InferenceError(MentalBenchError):
    """A model or judge call failed for good (permanent error, or retries used up)."""


class RunError(MentalBenchError):
    """A generation or judging run cannot start, resume or finish."""


class PublishError(MentalBenchError):
    """A repository cannot be published as asked; the remote is as it was."""
