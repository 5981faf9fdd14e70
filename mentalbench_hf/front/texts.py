"""What is answered, judged or certified on, in whichever form it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mentalbench_hf.errors import DataError, RunError

if TYPE_CHECKING:
    import pandas as pd

    from mentalbench_hf.data.rated_replies import RatedReplies
    from mentalbench_hf.inference.items import Items

    #: A source of the benchmark, a file or an earlier run, a frame, texts, or items.
    Texts: TypeAlias = str | Path | pd.DataFrame | Sequence[str | None] | Items

#: A path that ends so is a file, also when it is not there.
_FILES: Final = (".jsonl", ".json", ".csv", ".parquet")


def items_of(
    texts: Texts | None,
    *,
    responses: bool,
    contexts: Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
    systems: Sequence[str] = (),
    limit: int | None = None,
) -> Items | None:
    """Return what is asked about; None goes on with a run."""
    import pandas as pd

    from mentalbench_hf.front.runs import GeneratedRun
    from mentalbench_hf.inference import items as read

    if contexts is not None and (isinstance(texts, (str, Path)) or not _is_list(texts)):
        raise RunError("contexts= belong to a list of texts; a table has a column for them.")
    if texts is None or isinstance(texts, read.Items):
        return texts
    if isinstance(texts, GeneratedRun):
        texts = texts.folder
    if isinstance(texts, (str, Path)) and not _is_table(Path(texts)):
        if columns:
            raise RunError("columns= are for a table of your own; those of a source are known.")
        return read.source_items(str(texts), responses=responses, systems=systems, limit=limit)
    if len(systems) > 1:
        raise RunError("One system= wrote the texts; several stand in the column `system`.")
    system = systems[0] if systems else ""
    if isinstance(texts, (str, Path)):
        return read.file_items(
            Path(texts), responses=responses, columns=columns, system=system, limit=limit
        )
    if isinstance(texts, pd.DataFrame):
        return read.frame_items(
            texts, responses=responses, columns=columns, system=system, limit=limit
        )
    given = list(texts)[:limit]
    if responses:
        return read.list_items(given, contexts and list(contexts)[:limit], system=system)
    return read.context_items([text or "" for text in given])


def _is_list(texts: object) -> bool:
    return isinstance(texts, Sequence) and not hasattr(texts, "to_frame")


def _is_table(path: Path) -> bool:
    """Whether a path is a file or an earlier run, and not a source."""
    from mentalbench_hf.inference.run.run_folder import RunFolder

    return path.suffix.lower() in _FILES or path.is_file() or RunFolder(path).exists


def rated_of(
    ratings: str | Path | pd.DataFrame | RatedReplies,
    reference: str | None,
    columns: Mapping[str, str] | None,
) -> RatedReplies:
    """Return the rated replies with their texts."""
    from mentalbench_hf.data.rated_replies import RatedReplies, own_replies, read_rated_replies
    from mentalbench_hf.data.rating_frames import load_frame
    from mentalbench_hf.data.ratings_file import Columns
    from mentalbench_hf.sources import open_source

    if isinstance(ratings, RatedReplies):
        return ratings
    texts = {"context": "context", "response": "response"}
    named: dict[str, Any] = texts | dict(columns or {})
    known = [field.name for field in fields(Columns) if field.name != "raters"] + list(texts)
    if unknown := sorted(set(named) - set(known)):
        raise DataError(
            f"unknown column {', '.join(unknown)} in columns=; ours are {', '.join(known)}"
        )
    if reference is None:
        if not isinstance(ratings, (str, Path)) or _is_table(Path(ratings)):
            raise DataError("say with reference= which rater is the expert whose ratings count")
        if columns:
            raise DataError("columns= are for ratings of your own")
        return read_rated_replies(open_source(str(ratings)))
    if isinstance(ratings, (str, Path)):
        frame, name = load_frame(str(ratings), None, None), str(ratings)
    else:
        frame, name = ratings, "the frame"
    context, response = named.pop("context"), named.pop("response")
    return own_replies(
        frame, reference, replace(Columns(), **named), context=context, response=response,
        name=name,
    )  # fmt: skip
