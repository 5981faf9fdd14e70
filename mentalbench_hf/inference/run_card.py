"""The card of a run: README.md with the YAML that ``load_dataset`` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf._version import __version__
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE, interval, table
from mentalbench_hf.schema import ATTRIBUTES, AXES

if TYPE_CHECKING:
    import pyarrow as pa

#: What the scores of a judge are, and what they are not.
SCORES_MEANING: Final = (
    "Mean and 95% interval from resampling conversations. A judge's score is not a clinician's: "
    "how far this judge agrees with clinicians is what `certify` measures."
)


def generated_card(manifest: dict[str, Any], counts: dict[str, dict[str, int]]) -> str:
    """Return the card of a generation run."""
    (system,) = manifest["models"]
    lines = _head("Generated replies", {"default": "data/responses.parquet"}, manifest)
    lines += [f"Replies of `{system}` to conversations of people who asked for support.", ""]
    lines += _counts(counts) + _how(manifest)
    return "\n".join(lines)


def judged_card(
    manifest: dict[str, Any],
    counts: dict[str, dict[str, int]],
    scores: pa.Table,
    repeats: pa.Table | None,
    unbound: str,
) -> str:
    """Return the card of a judging run, with the score table and a sentence on its codes."""
    files = {"default": "data/judgments.parquet", "scores": "data/scores.parquet"}
    if repeats is not None:
        files["repeats"] = "data/repeats.parquet"
    lines = _head("Judged responses", files, manifest)
    kind = "expected ratings" if manifest["scoring"] == "expected" else "ratings"
    lines += [
        f"## Scores ({kind} from 1 to 5)",
        "",
        SCORES_MEANING,
        "",
        score_markdown(scores),
        "",
    ]
    if repeats is not None:
        lines += ["## The judge against itself", "", repeats_markdown(repeats), ""]
    lines += _counts(counts) + ([unbound, ""] if unbound else []) + _how(manifest)
    return "\n".join(lines)


def score_markdown(scores: pa.Table) -> str:
    """Return the score table in Markdown, one row per judge and system."""
    names = [*ATTRIBUTES, *AXES]
    cells: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in scores.to_pylist():
        cells.setdefault((row["judge"], row["system"]), {})[row["score"]] = row
    rows: list[list[object]] = []
    for (judge, system), by_name in cells.items():
        total = max(r["n"] + r["n_unscored"] for r in by_name.values())
        unscored = max(by_name[a]["n_unscored"] for a in ATTRIBUTES)
        rows.append(
            [judge, system or "(not named)", *(_score(by_name[name]) for name in names),
             total, unscored]
        )  # fmt: skip
    return table(["judge", "system", *names, "n", "unscored"], rows)


def repeats_markdown(repeats: pa.Table) -> str:
    """Return the test-retest table in Markdown."""
    rows = [
        [r[c] for c in ("judge", "attribute", "icc_a1", "exact", "sd", "n", "n_incomplete")]
        for r in repeats.to_pylist()
    ]
    header = ["judge", "attribute", "ICC(A,1)", "same rating", "SD", "n", "incomplete"]
    return table(header, rows, digits=2)


def _head(title: str, files: dict[str, str], manifest: dict[str, Any]) -> list[str]:
    lines = ["---", "configs:"]
    for name, path in files.items():
        lines += [f"- config_name: {name}", "  data_files:", "  - split: test", f"    path: {path}"]
        if name == "default":
            lines.append("  default: true")
    lines += ["tags:", "- mentalbench", "---", "", f"# {title}", ""]
    if manifest.get("synthetic"):
        lines += [SYNTHETIC_NOTICE, ""]
    return lines


def _counts(counts: dict[str, dict[str, int]]) -> list[str]:
    lines = ["## What came back", ""]
    for column, found in counts.items():
        parts = ", ".join(f"{value} {n}" for value, n in sorted(found.items()))
        lines.append(f"- {column}: {parts}")
    return [*lines, ""]


def _how(manifest: dict[str, Any]) -> list[str]:
    lines = ["## How it was made", ""]
    lines.append(f"- package: mentalbench-hf {__version__}")
    prompt = manifest["prompt"]
    lines.append(f"- prompt: {prompt['version']} (sha256 {prompt['sha256'][:16]})")
    if "rubric" in manifest:
        lines.append(f"- rubric: {manifest['rubric']}")
        lines.append(f"- scoring: {manifest['scoring']}; repeats: {manifest['repeats']}")
    lines.append(f"- sampling: `{json.dumps(manifest['sampling'])}`")
    for name, about in manifest["models"].items():
        extra = f"; reply format: {about['format']}" if "format" in about else ""
        lines.append(f"- `{name}`: `{json.dumps(about['identity'])}`{extra}")
    if manifest.get("source"):
        lines.append(f"- source: `{json.dumps(manifest['source'])}`")
    return [*lines, ""]


def _score(row: dict[str, Any]) -> str:
    return interval(row["mean"], row["low"], row["high"], digits=2)
