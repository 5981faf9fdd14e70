"""A build whose card or metadata does not fit its files is never published."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mentalbench_hf.errors import PublishError
from mentalbench_hf.hub.build import MARKER, build
from mentalbench_hf.hub.card import data_file
from mentalbench_hf.hub.croissant import FILE as CROISSANT
from mentalbench_hf.hub.fingerprints import RECORDED, check_recorded, fingerprint, record
from mentalbench_hf.hub.verify import verify_build
from mentalbench_hf.schema import DATASETS, MENTALALIGN_70K, MENTALBENCH_100K
from mentalbench_hf.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: What the module builds once is built by one worker.
pytestmark = pytest.mark.xdist_group("hub verify")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("fresh")
    for name in DATASETS:
        build(name, open_source("sample"), out / "made").folder.rename(out / name)
    return out


@pytest.fixture
def built(fresh: Path, tmp_path: Path) -> Path:
    """A copy to tamper with."""
    return shutil.copytree(fresh, tmp_path / "built")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(old, text), old
    path.write_text(re.sub(old, new, text, count=1), encoding="utf-8")


def change_table(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(path)), path)
    # As somebody who mends a table by hand would: with its metadata.
    metadata = path.parents[2] / CROISSANT
    content = json.loads(metadata.read_text(encoding="utf-8"))
    import hashlib

    for file in content["distribution"]:
        if file["contentUrl"].endswith(f"{path.parent.name}/{path.name}"):
            file["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    metadata.write_text(json.dumps(content), encoding="utf-8")


def one_rating_more(table: pa.Table) -> pa.Table:
    """Raise the first rating below five of each rater by one."""
    frame = table.to_pandas()
    low = frame.index[frame["rating"] < 5][:1]
    frame.loc[low, "rating"] += 1
    return pa.Table.from_pandas(frame, schema=table.schema, preserve_index=False)


def test_what_was_built_is_what_the_card_says(fresh: Path) -> None:
    for name in DATASETS:
        verify_build(fresh / name)


@pytest.mark.upstream
def test_the_released_ratings_verify_and_are_as_recorded(upstream: Path, tmp_path: Path) -> None:
    folder = build("mentalalign-70k", open_source(upstream), tmp_path / "built").folder
    verify_build(folder)
    assert check_recorded(folder)
    earlier = build("mentalalign-70k", open_source(upstream), tmp_path / "earlier", "1.0.0").folder
    assert check_recorded(earlier)
    assert "version: 1.0.0" in (earlier / "README.md").read_text(encoding="utf-8")
    change_table(folder / data_file(MENTALALIGN_70K, "ratings"), one_rating_more)
    with pytest.raises(PublishError, match=r"default: values of column 'rating' moved; ratings:"):
        check_recorded(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("README.md", r"\| sample-model-1 \| 2", "| sample-model-1 | 1", "differs from its files"),
        ("README.md", r"8,400 \| 9", "8,401 | 9", r"differs from its files in 'tables'"),
        ("README.md", r"rated from 1 to 5 on", "rated from 1 to 6 on", "nothing computes: '6'"),
        ("README.md", r"version: 1\.1\.0", "version: 1.1.1", "says version 1.1.1"),
        ("README.md", r"# SYNTHETIC SAMPLE", "# S", "does not say SYNTHETIC SAMPLE"),
        ("README.md", r"config_name: judgments\n", "config_name: judged\n", "configurations in"),
        ("audit.json", r'"count": 1,', '"count": 2,', "differs from its files in 'audit'"),
        (MARKER, r'"version": "1\.1\.0"', '"version": "0.9.0"', "is version 0.9.0; this package"),
        (MARKER, r'"size": \d+', '"size": 1', "differs from its files in 'files'"),
        (CROISSANT, r'"sha256": "\w{8}', '"sha256": "00000000', "is not the file that croissant"),
    ],
)
def test_a_changed_number_is_refused(built: Path, file: str, old: str, new: str, said: str) -> None:
    folder = built / "mentalalign-70k"
    edit(folder / file, old, new)
    with pytest.raises(PublishError, match=said):
        verify_build(folder)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("ratings", r"differs from its files in 'means of sample-\S+'"),
        ("judgments_released", "the audit of mentalalign-70k states"),
        ("responses_released", "the audit of mentalalign-70k states"),
    ],
)
def test_a_changed_table_is_refused(built: Path, config: str, said: str) -> None:
    folder = built / "mentalalign-70k"

    def change(table: pa.Table) -> pa.Table:
        if config == "ratings":
            return one_rating_more(table)
        column = "parse_status" if config.startswith("judg") else "response_status"
        i = table.schema.get_field_index(column)
        return table.set_column(i, column, pa.array(["ok"] * len(table)))

    change_table(folder / data_file(MENTALALIGN_70K, config), change)
    with pytest.raises(PublishError, match=said):
        verify_build(folder)


def test_a_changed_reply_is_refused(built: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        i = table.schema.get_field_index("n_words")
        return table.set_column(i, "n_words", pc.add(table["n_words"], 1).cast(pa.int32()))

    folder = built / "mentalbench-100k"
    change_table(folder / data_file(MENTALBENCH_100K, "responses"), change)
    with pytest.raises(PublishError, match=r"differs from its files in 'words'"):
        verify_build(folder)


def test_a_file_that_the_card_does_not_name_is_refused(built: Path) -> None:
    folder = built / "mentalbench-100k"
    shutil.copy(folder / data_file(MENTALBENCH_100K, "responses"), folder / "data" / "x.parquet")
    with pytest.raises(PublishError, match=r"its Parquet files differ: \['data/x.parquet'\]"):
        verify_build(folder)
    with pytest.raises(PublishError, match="is not a build"):
        verify_build(built)


def test_fingerprints_are_of_values_not_of_bytes(built: Path) -> None:
    folder = built / "mentalalign-70k"
    before = fingerprint(folder)
    for path in folder.rglob("*.parquet"):
        table = pq.read_table(path)
        half = len(table) // 2
        chunked = pa.concat_tables([table.slice(0, half), table.slice(half)])
        pq.write_table(chunked, path, compression="gzip", row_group_size=500, version="1.0")
    assert fingerprint(folder) == before
    assert check_recorded(folder)
    text = RECORDED.read_text(encoding="utf-8")
    assert not re.findall(r"[A-Za-z]+ [a-z]+ [a-z]+", text), "hashes, counts and types only"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.slice(1), r"judgments: 959 rows instead of 960"),
        (lambda t: t.drop_columns(["overall"]), r"judgments: column 'overall' is gone"),
        (lambda t: t.append_column("x", t["overall"]), r"judgments: column 'x' is new"),
        (
            lambda t: t.set_column(0, "conversation_id", t["conversation_id"].cast(pa.int64())),
            r"judgments: column 'conversation_id' is int64 instead of int32",
        ),
        (
            lambda t: t.select([*t.column_names[1:], "conversation_id"]),
            r"judgments: the columns are in another order",
        ),
        (
            lambda t: t.set_column(3, "raw", pc.fill_null(t["raw"], "")),
            r"judgments: values of column 'raw' moved",
        ),
        (
            lambda t: t.set_column(3, "raw", pc.replace_substring(t["raw"], "{", "{ ")),
            r"judgments: values of column 'raw' moved",
        ),
        (
            lambda t: t.take(pa.array([1, 0, *range(2, len(t))])),
            r"judgments: values of column 'rater' moved",
        ),
    ],
)
def test_what_moved_is_named(
    built: Path, change: Callable[[pa.Table], pa.Table], said: str
) -> None:
    folder = built / "mentalalign-70k"
    change_table(folder / data_file(MENTALALIGN_70K, "judgments"), change)
    with pytest.raises(PublishError, match=said):
        check_recorded(folder)


def test_versions_that_are_not_announced_are_refused(built: Path, tmp_path: Path) -> None:
    folder = built / "mentalalign-70k"
    edit(folder / MARKER, r'"version": "1\.1\.0"', '"version": "1.1.7"')
    assert check_recorded(folder), "a patch version holds the same values"
    edit(folder / MARKER, r'"version": "1\.1\.7"', '"version": "1.2.0"')
    with pytest.raises(PublishError, match=r"1\.2 has no recorded fingerprints"):
        check_recorded(folder)
    own = tmp_path / "record.json"
    record(folder, own)
    assert check_recorded(folder, own)
    with pytest.raises(PublishError, match="a record is never replaced"):
        record(folder, own)
    assert not check_recorded(built / "mentalbench-100k", own)
    edit(folder / MARKER, r'"mentalalign-70k"', '"other"')
    with pytest.raises(PublishError, match="does not name a dataset"):
        check_recorded(folder)
    with pytest.raises(PublishError, match="is not a build"):
        check_recorded(built)


@pytest.mark.needs("mlcroissant")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DATASETS)
def test_croissant_says_what_is_there(fresh: Path, name: str) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(str(fresh / name / CROISSANT))
    assert not dataset.metadata.ctx.issues.errors
    # The only thing left out: no date is made up.
    (warning,) = dataset.metadata.ctx.issues.warnings
    assert "datePublished" in str(warning)
    assert dataset.metadata.name.startswith("SYNTHETIC SAMPLE")
    spec = DATASETS[name]
    assert [r.id for r in dataset.metadata.record_sets] == list(spec.configs)
    for config in spec.configs:
        table = pq.read_table(fresh / name / data_file(spec, config))
        records = iter(dataset.records(config))
        for row in table.slice(0, 5).to_pylist():
            found = next(records)
            for column, value in row.items():
                read = found[f"{config}/{column}"]
                if value is None:
                    assert read is None or read != read
                else:
                    assert read == (value.encode() if isinstance(value, str) else value)
