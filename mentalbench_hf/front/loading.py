"""Ratings and responses to work on: the benchmarks', the sample's, or a user's own."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mentalbench_hf.choices import DATA, Data, DatasetName, check_choice
from mentalbench_hf.errors import DataError, MentalBenchWarning

if TYPE_CHECKING:
    import pandas as pd

    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.ecosystem.exports.long_form import Export


def load_ratings(source: str | Path = "upstream", *, data: Data = "audited") -> RatedTargets:
    """Return the ratings of MentalAlign-70k: 1,000 conversations × 10 replies × 5 raters × 7.

    Args:
        source: ``upstream`` (downloads and verifies), a folder with copies of the released
            files, or ``sample`` (the bundled SYNTHETIC SAMPLE, marked as such in every result).
        data: ``audited`` sets faults aside, ``released`` keeps every published value,
            ``published`` gives the values as the published analysis read them.

    Returns:
        The ratings; missing ones are NaN.

    Raises:
        DataError: another `data`, or files that are not what was released.
        SourceError: the files cannot be had.

    Example:
        >>> import mentalbench_hf as mb
        >>> ratings = mb.load_ratings("sample")
        >>> ratings.synthetic
        True
    """
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.sources import open_source

    check_choice(data, DATA, "data", DataError)
    found = read_mentalalign(open_source(str(source)))
    return found.published_targets() if data == "published" else found.targets(data)


def load_table(
    name: DatasetName, config: str = "default", source: str | Path = "upstream"
) -> pd.DataFrame:
    """Return a table of a dataset, as the built dataset holds it.

    Args:
        name: ``mentalbench-100k`` or ``mentalalign-70k``.
        config: which table, such as ``ratings`` (one row per score, with its status) or
            ``judgments`` of MentalAlign-70k; ``_released`` behind it gives the published values.
        source: as for :func:`load_ratings`.

    Returns:
        The table; ``attrs["synthetic"]`` says whether it is the bundled SYNTHETIC SAMPLE.

    Raises:
        DataError, SourceError: no such table, or as for :func:`load_ratings`.

    Example:
        >>> import mentalbench_hf as mb
        >>> ratings = mb.load_table("mentalalign-70k", "ratings", "sample")
        >>> len(ratings)  # 24 conversations × 10 systems × 5 raters × 7 attributes
        8400
    """
    from mentalbench_hf.hub.reading import read_dataset
    from mentalbench_hf.sources import open_source

    files = open_source(str(source))
    table = read_dataset(name, files).table(config)
    frame: pd.DataFrame = table.to_pandas()
    frame.attrs["synthetic"] = files.synthetic
    return frame


def load_responses(source: str | Path = "upstream") -> pd.DataFrame:
    """Return the responses of MentalBench-100k, one row per conversation and system.

    Args:
        source: as for :func:`load_ratings`; it must hold the conversations.

    Returns:
        Columns conversation_id, system, response (None where missing), n_words, status;
        ``attrs["synthetic"]`` says whether they are the bundled SYNTHETIC SAMPLE.

    Raises:
        DataError, SourceError: as for :func:`load_ratings`.

    Example:
        >>> import mentalbench_hf as mb
        >>> responses = mb.load_responses("sample")
        >>> responses["system"].nunique()
        10
    """
    return load_table("mentalbench-100k", "responses", source)


def read_ratings(
    place: str | Path | pd.DataFrame,
    reference: str,
    *,
    target: str = "target",
    cluster: str | None = None,
    system: str | None = None,
    attribute: str | None = None,
    rater: str = "rater",
    rating: str = "rating",
    rater_columns: Sequence[str] = (),
    runs: str | Path | Sequence[str | Path] = (),
    scale: tuple[float, float] | None = None,
    rater_name: str | None = None,
    levels: Mapping[str, float] | None = None,
    config: str | None = None,
    split: str | None = None,
) -> RatedTargets:
    """Return ratings of your own, of anything, on any scale.

    Args:
        place: a file (.csv, .tsv, .xlsx, .parquet, .jsonl), the name of a Hub dataset, or a
            DataFrame, with one row per rating, or one row per target and a column per rater. Or
            the folder of a judged run or of the Space's ratings, or what another tool exported
            (inspect, promptfoo, DeepEval, Langfuse, MLflow, lm-evaluation-harness, Label Studio,
            Argilla), whose columns are known.
        reference: the rater the others are compared with.
        target: column that identifies the thing rated.
        cluster: column of what belongs together, such as a conversation; resampled whole.
        system: column of who made the target, to rank systems.
        attribute: column of what was rated.
        rater: column of who rated.
        rating: column of the rating, empty where missing.
        rater_columns: with a column per rater, which columns those are; by default those whose
            numbers lie on the scale.
        runs: folders of judged runs (or of the Space's ratings) whose judges rated the same
            replies, and are added.
        scale: lowest and highest possible rating; by default as observed.
        rater_name: of an export, who gave the ratings that name nobody.
        levels: of an export, word -> number for ratings in words.
        config: configuration of a Hub dataset.
        split: its split; by default its only one.

    Raises:
        DataError: the message names the column and the row.

    Warns:
        MentalBenchWarning: for what was assumed or left out.

    Example:
        >>> import pandas as pd
        >>> import mentalbench_hf as mb
        >>> frame = pd.DataFrame({"target": [1, 2, 3], "expert": [1, 4, 5], "judge": [2, 4, 4]})
        >>> mb.read_ratings(frame, "expert", rater_columns=["judge"]).judges
        ('judge',)
    """
    from mentalbench_hf.data.ratings_file import Columns
    from mentalbench_hf.data.ratings_file import read_ratings as read

    columns = Columns(target, cluster, system, attribute, rater, rating, tuple(rater_columns))
    notes: list[str] = []
    table = None
    if isinstance(place, (str, Path)) and not Path(place).is_dir():
        export = export_of(place, rater_name, levels)
        if export is not None:
            if columns != Columns():
                raise DataError(f"{place} is an export of {export.tool}: name no columns of it")
            columns, table = export.columns, export.frame
            notes += export.lacks
    try:
        return read(
            str(place) if isinstance(place, Path) else place,
            reference,
            None if columns == Columns() else columns,
            scale=scale,
            config=config,
            split=split,
            runs=[Path(run) for run in ([runs] if isinstance(runs, (str, Path)) else runs)],
            notes=notes,
            table=table,
        )
    finally:
        for note in notes:
            warnings.warn(note, MentalBenchWarning, stacklevel=2)


def export_of(
    place: str | Path, rater_name: str | None = None, levels: Mapping[str, float] | None = None
) -> Export | None:
    """Return the ratings of a file that another tool exported, None where it is none.

    Args:
        place: the file.
        rater_name: who gave the ratings that name nobody.
        levels: word -> number, for ratings in words.

    Raises:
        DataError: an export that cannot be read, or a rater or levels for another file.
    """
    from mentalbench_hf.ecosystem.exports.long_form import Telling
    from mentalbench_hf.ecosystem.exports.registry import detect, read_export

    if detect(place) is not None:
        return read_export(place, Telling(rater_name, levels or {}))
    if rater_name is not None or levels is not None:
        raise DataError(
            f"{place} is not an export of another tool; a table names its raters and has numbers"
        )
    return None


def only(names: str | Sequence[str] | None) -> list[str] | None:
    """Return names as a list; one name may stand alone, None stays None."""
    return [names] if isinstance(names, str) else None if names is None else list(names)
