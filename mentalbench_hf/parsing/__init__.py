"""Judge text to seven ratings with a status: strict first, repaired with proof, never guessed."""

from mentalbench_hf.parsing.judgment import CODE_KEY, ParsedJudgment, parse_judgment

__all__ = ["CODE_KEY", "ParsedJudgment", "parse_judgment"]
