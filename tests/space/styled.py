"""Stores whose conversations have styles of experts, or do not say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mentalbench_hf.space.store import Store


def with_styles(store: Store, codes: np.ndarray, letters: tuple[str, ...]) -> Store:
    return replace(store, ratings=replace(store.ratings, stated_experts=(codes, letters)))


def two_styles(store: Store) -> Store:
    n = len(store.ratings.conversation_ids)
    return with_styles(store, (np.arange(n) >= n // 2).astype(np.int64), ("A", "B"))


def no_styles(store: Store) -> Store:
    return with_styles(store, np.full(len(store.ratings.conversation_ids), -1), ())
