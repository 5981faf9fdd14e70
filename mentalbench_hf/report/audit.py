"""The audit as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from mentalbench_hf.data.audit import KINDS, Audit, Finding, usable_share
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE, table
from mentalbench_hf.report.result_table import ResultTable
from mentalbench_hf.schema import STATUS_MEANING, Status


def audit_table(audit: Audit) -> ResultTable[Finding]:
    """Return the findings as a result whose Markdown is the whole page."""
    about, *_ = audit.records()
    misaligned = [misalignment_text(audit)] if audit.total("misaligned") else []
    told = [f"{KINDS[f.kind][0]}. {f.text}" for f in audit.findings if f.text]
    return ResultTable(
        rows=tuple(audit.findings),
        name="audit",
        title="Audit of MentalAlign-70k as released",
        columns=("fault", "sheet", "system", "count", "unit", "ConvID"),
        reading=(*misaligned, *told),
        synthetic=audit.synthetic,
        cells=lambda f: (
            f"{KINDS[f.kind][0]} ({audit.total(f.kind):,})", f.sheet, f.system or "all", f.count,
            f.unit, where(f, 8),
        ),
        to_record=Finding.record,
        about=about,
        page=audit_markdown(audit),
    )  # fmt: skip


def finding_table(finding: Finding, *, synthetic: bool) -> ResultTable[Finding]:
    """Return the one finding of an audit of own ratings as a result."""
    return ResultTable(
        rows=(finding,),
        name="audit",
        title=KINDS[finding.kind][0],
        columns=("count", "unit"),
        reading=(finding.text,),
        synthetic=synthetic,
        to_record=Finding.record,
        page=finding_markdown(finding),
    )


def findings_table(audit: Audit) -> str:
    """Return the findings by kind, sheet and system, with how many and where."""
    rows = [
        (KINDS[f.kind][0], f.sheet, f.system or "all", f.count, f.unit, where(f))
        for f in audit.findings
    ]
    return table(["fault", "sheet", "system", "count", "unit", "ConvID"], rows)


def status_table(audit: Audit) -> str:
    """Return how many ratings of each rater have which status."""
    raters = list(audit.statuses)
    rows = [
        (f"`{status}`", *(audit.statuses[r][str(status)] for r in raters), STATUS_MEANING[status])
        for status in Status
    ]
    return table(["status", *raters, "meaning"], rows)


def audit_markdown(audit: Audit) -> str:
    """Return the whole audit as a Markdown page."""
    parts = ["# Audit of MentalAlign-70k as released"]
    if audit.synthetic:
        parts.append(SYNTHETIC_NOTICE)
    parts.append(
        f"Data version {audit.version}; {audit.n_conversations:,} conversations, five sheets. "
        "Every count below was found by the code in the files named at the end; "
        "`mentalbench audit` makes this page."
    )
    for kind, found in groupby(audit.findings, key=lambda f: f.kind):
        title, meaning = KINDS[kind]
        group = list(found)
        parts.append(f"## {title}: {sum(f.count for f in group):,}\n\n{meaning}")
        parts.append(
            table(
                ["sheet", "system", "count", "unit", "ConvID"],
                [(f.sheet, f.system or "all", f.count, f.unit, where(f, 400)) for f in group],
            )
        )
        parts += [f.text for f in group if f.text]
        if kind == "misaligned":
            parts.append(misalignment_text(audit))
    parts.append(f"## What follows for the ratings\n\n{status_table(audit)}")
    kept = ", ".join(f"{rater} {share:.2%}" for rater, share in usable_share(audit).items())
    parts.append(
        f"`audited` keeps the ratings with status ok or parse_repaired: {kept}. "
        "`released` keeps every published value beside its status."
    )
    parts.append(f"## Files\n\n{files_table(audit.provenance)}")
    return "\n\n".join(parts) + "\n"


def experts_table(blocks: Sequence[Sequence[object]]) -> str:
    """Return which style the human ratings of which conversations have.

    Args:
        blocks: block, style, first and last ConvID, and conversations of each block.
    """
    return table(["block", "style", "first ConvID", "last ConvID", "conversations"], blocks)


def experts_text(audit: Audit) -> str:
    """Return what the audit found about the styles of the human ratings."""
    return next(f.text for f in audit.findings if f.kind == "rater_blocks")


def finding_markdown(finding: Finding) -> str:
    """Return one finding as a Markdown page."""
    title, _ = KINDS[finding.kind]
    blocks = experts_table([tuple(b.values()) for b in finding.facts["blocks"]])
    return f"# {title}\n\n{finding.text}\n\n{blocks}\n"


def misalignment_text(audit: Audit) -> str:
    """Return what the data say, and cannot say, about misaligned rows."""
    m = audit.misalignment
    return (
        f"{m['rows']} human rows hold another conversation than the judge rows of the same "
        f"ConvID; {m['rows_found_by_text']} of these texts stand elsewhere in the judge sheets. "
        f"The human ratings correlate with the judges' mean at r = {m['pearson_by_id']} when "
        f"paired by ConvID and at r = {m['pearson_by_text']} when paired by text (all other rows: "
        f"r = {m['pearson_of_aligned_rows']}). Systems differ in the same way in every "
        "conversation, so over all these rows this does not tell whether the text or the ratings "
        "slipped; net of style and system it does for a run of them, where there is a finding of "
        "its own. The ratings are set aside rather than moved."
    )


def files_table(provenance: list[dict[str, str | int | None]]) -> str:
    """Return the files read, with their origin and hash."""
    rows = [
        (f["name"], f["repo"] or "–", f["commit"] or "–", f["size"], f"`{f['sha256']}`")
        for f in provenance
    ]
    return table(["file", "repository", "commit", "bytes", "sha256"], rows)


def where(finding: Finding, most: int = 12) -> str:
    """Return the conversation ids of a finding, at most `most` of them."""
    ids = list(dict.fromkeys(row["conversation_id"] for row in finding.rows))
    shown = ", ".join(map(str, ids[:most]))
    return f"{shown}, … ({len(ids)} in all)" if len(ids) > most else shown
