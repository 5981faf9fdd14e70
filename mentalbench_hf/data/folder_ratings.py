"""Ratings in folders that other commands write: judged runs, and the Space's raters.

The tables are read by themselves, so that this room needs nothing of those that write them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.errors import DataError
from mentalbench_hf.schema import ATTRIBUTES

if TYPE_CHECKING:
    import pandas as pd

    from mentalbench_hf.data.ratings_file import Columns

#: The columns of :class:`FolderRatings`.
NAMES: Final = ("target", "conversation_id", "system", "rater", "attribute", "rating")


@dataclass(frozen=True, eq=False)
class FolderRatings:
    """Ratings from a folder, one row each.

    Attributes:
        frame: the columns of NAMES; a target is `conversation_id/system`; a rating that is not
            there is NaN; several ratings of one target, attribute and judge are their mean.
        left_out: judge -> the system that is its own model.
        synthetic: whether the replies are the bundled sample.
    """

    frame: pd.DataFrame
    left_out: dict[str, str]
    synthetic: bool


def is_ratings_folder(path: Path) -> bool:
    """Tell whether a folder is a run, or holds the lines of the Space's raters."""
    return path.is_dir() and ((path / "run.json").is_file() or any(path.glob("*.jsonl")))


def read_folder(path: Path) -> FolderRatings:
    """Read the folder of a judged run, or of ratings that people gave in the Space.

    In a run the raters are its judges; where it weighed ratings by their probabilities, those
    expected ratings are taken. In the Space's folder they are the readers' session numbers, and
    the last of several ratings counts.

    Raises:
        DataError: neither kind of folder, a run without results or of another kind, or no rating.
    """
    found = _run(path) if (path / "run.json").is_file() else _space(path)
    if found.frame.empty or found.frame["rating"].isna().all():
        raise DataError(f"{path} holds no rating")
    return found


