"""The numbers of a dataset card, computed from the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mentalbench_hf.data.audit import audit
from mentalbench_hf.data.mentalalign import MentalAlign
from mentalbench_hf.data.mentalbench import MentalBench, word_counts
from mentalbench_hf.hub.reading import ReadDataset, TableShape
from mentalbench_hf.report.audit import (
    files_table,
    findings_table,
    misalignment_text,
    status_table,
)
from mentalbench_hf.report.markdown import table
from mentalbench_hf.schema import ATTRIBUTES, AXES


def card_blocks(dataset: ReadDataset, tables: Mapping[str, TableShape]) -> dict[str, str]:
    """Return the computed blocks of a card: name -> Markdown.

    Args:
        dataset: the data set.
        tables: the shape of its tables by configuration.
    """
    data = dataset.data
    blocks = {
        "tables": table(
            ["configuration", "rows", "columns", "what a row is"],
            [(f"`{c}`", t.rows, t.columns, _row_text(dataset, c)) for c, t in tables.items()],
        ),
        "files": files_table(data.provenance),
    }
    if isinstance(data, MentalAlign):
        return blocks | _mentalalign_blocks(data)
    return blocks | _mentalbench_blocks(data)


def _row_text(dataset: ReadDataset, config: str) -> str:
    text = dataset.spec.tables[config.removesuffix("_released")]
    return f"{text}; values as published" if config.endswith("_released") else text


def _mentalalign_blocks(data: MentalAlign) -> dict[str, str]:
    found = audit(data)
    return {
        "audit": findings_table(found),
        "misalignment": misalignment_text(found),
        "statuses": status_table(found),
        "means": "\n\n".join(_means(data, rater) for rater in data.roster.raters),
    }


def _means(data: MentalAlign, rater: str) -> str:
    """Return a rater's mean by system and attribute on the audited ratings."""
    targets = data.targets("audited")
    names = (*ATTRIBUTES, *AXES)
    scores = {name: targets.scores(rater, name) for name in names}
    rows: list[list[Any]] = []
    for s, system in enumerate(data.roster.system_ids):
        own = targets.systems == s
        complete = ~np.isnan(np.stack([scores[a][own] for a in ATTRIBUTES])).any(axis=0)
        means = [float(np.nanmean(scores[name][own])) for name in names]
        rows.append([system, int(complete.sum()), *means])
    rows.sort(key=lambda row: -sum(row[2 : 2 + len(ATTRIBUTES)]))
    title = f"Rater `{rater}`: mean rating (1 to 5), audited; n counts complete ratings"
    return f"{title}\n\n{table(['system', 'n', *names], rows, digits=2)}"


def _mentalbench_blocks(data: MentalBench) -> dict[str, str]:
    frame = word_counts(data).to_pandas()
    rows = []
    for system in data.roster.system_ids:
        own = frame[frame["system"] == system]
        words = own.loc[own["status"] == "ok", "n_words"]
        quartiles = [int(q) for q in words.quantile([0, 0.25, 0.5, 0.75, 1])]
        rows.append([system, len(words), len(own) - len(words), float(words.mean()), *quartiles])
    header = ["system", "responses", "missing", "mean words", "min", "25%", "median", "75%", "max"]
    contexts = frame.drop_duplicates("conversation_id")["conversation_id"]
    repeated = data.conversations["context"].to_pylist()
    return {
        "words": table(header, rows, digits=1),
        "contexts": (
            f"{len(contexts):,} conversations, {len(set(repeated)):,} different contexts; "
            f"the file is encoded as {data.encoding.removesuffix('-sig')}."
        ),
    }
