"""mentalbench_hf: two clinician-rated benchmarks, and what their LLM judges may be trusted with."""

from mentalbench_hf._version import __version__

__all__ = ["__version__"]