def _run(path: Path) -> FolderRatings:
    import pandas as pd

    try:
        manifest = json.loads((path / "run.json").read_text(encoding="utf-8"))
        kind, expected = manifest["kind"], manifest.get("scoring") == "expected"
        synthetic = bool(manifest.get("synthetic"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path / 'run.json'} cannot be read ({type(error).__name__})") from error
    if kind != "judge":
        raise DataError(f"{path} is a run of {kind!r}; its replies have no ratings until judged")
    table = path / "data" / "judgments.parquet"
    if not table.is_file():
        raise DataError(f"{path} has no {table.relative_to(path)} yet; let the run finish first")
    rated = {f"{a}_expected" if expected else a: a for a in ATTRIBUTES}
    items = ["conversation_id", "system", "judge", "replicate"]
    columns = [*items, "own_counterpart", *rated]
    try:
        judged = pd.read_parquet(table, columns=columns)
    except (ValueError, OSError) as error:
        raise DataError(f"{table} cannot be read: {error}") from error
    judged["system"] = judged["system"].fillna("")
    if judged["conversation_id"].isna().any() or judged.duplicated(items).any():
        raise DataError(
            f"{path}: several of its replies have the same conversation and system, or none, so "
            "they cannot be told apart"
        )
    own = judged[judged["own_counterpart"].fillna(value=False).astype(bool)]
    counterparts = own.groupby("judge")["system"].unique()
    many = [judge for judge, systems in counterparts.items() if len(systems) > 1]
    if many:
        raise DataError(f"{path}: {many[0]!r} has several systems of its own; only one is left out")
    long = judged.rename(columns={**rated, "judge": "rater"}).melt(
        id_vars=["conversation_id", "system", "rater"],
        value_vars=list(ATTRIBUTES),
        var_name="attribute",
        value_name="rating",
    )
    keys = ["conversation_id", "system", "rater", "attribute"]
    long = long.groupby(keys, sort=False)["rating"].mean().reset_index()
    return FolderRatings(
        _with_target(long), {str(j): str(s[0]) for j, s in counterparts.items()}, synthetic
    )


def _space(path: Path) -> FolderRatings:
    import pandas as pd

    files = sorted(path.glob("*.jsonl"))
    if not files:
        raise DataError(
            f"{path} is neither a judged run (no run.json) nor a folder of ratings (no .jsonl)"
        )
    last: dict[tuple[str, ...], dict[str, Any]] = {}
    records = [record for file in files for record in _lines(file)]
    for record in sorted(records, key=lambda r: str(r.get("at", ""))):
        keys = ("conversation", "system", "session", "attribute")
        last[tuple(str(record[k]) for k in keys)] = record
    rows = [[*key, record["rating"]] for key, record in last.items()]
    names = ["conversation_id", "system", "rater", "attribute", "rating"]
    long = pd.DataFrame(rows, columns=names).astype({"rating": float})
    kinds = {bool(record.get("synthetic")) for record in last.values()}
    if len(kinds) > 1:
        raise DataError(f"{path} mixes ratings of the synthetic sample with others")
    return FolderRatings(_with_target(long), {}, kinds == {True})


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # the cut last line of a crash
        if isinstance(record, dict) and record.get("attribute") in ATTRIBUTES:
            if not {"conversation", "system", "session", "rating"} <= set(record):
                raise DataError(f"{path} does not hold ratings as the Space writes them")
            yield record


def _with_target(long: pd.DataFrame) -> pd.DataFrame:
    names = long["conversation_id"].map(str), long["system"].map(str)
    made = long.assign(target=names[0] + "/" + names[1])[list(NAMES)]
    return made.set_axis(range(1, len(made) + 1), axis=0)


def with_folders(
    own: pd.DataFrame,
    columns: Columns,
    folders: Mapping[Path, FolderRatings],
    name: str,
    notes: list[str] | None,
) -> pd.DataFrame:
    """Return own long ratings with those of the folders added, in the columns of the own.

    Args:
        own: long ratings, one row per target, rater and attribute.
        columns: their columns; the attribute's must be there.
        folders: the folders' ratings, by where they come from.
        name: of the own ratings, for messages.
        notes: gets a sentence per folder on how many replies it shares.

    Raises:
        DataError: no attribute, replies that cannot be told apart, none that the folder has, or a
            rater that is in both.
    """
    import pandas as pd

    if columns.attribute is None:
        raise DataError(
            f"{name}: name the column that holds the attribute; a run has a rating for each of "
            f"{', '.join(ATTRIBUTES)}"
        )
    per_reply = own.drop_duplicates(columns.target)
    whole = columns.cluster is not None and columns.system is not None
    parts = [own]
    for run, folder in folders.items():
        theirs = folder.frame
        by_target = theirs["target"]
        if whole:
            ids = per_reply[columns.cluster].map(str) + "/" + per_reply[columns.system].map(str)
        else:
            ids = per_reply[columns.target].map(str)
            if theirs["system"].nunique() == 1 and not ids.isin(by_target).any():
                by_target = theirs["conversation_id"].map(str)
        at = pd.Series(range(len(per_reply)), index=ids)
        if not at.index.is_unique:
            raise DataError(
                f"{name}: several targets are {at.index[at.index.duplicated()][0]!r}, so that the "
                f"replies of {run} cannot be told apart"
            )
        matched = by_target.isin(at.index) & theirs["attribute"].isin(own[columns.attribute])
        if not matched.any():
            raise DataError(
                f"{run} rated none of the replies and attributes of {name}: it has "
                f"{by_target.iloc[0]!r} on {theirs['attribute'].iloc[0]}, the file "
                f"{ids.iloc[0]!r} on {own[columns.attribute].iloc[0]}"
            )
        clash = set(theirs["rater"]) & set(own[columns.rater].map(str))
        if clash:
            raise DataError(f"{name} and {run} both have a rater {min(clash)!r}; rename one")
        n_common = by_target[matched].nunique()
        if notes is not None:
            notes.append(
                f"{run}: {', '.join(map(repr, theirs['rater'].unique()))} rated {n_common} of the "
                f"{len(per_reply)} replies; {by_target.nunique() - n_common} others of the folder "
                "are left out"
            )
        rows = per_reply.iloc[at[by_target[matched]].to_numpy()]
        added = theirs[matched]
        parts.append(
            rows[columns.keys].assign(
                **{
                    columns.attribute: added["attribute"].to_numpy(),
                    columns.rater: added["rater"].to_numpy(),
                    columns.rating: added["rating"].to_numpy(),
                }
            )
        )
    return pd.concat([part[[*columns.keys, columns.rater, columns.rating]] for part in parts])
