"""Judge text to seven ratings with a status: strict first, repaired with proof, never guessed."""

from mentalbench_hf.parsing.judgment import ParsedJudgment, parse_judgment
from mentalbench_hf.parsing.vocabulary import CODE_KEY

__all__ = ["CODE_KEY", "ParsedJudgment", "parse_judgment"]
