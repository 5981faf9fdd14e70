"""Dataset cards from DATASET_CARD.md, the single source of both.

The file is plain Markdown with two kinds of marks, invisible where Markdown is shown:
``<!-- only NAME -->`` … ``<!-- end only -->`` keeps a part for one dataset, and
``<!-- computed NAME -->`` … ``<!-- end computed -->`` holds a block that a build computes anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from mentalbench_hf.errors import PublishError
from mentalbench_hf.files import bundled
from mentalbench_hf.hub.reading import TableShape
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE
from mentalbench_hf.schema import MENTALBENCH_100K, SPLIT, SYNTHETIC, DatasetSpec

_ONLY: Final = re.compile(r"<!-- only (\S+) -->\n(.*?)<!-- end only -->\n", re.DOTALL)
_COMPUTED: Final = re.compile(r"(<!-- computed (\S+) -->\n)(.*?)<!-- end computed -->", re.DOTALL)


def template() -> str:
    """Return the text of DATASET_CARD.md."""
    return bundled("DATASET_CARD.md").read_text(encoding="utf-8")


def fill(text: str, blocks: Mapping[str, str], *, partial: bool = False) -> str:
    """Return a text with its computed blocks replaced.

    Args:
        text: Markdown with marks.
        blocks: name -> Markdown.
        partial: leave blocks that are not given as they are.

    Raises:
        PublishError: a block is named that was not computed.
    """

    def replaced(match: re.Match[str]) -> str:
        name = match[2]
        if name not in blocks:
            if partial:
                return match[0]
            raise PublishError(f"the card has a block {name!r} that nothing computes")
        return f"{match[1]}\n{blocks[name]}\n\n<!-- end computed -->"

    return _COMPUTED.sub(replaced, text)


def select(text: str, name: str) -> str:
    """Return a text without the parts meant for another dataset, and without their marks."""
    return _ONLY.sub(lambda m: m[2] if m[1] == name else "", text)


def dataset_card(
    spec: DatasetSpec,
    tables: Mapping[str, TableShape],
    blocks: Mapping[str, str],
    *,
    synthetic: bool,
) -> str:
    """Return README.md of a dataset repository: YAML with the configurations, then the card."""
    header = yaml.safe_dump(_metadata(spec, tables, synthetic=synthetic), sort_keys=False)
    body = fill(select(template(), spec.name), blocks)
    body = re.sub(r"<!-- (?:computed \S+|end computed) -->\n", "", body)
    title = f"# {spec.title}\n"
    if synthetic:
        title = (
            f"# {SYNTHETIC}: {spec.title}\n\n{SYNTHETIC_NOTICE} The prose below describes the real "
            "dataset; the tables are of the sample.\n"
        )
    # The first section speaks of the source file, not of a dataset.
    body = body[body.index("**Not the benchmark") :]
    return f"---\n{header}---\n\n{title}\n{body.lstrip()}"


def _metadata(
    spec: DatasetSpec, tables: Mapping[str, TableShape], *, synthetic: bool
) -> dict[str, Any]:
    rows = max(t.rows for t in tables.values())
    sizes = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
    tags = ["mental-health", "benchmark", "human-evaluation"]
    if spec is not MENTALBENCH_100K:
        tags += ["llm-as-a-judge", "inter-rater-reliability"]
    return {
        "pretty_name": f"{SYNTHETIC}: {spec.title}-sample" if synthetic else spec.title,
        "license": "mit",
        "language": ["en"],
        "task_categories": ["text-generation"],
        "size_categories": [next((s for n, s in sizes if rows < n), "100K<n<1M")],
        "tags": [*tags, "synthetic"] if synthetic else tags,
        "version": spec.version,
        "configs": [
            {
                "config_name": config,
                **({"default": True} if config == "default" else {}),
                "data_files": [{"split": SPLIT, "path": data_file(spec, config)}],
            }
            for config in tables
        ],
    }


def data_file(spec: DatasetSpec, config: str) -> str:
    """Return the path of a configuration's Parquet file in its repository.

    MentalAlign's `default` is its `ratings`, so both name one file.
    """
    if spec is not MENTALBENCH_100K and config.startswith("default"):
        config = config.replace("default", "ratings")
    return f"data/{config}/{SPLIT}-00000-of-00001.parquet"
