"""What inspect finds by the names ``mentalbench_hf/…``: the entry point of ``inspect_ai``."""

from mentalbench_hf.ecosystem.scorers import bias, icc_a1, judged_reply, stated_ratings
from mentalbench_hf.ecosystem.tasks import mentalalign, mentalbench

__all__ = ["bias", "icc_a1", "judged_reply", "mentalalign", "mentalbench", "stated_ratings"]
