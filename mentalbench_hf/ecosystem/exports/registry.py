"""Which tool wrote a file, and its ratings."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from mentalbench_hf.ecosystem.exports import (
    argilla,
    deepeval,
    inspect_log,
    label_studio,
    langfuse,
    lm_eval,
    mlflow,
    promptfoo,
)
from mentalbench_hf.ecosystem.exports.long_form import Export, Telling
from mentalbench_hf.errors import DataError

#: In the order in which they are asked; the first that knows its file reads it.
TOOLS: Final[tuple[ModuleType, ...]] = (
    inspect_log, promptfoo, deepeval, lm_eval, label_studio, argilla, mlflow, langfuse,
)  # fmt: skip
_LOG: Final = ".eval"
_TABLES: Final = (".csv", ".tsv", ".parquet")


def detect(path: Path | str) -> str | None:
    """Return the name of the tool that wrote a file, None where it is none that is known."""
    path = Path(path)
    if not path.is_file():
        return None
    if path.suffix.lower() == _LOG:
        return inspect_log.TOOL
    try:
        begun = _begun(path)
    except (ValueError, OSError):
        return None
    return next((tool.TOOL for tool in TOOLS if tool.looks(begun)), None)


def read_export(path: Path | str, telling: Telling | None = None) -> Export:
    """Return the ratings of a file that a known tool exported.

    Args:
        path: the file.
        telling: what the file does not hold.

    Raises:
        DataError: no known tool wrote it, it is not in that tool's documented form, or it holds
            no rating.
        MissingExtraError: it is a log of inspect, which is not installed.
        RunError: it is a log of inspect that cannot be read.
    """
    path, telling = Path(path), telling or Telling()
    name = detect(path)
    if name is None:
        raise DataError(
            f"{path} is not an export that is known; known are those of "
            f"{', '.join(tool.TOOL for tool in TOOLS)}"
        )
    if name == inspect_log.TOOL:
        return inspect_log.read_log(path, telling)
    tool = next(tool for tool in TOOLS if name == tool.TOOL)
    try:
        export: Export = tool.read(_whole(path), telling)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} looks like an export of {name}, but is not in its documented form "
            f"({type(error).__name__}: {error})"
        ) from error
    return export


def _whole(path: Path) -> Any:
    """Return the content: a JSON value, or one dict per row."""
    kind = path.suffix.lower()
    if kind in _TABLES:
        from mentalbench_hf.data.rating_frames import load_frame

        frame = load_frame(str(path)).astype(object)
        return frame.where(frame.notna(), None).to_dict("records")
    text = path.read_text(encoding="utf-8-sig")
    if kind == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return json.loads(text) if kind == ".json" else None


def _begun(path: Path) -> Any:
    """Return as much of the content as tells the tool: of a table and of lines, the first."""
    kind = path.suffix.lower()
    if kind == ".parquet":
        from pyarrow.parquet import read_schema

        return [dict.fromkeys(read_schema(path).names)]
    if kind in (".csv", ".tsv", ".jsonl"):
        with path.open(encoding="utf-8-sig") as file:
            line = next((line for line in file if line.strip()), "")
        if kind == ".jsonl":
            return [json.loads(line)]
        cut = max((",", ";", "\t", "|"), key=line.count)
        return [dict.fromkeys(name.strip().strip('"') for name in line.split(cut))]
    return _whole(path)
