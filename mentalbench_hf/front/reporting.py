"""The whole report, and the published tables beside ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.reproduce import Comparison
    from mentalbench_hf.report.result_table import ResultTable


def report(
    ratings: RatedTargets | str | Path = "upstream",
    out: str | Path = "report",
    *,
    data: str = "audited",
    n_resamples: int = 10_000,
    seed: int = 0,
    latex: bool = False,
    references: Sequence[str] = (),
    progress: Callable[[str], None] = lambda step: None,
) -> Path:
    """Write the whole report: one self-contained page, Markdown, tables and figures.

    Args:
        ratings: ratings of your own (:func:`read_ratings`), or where MentalAlign-70k comes from:
            ``upstream``, ``sample``, or a folder with copies of the released files.
        out: the folder; an earlier report there is replaced, anything else is refused.
        data: ``audited`` or ``released``, for MentalAlign-70k.
        n_resamples: bootstrap replicates of every interval, at least 2.
        seed: of the bootstrap.
        latex: also write the tables as LaTeX.
        references: two experts or more among the raters of your own. The report then compares
            with their mean, and the folder ``panel`` says whether a judge is as good as one more
            of them (:func:`~mentalbench_hf.front.panel.panel`).
        progress: called with the name of each step as it starts.

    Returns:
        The path of report.html.

    Raises:
        DataError: `out` holds something else, or the ratings cannot be used.
        SourceError: the files cannot be had.
        StatisticsError: unusable numbers.

    Example:
        >>> import tempfile
        >>> import mentalbench_hf as mb
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     mb.report("sample", f"{folder}/report", n_resamples=20).name
        'report.html'
    """
    from mentalbench_hf.report.findings import compute
    from mentalbench_hf.report.folder import write_report

    several = None
    if references and isinstance(ratings, (str, Path)):
        raise DataError(
            "the released ratings have one expert per reply; several references are for ratings "
            "of your own"
        )
    if isinstance(ratings, (str, Path)):
        from mentalbench_hf.report.of_benchmark import results_of_benchmark
        from mentalbench_hf.sources import open_source

        files = open_source(str(ratings))
        found = results_of_benchmark(
            files, data, n_resamples=n_resamples, seed=seed, progress=progress
        )
        source = files.label
    else:
        if references:
            from mentalbench_hf.front.panel import panel
            from mentalbench_hf.reliability.references import mean_reference

            several = panel(
                ratings,
                references,
                n_resamples=min(n_resamples, 2_000),
                seed=seed,
                progress=lambda step: progress(f"experts: {step}"),
            )
            ratings = mean_reference(ratings, references)
        found = compute(ratings, n_resamples=n_resamples, seed=seed, progress=progress)
        source = ratings.data
    progress("figures and pages")
    page = write_report(found, Path(out), source=source, latex=latex)
    if several is not None:
        several.save(page.parent / "panel")
    return page


def reproduce(source: str | Path = "upstream", *, seed: int = 0) -> ResultTable[Comparison]:
    """Compare the published tables with ours, cell by cell.

    Args:
        source: ``upstream`` or a folder with copies of the released files.
        seed: of the bootstrap.

    Returns:
        One row per published figure, with ours and the difference; ``ok`` says whether every point
        ICC and every bias lies within its tolerance.

    Raises:
        DataError: the source is the bundled sample, which has no published tables.
        SourceError: the files cannot be had.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.reproduce("sample")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        mentalbench_hf.errors.DataError: ...
    """
    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.reliability.reproduce import reproduce as compare
    from mentalbench_hf.report.reproduction import reproduction_table
    from mentalbench_hf.sources import open_source

    files = open_source(str(source))
    if files.synthetic:
        raise DataError(
            "the published tables can be compared with the released ratings only, not with the "
            "sample; the source must be upstream or a folder of the released sheets"
        )
    return reproduction_table(compare(read_mentalalign(files).published_targets(), seed=seed))
