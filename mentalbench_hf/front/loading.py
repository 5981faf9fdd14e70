"""Ratings and responses to work on: the benchmarks', the sample's, or a user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.ecosystem.exports.long_form import Export

#: What `load_ratings` can give: the ratings with faults set aside, every published value, or the
#: values as the published analysis read them.
DATA = ("audited", "released", "published")


def load_ratings(source: str | Path = "upstream", *, data: str = "audited") -> RatedTargets:
    """Return the ratings of MentalAlign-70k: 1,000 conversations × 10 replies × 5 raters × 7.

    Args:
        source: ``upstream`` (downloads and verifies), a folder with copies of the released
            files, or ``sample`` (the bundled SYNTHETIC SAMPLE, marked as such in every result).
        data: ``audited``, ``released`` or ``published``, see :data:`DATA`.

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

    if data not in DATA:
        raise DataError(f"unknown data {data!r}; choose one of {', '.join(DATA)}")
    found = read_mentalalign(open_source(str(source)))
    return found.published_targets() if data == "published" else found.targets(data)


def load_responses(source: str | Path = "upstream") -> pd.DataFrame:
    """Return the responses of MentalBench-100k, one row per conversation and system.

    Args:
        source: as for :func:`load_ratings`; it must hold the conversations.

    Returns:
        Columns conversation_id, system, response (None where missing), n_words, status;
        ``attrs["synthetic"]`` says whether they are the bundled SYNTHETIC SAMPLE.

    Raises:
        DataError, SourceError: as for :func:`load_ratings`.
    """
    from mentalbench_hf.data.mentalbench import mentalbench_table, read_mentalbench
    from mentalbench_hf.sources import open_source

    files = open_source(str(source))
    frame: pd.DataFrame = mentalbench_table(read_mentalbench(files), "responses").to_pandas()
    frame.attrs["synthetic"] = files.synthetic
    return frame


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
    scale: tuple[float, float] | None = None,
    rater_name: str | None = None,
    levels: Mapping[str, float] | None = None,
) -> RatedTargets:
    """Return ratings of your own, of anything, on any scale.

    Args:
        place: a file, the name of a Hub dataset, or a DataFrame; one row per rating, or one row
            per target and a column per rater. Or what another tool exported (inspect, promptfoo,
            DeepEval, Langfuse, MLflow, lm-evaluation-harness, Label Studio, Argilla), of which no
            columns are named.
        reference: the rater the others are compared with.
        target: column that identifies the thing rated.
        cluster: column of what belongs together, such as a conversation; resampled whole.
        system: column of who made the target, to rank systems.
        attribute: column of what was rated.
        rater: column of who rated.
        rating: column of the rating, empty where missing.
        scale: lowest and highest possible rating; by default as observed.
        rater_name: of an export, who gave the ratings that name nobody.
        levels: of an export, word -> number for ratings in words.

    Raises:
        DataError: the message names the column and the row.

    Example:
        >>> import pandas as pd
        >>> import mentalbench_hf as mb
        >>> frame = pd.DataFrame({"target": [1, 2, 3], "expert": [1, 4, 5], "judge": [2, 4, 4]})
        >>> mb.read_ratings(frame, "expert").judges
        ('judge',)
    """
    from mentalbench_hf.data.ratings_file import Columns, from_frame
    from mentalbench_hf.data.ratings_file import read_ratings as read_file

    columns = Columns(target, cluster, system, attribute, rater, rating)
    if isinstance(place, (str, Path)):
        export = export_of(place, rater_name, levels)
        if export is None:
            return read_file(str(place), reference, columns, scale=scale)
        if columns != Columns():
            raise DataError(f"{place} is an export of {export.tool}: name no columns of it")
        return read_file(str(place), reference, export.columns, scale=scale, table=export.frame)
    return from_frame(place, reference, columns, scale=scale, name="the frame")


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
