"""The likelihood of ratings given each item's total, for the rating scale model.

Given the total of an item, its measure drops out (Andersen 1970, "Asymptotic properties of
conditional maximum-likelihood estimators"). What is left are the coefficients of a product of one
polynomial per rater: γ(s) = Σ over ratings with total s of Π exp(−x β − Ψ(x)). They depend on which
raters rated, so items are counted by that pattern and their total.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.counts import coded
from mentalbench_hf.reliability.core.moments import Floats

#: Doubles of one polynomial table; more patterns go in turn.
_CHUNK: Final = 2**20


@dataclass(frozen=True, eq=False)
class Residuals:
    """Ratings less what the model expects given the item's total.

    Attributes:
        rating: shape (n_items, k), in categories; 0 where missing.
        count: shape (n_items, m + 1), of each category.
        n: shape (k,), ratings whose value the total does not fix.
        infit: shape (k,), Σ residual² / Σ variance.
        outfit: shape (k,), mean of residual² / variance.
    """

    rating: Floats
    count: Floats
    n: NDArray[np.int64]
    infit: Floats
    outfit: Floats

    def scores(self, clusters: NDArray[np.int64] | None) -> Floats:
        """Return the gradient of the loss by cluster, shape (n_clusters, k + m + 1)."""
        rows = np.hstack([self.rating, self.count])
        if clusters is None:
            return rows
        _, code = np.unique(clusters, return_inverse=True)
        n = int(code.max(initial=-1)) + 1
        return np.stack([np.bincount(code, weights=c, minlength=n) for c in rows.T], axis=1)


@dataclass(frozen=True, eq=False)
class Patterns:
    """Items counted by who rated them and by their total.

    Attributes:
        x: shape (n_items, k), category numbers, −1 where missing.
        pattern: shape (n_items,), which pattern each item has.
        total: shape (n_items,), sum of its categories.
        slots: shape (n_patterns, most raters of an item), the raters of each pattern, k where
            there are fewer.
        n_categories: m + 1.
    """

    x: NDArray[np.int64]
    pattern: NDArray[np.int64]
    total: NDArray[np.int64]
    slots: NDArray[np.int64]
    n_categories: int

    @property
    def n_items(self) -> int:
        """Items."""
        return len(self.x)

    @property
    def n_raters(self) -> int:
        """Raters."""
        return int(self.x.shape[1])

    @cached_property
    def observed(self) -> NDArray[np.int64]:
        """How often each rater gave each category, shape (k, m + 1)."""
        return np.stack([(self.x == c).sum(axis=0) for c in range(self.n_categories)], axis=1)

    @cached_property
    def counts(self) -> Floats:
        """Items of each pattern and total, shape (n_patterns, highest total + 1)."""
        shape = len(self.slots), self._width
        at = self.pattern * shape[1] + self.total
        return np.bincount(at, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)

    @property
    def _width(self) -> int:
        return int(self.slots.shape[1]) * (self.n_categories - 1) + 1

    def _chunks(self) -> Iterator[tuple[int, int]]:
        n, size = len(self.slots), max(1, _CHUNK // (self._width * (self.slots.shape[1] + 1)))
        for start in range(0, n, size):
            yield start, min(start + size, n)

    def _weights(self, parameters: Floats) -> Floats:
        """Return log exp(−x β − Ψ(x)) per rater and category, a last row for no rater."""
        k, m = self.n_raters, self.n_categories
        weights = np.full((k + 1, m), -np.inf)
        weights[:k] = -np.outer(parameters[:k], np.arange(m)) - parameters[k:]
        weights[k, 0] = 0.0
        return weights

    def loss(self, parameters: Floats) -> tuple[float, Floats]:
        """Return minus the conditional log likelihood and its gradient.

        Args:
            parameters: k severities, then Ψ(0) … Ψ(m).
        """
        k, m, width = self.n_raters, self.n_categories, self._width
        log_w = self._weights(parameters)
        top = log_w.max(axis=1)
        w = np.exp(log_w - top[:, None])
        value = -float((self.observed * log_w[:k]).sum())
        expected = np.zeros((k + 1, m))
        for start, stop in self._chunks():
            slots, counts = self.slots[start:stop], self.counts[start:stop]
            tables = list(_products(w, slots, width))
            gamma = tables[-1]
            with np.errstate(divide="ignore", invalid="ignore"):
                value += float(np.where(counts > 0, counts * np.log(gamma), 0).sum())
                behind = np.where(counts > 0, counts / gamma, 0)
            value += float((counts.sum(axis=1) * top[slots].sum(axis=1)).sum())
            for j in range(slots.shape[1] - 1, -1, -1):
                w_j, earlier = w[slots[:, j]], tables[j]
                after = np.zeros_like(behind)
                for c in range(m):
                    moved = behind[:, c:]
                    joint = (earlier[:, : width - c] * moved).sum(axis=1) * w_j[:, c]
                    expected[:, c] += np.bincount(slots[:, j], weights=joint, minlength=k + 1)
                    after[:, : width - c] += w_j[:, c, None] * moved
                behind = after
        apart = self.observed - expected[:k]
        gradient = np.concatenate([apart @ np.arange(m), apart.sum(axis=0)])
        return value, gradient

    def residuals(self, parameters: Floats) -> Residuals:
        """Return ratings less their conditional expectation, and mean squares by rater."""
        k, m, width = self.n_raters, self.n_categories, self._width
        log_w = self._weights(parameters)
        w = np.exp(log_w - log_w.max(axis=1, keepdims=True))
        rating = np.zeros((self.n_items, k))
        count = np.stack([(self.x == c).sum(axis=1) for c in range(m)], axis=1).astype(float)
        squares, variances, standard = np.zeros(k), np.zeros(k), np.zeros(k)
        n = np.zeros(k, dtype=np.int64)
        order = np.argsort(self.pattern, kind="stable")
        for start, stop in self._chunks():
            low, high = np.searchsorted(self.pattern[order], [start, stop])
            items = order[low:high]
            slots = self.slots[start:stop]
            *_, gamma = _products(w, slots, width)
            cells, cell = np.unique(
                (self.pattern[items] - start) * width + self.total[items], return_inverse=True
            )
            p, s = np.divmod(cells, width)
            for j in range(slots.shape[1]):
                *_, rest = _products(w, np.delete(slots, j, axis=1), width)
                back = s[:, None] - np.arange(m)
                chance = np.where(back >= 0, rest[p[:, None], np.maximum(back, 0)], 0)
                chance = w[slots[p, j]] * chance / gamma[p, s][:, None]
                mean = chance @ np.arange(m)
                variance = np.maximum(chance @ np.arange(m) ** 2 - mean**2, 0)
                variance[variance < 1e-9] = 0
                who = slots[p, j][cell]
                at, r = items[who < k], who[who < k]
                here = cell[who < k]
                residual = self.x[at, r] - mean[here]
                rating[at, r] = residual
                count[at] -= chance[here]
                v = variance[here]
                free = v > 0
                n += np.bincount(r[free], minlength=k)
                squares += np.bincount(r[free], weights=residual[free] ** 2, minlength=k)
                variances += np.bincount(r[free], weights=v[free], minlength=k)
                z = residual[free] ** 2 / v[free]
                standard += np.bincount(r[free], weights=z, minlength=k)
        with np.errstate(divide="ignore", invalid="ignore"):
            return Residuals(rating, count, n, squares / variances, standard / n)


def patterns_of(ratings: Floats, categories: Floats) -> Patterns:
    """Count items by pattern and total.

    Args:
        ratings: shape (n_items, k), NaN where missing.
        categories: the distinct ratings, ascending.
    """
    x = coded(ratings, categories)
    known = x >= 0
    k = known.shape[1]
    bits, first, pattern = np.unique(
        np.packbits(known, axis=1), axis=0, return_index=True, return_inverse=True
    )
    masks = known[first]
    slots = np.full((len(bits), int(masks.sum(axis=1).max(initial=1))), k)
    row, rater = np.nonzero(masks)
    place = (np.cumsum(masks, axis=1) - 1)[row, rater]
    slots[row, place] = rater
    total = np.where(known, x, 0).sum(axis=1)
    return Patterns(x, pattern.reshape(-1), total, slots, len(categories))


def _products(w: Floats, slots: NDArray[np.int64], width: int) -> Iterator[Floats]:
    """Yield the product of the first 0, 1, … polynomials of each pattern, (n_patterns, width)."""
    table = np.zeros((len(slots), width))
    table[:, 0] = 1.0
    yield table
    for j in range(slots.shape[1]):
        w_j = w[slots[:, j]]
        longer = w_j[:, :1] * table
        for c in range(1, w.shape[1]):
            longer[:, c:] += w_j[:, c, None] * table[:, : width - c]
        table = longer
        yield table
