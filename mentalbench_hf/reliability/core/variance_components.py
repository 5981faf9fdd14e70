"""Variance components of any crossed and nested design, balanced or not.

Henderson (1953), "Estimation of variance and covariance components", Biometrics 9, method 1: the
uncorrected sum of squares of the totals of each source, set equal to its expectation under a
model in which every source is random. On complete data it is the analysis of variance
(Searle, Casella & McCulloch 1992, "Variance Components", chapter 5). It needs counts and totals
alone, so a million ratings take seconds, and every bootstrap replicate of whole clusters is a
sum of sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling
from mentalbench_hf.reliability.core.cluster_groups import cluster_groups
from mentalbench_hf.reliability.core.cluster_sums import replicate_sums
from mentalbench_hf.reliability.core.moments import Floats

Codes = NDArray[np.int64]
#: Names of the facets whose combinations are the levels of a source.
Source = tuple[str, ...]
#: A matrix of expectations with a smaller singular value, relatively, is confounded.
_CONFOUNDED: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Henderson:
    """Components of a design.

    Attributes:
        sources: the sources estimated, without the residual.
        variances: shape (n_sources + 1,), the residual last, in squared rating points; may be
            negative.
        replicates: shape (n_resamples, n_sources + 1); NaN where a replicate has no solution.
        n_levels: levels of each source.
    """

    sources: tuple[Source, ...]
    variances: Floats
    replicates: Floats
    n_levels: tuple[int, ...]


def henderson(
    ratings: Floats,
    facets: Mapping[str, Codes],
    sources: Sequence[Source],
    clusters: Codes,
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
) -> Henderson:
    """Estimate the variance of each source, and of what is left.

    Args:
        ratings: shape (n,), one rating per row, none missing.
        facets: facet -> shape (n,), codes from 0.
        sources: combinations of facets, such as ("item",), ("rater",), ("system", "rater").
        clusters: shape (n,), what the replicates draw whole (see
            :func:`~.cluster_groups.cluster_groups`).
        n_resamples: bootstrap replicates.
        seed: of the replicates.

    Raises:
        StatisticsError: a source that is not told apart from another or from the residual, named;
            or unusable numbers.
    """
    check_resampling(n_resamples, 0.5, seed)
    n = len(ratings)
    levels = {s: _combined([facets[f] for f in s], n) for s in sources}
    _check_apart(levels, n)
    design = _Design.of(ratings, facets, levels, cluster_groups(clusters, seed))
    squares, expected = design.equations(design.sums.sum(axis=0, keepdims=True))
    scale = np.abs(expected[0]).max(axis=0)
    singular = np.linalg.svd(expected[0] / np.where(scale > 0, scale, 1), compute_uv=False)
    if singular[-1] < _CONFOUNDED * singular[0]:
        raise StatisticsError(
            f"the sources {', '.join(' × '.join(s) for s in sources)} cannot be told apart in "
            f"{n} ratings; more raters must rate the same items"
        )

    def solved(sums: Floats) -> Floats:
        return _solved(*design.equations(sums))

    return Henderson(
        sources=tuple(sources),
        variances=_solved(squares, expected)[0],
        replicates=replicate_sums(design.sums, solved, n_resamples=n_resamples, seed=seed),
        n_levels=tuple(int(levels[s].max()) + 1 for s in sources),
    )


@dataclass(frozen=True, eq=False)
class _Design:
    """Sums per cluster from which any set of clusters has its equations.

    A source whose levels lie within clusters ("inner") adds up over clusters; one that crosses
    them ("outer") needs the totals of its levels.

    Attributes:
        sums: shape (n_clusters, width).
        sources: the sources.
        inner: which of them are inner, shape (n_sources,).
        margins: for each outer source, the cell of the finest outer partition -> its level.
        n_cells: cells of the finest outer partition.
    """

    sums: Floats
    sources: tuple[Source, ...]
    inner: NDArray[np.bool_]
    margins: dict[int, Codes]
    n_cells: int

    @classmethod
    def of(
        cls, ratings: Floats, facets: Mapping[str, Codes], levels: dict[Source, Codes],
        clusters: Codes,
    ) -> _Design:  # fmt: skip
        n, n_clusters = len(ratings), int(clusters.max()) + 1
        y = ratings - ratings.mean()
        sources = tuple(levels)
        inner = np.array([_nested(levels[s], clusters) for s in sources])
        outer_facets = sorted({f for s, i in zip(sources, inner, strict=True) if not i for f in s})
        cells = _combined([facets[f] for f in outer_facets], n)
        n_cells = int(cells.max()) + 1
        first = np.zeros(n_cells, dtype=np.int64)
        first[cells] = np.arange(n)
        margins = {g: levels[s][first] for g, s in enumerate(sources) if not inner[g]}

        def by_cluster(weights: Floats | None) -> Floats:
            return np.bincount(clusters, weights=weights, minlength=n_clusters).astype(np.float64)

        def by_cluster_and(codes: Codes, weights: Floats | None = None) -> Floats:
            size = int(codes.max()) + 1
            at = clusters * size + codes
            flat = np.bincount(at, weights=weights, minlength=n_clusters * size)
            return flat.reshape(n_clusters, size).astype(np.float64)

        parts = [by_cluster(None), by_cluster(y), by_cluster(y**2)]
        blocks = [by_cluster_and(cells), by_cluster_and(cells, y)]
        for g in np.flatnonzero(inner):
            own = levels[sources[g]]
            size = np.bincount(own)
            total = np.bincount(own, weights=y)
            parts.append(by_cluster((total[own] / size[own]) * y))
            parts.append(by_cluster(1 / size[own]))
            parts.append(by_cluster(size[own].astype(np.float64)))
            for other in sources:
                joint = _joint(own, levels[other], n)
                parts.append(by_cluster(np.bincount(joint)[joint] / size[own]))
            for f in margins:
                # Σ of squared counts of the levels of g within each level of f.
                joint = _joint(own, levels[sources[f]], n)
                blocks.append(
                    by_cluster_and(levels[sources[f]], np.bincount(joint)[joint].astype(np.float64))
                )
        return cls(np.hstack([np.column_stack(parts), *blocks]), sources, inner, margins, n_cells)

    def _inner(self) -> list[int]:
        return [g for g, inner in enumerate(self.inner.tolist()) if inner]

    def equations(self, sums: Floats) -> tuple[Floats, Floats]:
        """Return corrected sums of squares (b, G + 1) and their expectations (b, G + 1, G + 1)."""
        n_sources, b = len(self.sources), len(sums)
        at = iter(np.split(sums, sums.shape[1], axis=1)[: 3 + self.inner.sum() * (3 + n_sources)])

        def scalar() -> Floats:
            return np.asarray(next(at)[:, 0])

        n, y, squares = scalar(), scalar(), scalar()
        own_squares = np.zeros((b, n_sources))
        n_levels = np.zeros((b, n_sources))
        cross = np.zeros((b, n_sources, n_sources))
        # Σ n_level² of each source: what the grand mean takes.
        whole = np.zeros((b, n_sources))
        for g in self._inner():
            own_squares[:, g], n_levels[:, g], whole[:, g] = scalar(), scalar(), scalar()
            for f in range(n_sources):
                cross[:, g, f] = scalar()
        rest = sums[:, 3 + self.inner.sum() * (3 + n_sources) :]
        count, total = rest[:, : self.n_cells], rest[:, self.n_cells : 2 * self.n_cells]
        place = 2 * self.n_cells
        sizes = {g: _summed(count, m) for g, m in self.margins.items()}
        for g, m in self.margins.items():
            size, has = sizes[g], sizes[g] > 0
            own_squares[:, g] = _over(_summed(total, m) ** 2, size)
            n_levels[:, g] = has.sum(axis=1)
            whole[:, g] = (size**2).sum(axis=1)
            for f, other in self.margins.items():
                joint = _combined([m, other], len(m))
                both = _summed(count, joint)
                of = np.zeros(int(joint.max()) + 1, dtype=np.int64)
                of[joint] = m
                cross[:, g, f] = _over(_summed(both**2, of), size)
        for g in self._inner():
            for f in self.margins:
                width = sizes[f].shape[1]
                cross[:, f, g] = _over(rest[:, place : place + width], sizes[f])
                place += width
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_square, of_mean = y**2 / n, whole / n[:, None]
        expected = np.empty((b, n_sources + 1, n_sources + 1))
        expected[:, :n_sources, :n_sources] = cross - of_mean[:, None, :]
        expected[:, :n_sources, n_sources] = n_levels - 1
        expected[:, n_sources, :n_sources] = n[:, None] - of_mean
        expected[:, n_sources, n_sources] = n - 1
        return np.column_stack([own_squares, squares]) - mean_square[:, None], expected


def _solved(squares: Floats, expected: Floats) -> Floats:
    """Solve each replicate's equations; NaN where they have no solution."""
    out = np.full(squares.shape, np.nan)
    known = np.isfinite(expected).all(axis=(1, 2)) & np.isfinite(squares).all(axis=1)
    scale = np.abs(expected).max(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        known &= np.abs(np.linalg.det(expected / scale[:, None, None])) > 0
    out[known] = np.linalg.solve(expected[known], squares[known][..., None])[..., 0]
    return out


def _summed(values: Floats, codes: Codes) -> Floats:
    """Sum columns of one code, shape (b, n_codes)."""
    which = np.zeros((len(codes), int(codes.max()) + 1))
    which[np.arange(len(codes)), codes] = 1
    return np.asarray(values @ which)


def _over(values: Floats, size: Floats) -> Floats:
    return np.asarray((np.where(size > 0, values, 0) / np.where(size > 0, size, 1)).sum(axis=1))


def _combined(codes: Sequence[Codes], n: int) -> Codes:
    """Return codes from 0, without gaps, of the combinations of codes; zeros for none."""
    at = np.zeros(n, dtype=np.int64)
    for c in codes:
        at = at * (int(c.max(initial=0)) + 1) + c
        if int(at.max(initial=0)) > 8 * n + 1024:
            at = np.unique(at, return_inverse=True)[1].reshape(-1)
    present = np.bincount(at) > 0
    return np.asarray((np.cumsum(present) - 1)[at])


def _joint(one: Codes, other: Codes, n: int) -> Codes:
    """Return codes of the combinations of two codes; not in their order."""
    if _nested(one, other):
        return one
    return other if _nested(other, one) else _combined([one, other], n)


def _nested(inner: Codes, outer: Codes) -> bool:
    """Tell whether every level of one lies within one level of the other."""
    seen = np.zeros(int(inner.max()) + 1, dtype=np.int64)
    seen[inner] = outer
    return bool((seen[inner] == outer).all())


def same_levels(one: Sequence[Codes], other: Sequence[Codes]) -> bool:
    """Tell whether the combinations of some codes are those of others, up to their numbers."""
    a, b = (_combined(codes, len(codes[0])) for codes in (one, other))
    return int(a.max()) == int(b.max()) and _nested(a, b)


def _check_apart(levels: dict[Source, Codes], n: int) -> None:
    done: list[Source] = []
    for source, codes in levels.items():
        name = " × ".join(source)
        if int(codes.max(initial=-1)) + 1 == n:
            raise StatisticsError(
                f"{name} cannot be told apart from the residual: every level has one rating"
            )
        if int(codes.max(initial=0)) == 0:
            raise StatisticsError(f"{name} has one level: no variance can be seen")
        for other in done:
            if _nested(codes, levels[other]) and _nested(levels[other], codes):
                raise StatisticsError(f"{name} and {' × '.join(other)} are the same in these data")
        done.append(source)
