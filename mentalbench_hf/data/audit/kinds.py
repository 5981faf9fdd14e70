"""The kinds of finding, and what each means."""

from __future__ import annotations

from typing import Final

from mentalbench_hf.schema import SCALE_MAX, SCALE_MIN

#: Kind -> (title, what it means and what `audited` does about it), in the order of the report.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "empty_cell": (
        "Empty cells",
        "The sheet holds nothing for this response. No score is made up: the ratings are null.",
    ),
    "null_score": (
        "Null scores",
        "The cell is there but one of its scores is null. That rating is null.",
    ),
    "zero_marker": (
        "Responses scored 0 on all seven attributes",
        "Zero is not on the scale; on all seven it marks a response that was not there to rate. "
        "The ratings are null.",
    ),
    "out_of_range": (
        f"Scores outside {SCALE_MIN} to {SCALE_MAX}",
        "The score is not on the scale, and what was meant cannot be told. That rating is null.",
    ),
    "not_strict_json": (
        "Cells that are not valid JSON",
        "Where all seven scores stand unambiguously in the text they are kept, with status "
        "parse_repaired; a refusal has no ratings.",
    ),
    "response_missing": (
        "Responses that were not there when they were judged",
        "The judges were shown the placeholder text `nan` and quote it in their explanations. "
        "What they gave is not a rating of a model: all five raters' ratings are null.",
    ),
    "incomplete_replies": (
        "Replies that the judges call incomplete",
        "The explanations of at least two judges say that the reply is cut off, unfinished or "
        "incomplete. Whether the system wrote it so or it was cut on the way is not in the data. "
        "Nothing is changed; counts of unsafe replies are also given without them.",
    ),
    "misaligned": (
        "Human rows that belong to another conversation",
        "The human sheet and the judge sheets hold different texts under one ConvID, mostly in "
        "runs shifted by one. Where the data tell whether the text or the ratings slipped, a "
        "finding of its own says so; the ratings of the rater whose sheet differs are null.",
    ),
    "repeated_context": (
        "Contexts that stand in a sheet more than once",
        "Counted as rows beyond the first with the same normalised text. Nothing is changed.",
    ),
    "rater_blocks": (
        "Where the style of the human ratings changes",
        "One score per reply was released, each by one expert. The style of rating changes at a "
        "few rows while the judges' ratings of the same rows do not, so the experts rated "
        "different conversations. Styles have letters; which person a style is, is not recorded, "
        "nor whether two styles are one person. The tables carry style and block.",
    ),
    "missing_reply_habit": (
        "What was written down for replies that were not there",
        "Where the judges were shown `nan`, one style has ones on all attributes, another "
        "ordinary ratings, others an empty cell or zeros: a habit of the style, not a rating.",
    ),
    "ones_written_later": (
        "Ones that were not there in an earlier revision",
        "An earlier public revision gave an expert's totals. They are larger than the released "
        "ones for missing replies allow: the ones were written in later.",
    ),
    "repeated_ratings": (
        "Conversations that repeat each other's ratings",
        "Rows near each other hold almost the same ratings of all replies, far more often than the "
        "same rows in another order do. Nothing is changed; the rows are listed.",
    ),
    "late_context": (
        "Contexts of the last rows",
        "In one public revision (2025-09) the context of the last 200 rows was one and the same "
        "text. That revision is not among these files; what they can show is whether the ratings "
        "stand beside the right replies.",
    ),
    "slipped_ratings": (
        "Misaligned rows whose ratings moved with the text",
        "Human ratings that agree with the judges' of the conversation whose text stands beside "
        "them, and not with the judges' of the same ConvID. They are null like the other "
        "misaligned rows.",
    ),
}

#: Kinds that rest on a statistic with a null, not on counting what stands in the tables.
STATISTICAL: Final = frozenset(
    {
        "rater_blocks", "missing_reply_habit", "ones_written_later", "repeated_ratings",
        "late_context", "slipped_ratings",
    }
)  # fmt: skip
