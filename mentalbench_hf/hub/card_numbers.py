"""The numbers of a dataset card, computed from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mentalbench_hf.data.audit import audit
from mentalbench_hf.data.mentalalign import MentalAlign
from mentalbench_hf.data.mentalbench import MentalBench, word_counts
from mentalbench_hf.hub.reading import ReadDataset, TableShape
from mentalbench_hf.report.audit import (
    experts_table,
    experts_text,
    files_table,
    findings_table,
    misalignment_text,
    status_table,
)
from mentalbench_hf.report.markdown import table
from mentalbench_hf.schema import ATTRIBUTES, AXES, DatasetSpec

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a rater's table of means.
MEANS_COLUMNS: Final = ("system", "n", *ATTRIBUTES, *AXES)


def card_blocks(dataset: ReadDataset, tables: Mapping[str, TableShape]) -> dict[str, str]:
    """Return the computed blocks of a card: name -> Markdown.

    Args:
        dataset: the data set.
        tables: the shape of its tables by configuration.
    """
    data = dataset.data
    blocks = {
        "tables": tables_table(dataset.spec, tables),
        "files": files_table(data.provenance),
    }
    if isinstance(data, MentalAlign):
        return blocks | _mentalalign_blocks(data)
    return blocks | _mentalbench_blocks(data)


def tables_table(spec: DatasetSpec, tables: Mapping[str, TableShape]) -> str:
    """Return the table of configurations with their rows and columns."""
    return table(
        ["configuration", "rows", "columns", "what a row is"],
        [(f"`{c}`", t.rows, t.columns, _row_text(spec, c)) for c, t in tables.items()],
    )


def means_title(rater: str) -> str:
    """Return the line above a rater's table of means."""
    return f"Rater `{rater}`: mean rating (1 to 5), audited; n counts complete ratings"


def words_table(systems: Sequence[tuple[str, pd.Series[float], int]]) -> str:
    """Return the table of response lengths.

    Args:
        systems: for each system its name, the word counts of its responses that are there, and
            how many responses there should be. Without any response the lengths are dashes.
    """
    rows = [
        [name, len(words), n - len(words), words.mean() if len(words) else None, *_quartiles(words)]
        for name, words, n in systems
    ]
    header = ["system", "responses", "missing", "mean words", "min", "25%", "median", "75%", "max"]
    return table(header, rows, digits=1)


def _quartiles(words: pd.Series[float]) -> list[int | None]:
    if not len(words):
        return [None] * 5
    return [int(q) for q in words.quantile([0, 0.25, 0.5, 0.75, 1])]


def _row_text(spec: DatasetSpec, config: str) -> str:
    text = spec.tables[config.removesuffix("_released")]
    return f"{text}; values as published" if config.endswith("_released") else text


def _mentalalign_blocks(data: MentalAlign) -> dict[str, str]:
    found = audit(data)
    blocks = next(f for f in found.findings if f.kind == "rater_blocks").facts["blocks"]
    experts = experts_table([tuple(b.values()) for b in blocks])
    return {
        "experts": f"{experts}\n\n{experts_text(found)}",
        "audit": findings_table(found),
        "misalignment": misalignment_text(found),
        "statuses": status_table(found),
        "means": "\n\n".join(_means(data, rater) for rater in data.roster.raters),
    }


def _means(data: MentalAlign, rater: str) -> str:
    """Return a rater's mean by system and attribute on the audited ratings."""
    targets = data.targets("audited")
    scores = np.stack([targets.scores(rater, name) for name in (*ATTRIBUTES, *AXES)])
    rows: list[list[Any]] = []
    for s, system in enumerate(data.roster.system_ids):
        own = scores[:, targets.systems == s]
        complete = ~np.isnan(own[: len(ATTRIBUTES)]).any(axis=0)
        rows.append([system, int(complete.sum()), *map(_mean, own)])
    rows.sort(key=lambda row: -sum(row[2 : 2 + len(ATTRIBUTES)]))
    return f"{means_title(rater)}\n\n{table(MEANS_COLUMNS, rows, digits=2)}"


def _mean(scores: np.ndarray[Any, Any]) -> float:
    """Return the mean of the scores that are there, NaN without any."""
    there = scores[~np.isnan(scores)]
    return float(there.mean()) if len(there) else float("nan")


def _mentalbench_blocks(data: MentalBench) -> dict[str, str]:
    frame = word_counts(data).to_pandas()
    systems = []
    for system in data.roster.system_ids:
        own = frame[frame["system"] == system]
        systems.append((system, own.loc[own["status"] == "ok", "n_words"].astype(float), len(own)))
    contexts = data.conversations["context"].to_pylist()
    return {
        "words": words_table(systems),
        "contexts": (
            f"{len(contexts):,} conversations, {len(set(contexts)):,} different contexts; "
            f"the file is encoded as {data.encoding.removesuffix('-sig')}."
        ),
    }
