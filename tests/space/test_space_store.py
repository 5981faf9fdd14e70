"""The same store from a source, from built folders and from installed datasets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.data.mentalbench import read_mentalbench
from mentalbench_hf.errors import DataError, SourceError
from mentalbench_hf.hub.build import build
from mentalbench_hf.hub.install import install
from mentalbench_hf.schema import DATASETS
from mentalbench_hf.sources import open_source
from mentalbench_hf.space.cards import page
from mentalbench_hf.space.find_data import open_store
from mentalbench_hf.space.finder import Finder
from mentalbench_hf.space.reliability_shown import Results
from mentalbench_hf.space.state import NOT_RATED, Query
from mentalbench_hf.space.store import RATED_ONLY, Store, make_store


def assert_same(left: Store, right: Store) -> None:
    assert left.keys == right.keys
    assert left.contexts.to_pylist() == right.contexts.to_pylist()
    assert {s: c.to_pylist() for s, c in left.responses.items()} == {
        s: c.to_pylist() for s, c in right.responses.items()
    }
    assert np.array_equal(left.audited, right.audited, equal_nan=True)
    assert np.array_equal(left.statuses, right.statuses)
    assert np.array_equal(left.ratings.missing_responses, right.ratings.missing_responses)


def test_built_folders_hold_the_same(sample_store: Store, tmp_path: Path) -> None:
    source = open_source("sample")
    for name in DATASETS:
        build(name, source, tmp_path / f"{name}-sample")
    store = open_store(str(tmp_path))
    assert_same(sample_store, store)
    assert store.synthetic
    assert store.explanations == sample_store.explanations
    for data in ("audited", "released"):
        expected, found = (s.ratings.targets(data).ratings for s in (sample_store, store))
        assert np.array_equal(expected, found, equal_nan=True)
    alone = open_store(str(tmp_path / "mentalalign-70k-sample"))
    assert not alone.has_texts
    assert len(alone) == len(sample_store)
    with pytest.raises(DataError, match="mentalalign-70k"):
        open_store(str(tmp_path / "mentalbench-100k-sample"))


def test_installed_datasets_are_found(
    sample_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets.config

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    assert open_store("auto").notes == ()  # nothing is installed: the sample itself
    install(open_source("sample"))
    store = open_store("auto")
    assert not store.released
    assert "installed" in store.notes[0]
    assert np.array_equal(store.audited, sample_store.audited, equal_nan=True)
    assert Results(store).audit_effect("system", "sample-judge-1") is None
    assert store.styles == sample_store.styles == ("A",)
    # Ratings and texts cannot be joined without contexts: both are shown.
    assert len(store) == 2 * len(sample_store)


def test_conversations_join_by_text_not_by_id() -> None:
    source = open_source("sample")
    ratings, texts = read_mentalalign(source), read_mentalbench(source)
    n = len(ratings.contexts)
    table = texts.conversations.take(pa.array(list(range(n - 1, 0, -1))))
    ids = pa.array(range(1, n), pa.int32())
    shuffled = replace(texts, conversations=table.set_column(0, "conversation_id", ids))
    store = make_store(ratings, shuffled)
    # The first rated conversation is not among the texts; it stands at the end, without them.
    assert store.keys[-1] == f"{RATED_ONLY}{ratings.conversation_ids[0]}"
    assert store.context(0) == ratings.contexts[n - 1]
    assert store.rated_row[0] == n - 1
    last = len(store) - 1
    response = store.response(last, store.roster.system_ids[1])
    assert response.text is None
    assert not response.available
    assert not response.missing
    assert response.scores
    markup = page(store, last, Query(), store.roster.system_ids, blind=False)
    assert "not available here" in markup
    assert 'class="mb-scores"' in markup


def test_without_texts_contexts_and_ratings_still_show() -> None:
    ratings = read_mentalalign(open_source("sample"))
    store = make_store(ratings, None)
    markup = page(store, 0, Query(), store.roster.system_ids, blind=False)
    assert store.context(0)[:20] in markup.replace("&#x27;", "'")
    assert markup.count("text not available") >= 9
    assert markup.count('<table class="mb-scores"') == 10


def test_unrated_conversations_are_shown_as_such(sample_store: Store) -> None:
    source = open_source("sample")
    texts = read_mentalbench(source)
    more = texts.conversations.slice(0, 1).set_column(1, "context", pa.array(["Another post."]))
    more = more.set_column(0, "conversation_id", pa.array([999], pa.int32()))
    longer = replace(texts, conversations=pa.concat_tables([texts.conversations, more]))
    store = make_store(read_mentalalign(source), longer)
    assert len(store) == len(sample_store) + 1
    assert [store.keys[i] for i in Finder(store).find(Query(status=NOT_RATED))] == ["999"]
    assert "was not rated" in page(store, len(store) - 1, Query(), ["sample-human"], blind=False)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Human_judge"):
        open_store(str(tmp_path))


@pytest.mark.upstream
def test_the_released_sheets_open_without_texts(upstream: Path) -> None:
    store = open_store(str(upstream))
    assert len(store) == 1_000
    assert not store.synthetic
    assert not store.has_texts
    assert (store.rated_row == np.arange(1_000)).all()
    assert store.notes
