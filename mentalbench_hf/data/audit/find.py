"""Find everything that is wrong."""

from __future__ import annotations

from mentalbench_hf.data.audit.blocks import rater_blocks
from mentalbench_hf.data.audit.cells import counted_faults
from mentalbench_hf.data.audit.finding import Audit
from mentalbench_hf.data.audit.habits import missing_reply_habit
from mentalbench_hf.data.audit.late import late_context
from mentalbench_hf.data.audit.ones import ones_written_later
from mentalbench_hf.data.audit.repeats import repeated_ratings
from mentalbench_hf.data.audit.slipped import slipped_ratings
from mentalbench_hf.data.mentalalign import CODE_OF, STATUSES, MentalAlign
from mentalbench_hf.data.misalignment import misalignment
from mentalbench_hf.schema import MENTALALIGN_70K


def audit(data: MentalAlign) -> Audit:
    """Find every fault of KINDS in the ratings.

    The permutations behind the statistical findings have fixed seeds: the same data give the same
    audit.
    """
    return Audit(
        version=MENTALALIGN_70K.version,
        synthetic=data.synthetic,
        n_conversations=len(data.conversation_ids),
        findings=[
            *counted_faults(data),
            *rater_blocks(data),
            *missing_reply_habit(data),
            *ones_written_later(data),
            *repeated_ratings(data),
            *late_context(data),
            *slipped_ratings(data),
        ],
        statuses={
            rater: {
                str(status): int((data.statuses[r] == CODE_OF[status]).sum()) for status in STATUSES
            }
            for r, rater in enumerate(data.roster.raters)
        },
        misalignment=misalignment(data),
        provenance=data.provenance,
    )
