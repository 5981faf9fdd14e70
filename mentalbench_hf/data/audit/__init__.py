"""What is wrong in the released ratings, found by the code itself."""

from mentalbench_hf.data.audit.blocks import rater_blocks_in
from mentalbench_hf.data.audit.find import audit
from mentalbench_hf.data.audit.finding import Audit, Finding, usable_share
from mentalbench_hf.data.audit.kinds import KINDS, STATISTICAL

__all__ = ["KINDS", "STATISTICAL", "Audit", "Finding", "audit", "rater_blocks_in", "usable_share"]
