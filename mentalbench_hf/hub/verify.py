"""Before a build is published: is every number in its card that of its files?"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Final

from mentalbench_hf.data.audit import STATISTICAL
from mentalbench_hf.errors import PublishError
from mentalbench_hf.hub.build import MARKER
from mentalbench_hf.hub.card import data_file
from mentalbench_hf.hub.card_numbers_again import read_audit, recomputed_blocks, recomputed_faults
from mentalbench_hf.hub.croissant import FILE as CROISSANT
from mentalbench_hf.schema import (
    ATTRIBUTES,
    DATASETS,
    MENTALALIGN_70K,
    MENTALBENCH_100K,
    RELEASED,
    SAMPLE,
    SCALE_MAX,
    SCALE_MIN,
    SYNTHETIC,
    DatasetSpec,
    Roster,
)

#: A number in prose: not a part of a name such as GPT-4o, a version or a date.
_NUMBER: Final = re.compile(r"(?<![\w.`/-])\d[\d,]*(?:\.\d+)*(?![\w`/-])")
#: Where numbers are names or dates: code, links, a month with its year, the citation.
_NOT_PROSE: Final = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|\([A-Z][a-z]+ \d{4}\)|^## Citation$.*?(?=^## |\Z)",
    re.DOTALL | re.MULTILINE,
)


def verify_build(folder: Path) -> None:
    """Recompute every number of a built folder's card and raise on the first that differs.

    The tables in the card are computed anew from the Parquet files, the audit is compared with
    counts made anew from the released tables, and a number in the prose must be one of the facts
    of the released design. A sample must say that it is one.

    Raises:
        PublishError: something differs, or the folder is not a build; the message says what.
    """
    if not (folder / MARKER).is_file():
        raise PublishError(f"{folder} is not a build: it has no {MARKER}; make it with: build")
    record = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    spec = DATASETS[record["dataset"]]
    roster = SAMPLE if record["synthetic"] else RELEASED
    card = (folder / "README.md").read_text(encoding="utf-8")
    body = card.split("---\n", 2)[2]
    if record["version"] != spec.version:
        raise PublishError(
            f"the build of {spec.name} is version {record['version']}; this package publishes "
            f"{spec.version}. Build it anew."
        )
    if record["synthetic"] and not body.lstrip().startswith(f"# {SYNTHETIC}"):
        raise PublishError(f"the card of {spec.name} does not say {SYNTHETIC} in its first line")
    blocks = recomputed_blocks(spec, folder, roster)
    for name, block in blocks.items():
        if block not in body:
            raise PublishError(_difference(spec, name, block, body))
        body = body.replace(block, "")
    _verify_prose(spec, body, synthetic=bool(record["synthetic"]))
    _verify_metadata(spec, card, folder)
    if spec is MENTALALIGN_70K:
        _verify_audit(spec, folder, roster)


def _difference(spec: DatasetSpec, name: str, block: str, body: str) -> str:
    lines = body.splitlines()
    missing = next((line for line in block.splitlines() if line and line not in lines), block)
    near = difflib.get_close_matches(missing, lines, n=1, cutoff=0.0)
    return (
        f"the card of {spec.name} differs from its files in {name!r}. Recomputed: {missing!r}; "
        f"in the card: {near[0] if near else ''!r}. Nothing was uploaded; build it anew."
    )


def _verify_prose(spec: DatasetSpec, prose: str, *, synthetic: bool) -> None:
    n = spec.n_conversations
    n_systems, n_raters = len(RELEASED.systems), len(RELEASED.raters)
    facts = {
        n,
        n * n_systems,
        n * n_systems * n_raters * len(ATTRIBUTES),
        MENTALBENCH_100K.n_conversations,
        MENTALALIGN_70K.n_conversations,
        *range(SCALE_MIN - 1, SCALE_MAX + 1),
    }
    known = {f"{fact:,}" for fact in facts} | {spec.version, *spec.earlier}
    for match in _NUMBER.finditer(_NOT_PROSE.sub(" ", prose)):
        if match[0].rstrip(",.") not in known:
            raise PublishError(
                f"the prose of the card of {spec.name} has a number that nothing computes: "
                f"{match[0]!r}. Put it into a computed block, or mend it."
            )


def _verify_metadata(spec: DatasetSpec, card: str, folder: Path) -> None:
    import yaml

    metadata: dict[str, Any] = yaml.safe_load(card.split("---\n", 2)[1])
    named = {c["config_name"]: c["data_files"][0]["path"] for c in metadata["configs"]}
    wanted = {config: data_file(spec, config) for config in spec.configs}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*.parquet")}
    if named != wanted or there != set(wanted.values()):
        raise PublishError(
            f"the configurations in the card of {spec.name} and its Parquet files differ: "
            f"{sorted(set(named.values()) ^ there) or sorted(set(named) ^ set(wanted))}"
        )
    if metadata["version"] != spec.version:
        raise PublishError(f"the card of {spec.name} says version {metadata['version']}")
    for file in json.loads((folder / CROISSANT).read_text(encoding="utf-8"))["distribution"]:
        with (folder / file["contentUrl"]).open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != file["sha256"]:
                raise PublishError(
                    f"{file['contentUrl']} of {spec.name} is not the file that {CROISSANT} names"
                )


def _verify_audit(spec: DatasetSpec, folder: Path, roster: Roster) -> None:
    counted = recomputed_faults(spec, folder, roster)
    stated = {
        (f.rater, f.system, f.kind): f.count
        for f in read_audit(folder).findings
        # The contexts of the human sheet are in no table; a statistic is more than a count of one.
        if f.kind != "repeated_context" and f.kind not in STATISTICAL
    }
    for key in sorted(counted.keys() | stated.keys()):
        if counted.get(key) != stated.get(key):
            rater, system, kind = key
            raise PublishError(
                f"the audit of {spec.name} states {stated.get(key, 0)} of {kind} for {rater} "
                f"{system or 'rows'}; its tables hold {counted.get(key, 0)}. Build it anew."
            )
