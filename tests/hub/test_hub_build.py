"""Built folders: they load with the stock library, and their cards say what is in them."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
import yaml
from hub_process import environment, python

from mentalbench_hf.data.mentalalign import MentalAlign
from mentalbench_hf.data.mentalbench import MentalBench
from mentalbench_hf.errors import DataError, PublishError
from mentalbench_hf.hub.build import MARKER, build
from mentalbench_hf.hub.card import data_file, fill, select, template
from mentalbench_hf.hub.reading import TableShape, read_dataset
from mentalbench_hf.schema import DATASETS, SAMPLE, Status
from mentalbench_hf.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

#: What the module builds once is built by one worker.
pytestmark = pytest.mark.xdist_group("hub build")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds both datasets, built from the sample."""
    out = tmp_path_factory.mktemp("built")
    for name in DATASETS:
        made = build(name, open_source("sample"), out / f"{name}-sample")
        assert made.folder == (out / f"{name}-sample").resolve()
        files = [f for f in made.folder.rglob("*") if f.is_file()]
        assert made.n_bytes == sum(f.stat().st_size for f in files)
    return out


def card_of(folder: Path) -> tuple[dict[str, Any], str]:
    text = (folder / "README.md").read_text(encoding="utf-8")
    start, header, body = text.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(header), body


def markdown_rows(body: str, heading: str) -> list[list[str]]:
    """The rows of the first Markdown table whose header starts with a cell."""
    lines = body[body.index(f"| {heading} |") :].splitlines()
    table = [line for line in lines[: lines.index("")] if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def test_every_configuration_loads_with_the_stock_library(built: Path, tmp_path: Path) -> None:
    wanted = [(name, config) for name, spec in DATASETS.items() for config in spec.configs]
    code = f"""
from datasets import get_dataset_config_names, load_dataset
result = {{}}
for name, config in {wanted!r}:
    loaded = load_dataset(f"./{{name}}-sample", config)
    (split,) = loaded
    first = next(iter(load_dataset(f"./{{name}}-sample", config, split=split, streaming=True)))
    result[f"{{name}}/{{config}}"] = [
        split, len(loaded[split]), loaded[split].column_names, first == loaded[split][0]
    ]
    result[name] = get_dataset_config_names(f"./{{name}}-sample")
result["bare"] = len(load_dataset("./mentalalign-70k-sample")["test"])
"""
    loaded = python(code, built, environment(tmp_path))
    for name, spec in DATASETS.items():
        dataset = read_dataset(name, open_source("sample"))
        assert sorted(loaded[name]) == sorted(spec.configs)
        for config in spec.configs:
            table = dataset.table(config)
            assert loaded[f"{name}/{config}"] == ["test", len(table), table.column_names, True]
    assert loaded["bare"] == 24 * 10 * 5 * 7


@pytest.mark.parametrize("name", DATASETS)
def test_the_files_hold_the_tables(built: Path, name: str) -> None:
    dataset = read_dataset(name, open_source("sample"))
    files = set()
    for config in dataset.spec.configs:
        path = data_file(dataset.spec, config)
        files.add(path)
        assert pq.read_table(built / f"{name}-sample" / path).equals(dataset.table(config))
    data = {
        p.relative_to(built / f"{name}-sample").as_posix()
        for p in (built / f"{name}-sample").rglob("*.parquet")
    }
    assert data == files


@pytest.mark.parametrize("name", DATASETS)
def test_the_card_lists_what_is_there(built: Path, name: str) -> None:
    metadata, body = card_of(built / f"{name}-sample")
    spec = DATASETS[name]
    assert [c["config_name"] for c in metadata["configs"]] == list(spec.configs)
    assert [c["config_name"] for c in metadata["configs"] if c.get("default")] == ["default"]
    rows = {}
    for config in metadata["configs"]:
        ((split, path),) = [(f["split"], f["path"]) for f in config["data_files"]]
        assert split == "test"
        rows[config["config_name"]] = pq.read_metadata(built / f"{name}-sample" / path)
    shown = {r[0].strip("`"): (r[1], r[2]) for r in markdown_rows(body, "configuration")}
    assert shown == {config: (f"{m.num_rows:,}", str(m.num_columns)) for config, m in rows.items()}
    assert metadata["license"] == "mit"
    assert metadata["version"] == spec.version
    record = json.loads((built / f"{name}-sample" / MARKER).read_text(encoding="utf-8"))
    assert record["rows"] == {config: m.num_rows for config, m in rows.items()}
    most = max(record["rows"].values())
    bounds = {"n<1K": (0, 999), "1K<n<10K": (1_000, 9_999), "10K<n<100K": (10_000, 99_999)}
    low, high = bounds[metadata["size_categories"][0]]
    assert low <= most <= high
    assert "<!--" not in body
    assert "is another benchmark" in " ".join(body.split())


def test_the_counts_of_the_rating_card_are_those_of_the_data(built: Path) -> None:
    _, body = card_of(built / "mentalalign-70k-sample")
    data = built / "mentalalign-70k-sample/data"
    ratings = pq.read_table(data / "ratings/test-00000-of-00001.parquet")
    counts = Counter(zip(ratings["rater"].to_pylist(), ratings["status"].to_pylist(), strict=True))
    rows = markdown_rows(body, "status")
    assert [row[0].strip("`") for row in rows] == [str(s) for s in Status]
    for status, *numbers, _meaning in rows:
        assert numbers == [f"{counts[r, status.strip('`')]:,}" for r in SAMPLE.raters]
    record = json.loads((built / "mentalalign-70k-sample/audit.json").read_text(encoding="utf-8"))
    found = markdown_rows(body, "fault")
    assert [int(row[3]) for row in found] == [f["count"] for f in record[1:]]
    frame = ratings.to_pandas()
    own = frame[frame["rater"] == SAMPLE.raters[0]]
    means = own.groupby(["system", "attribute"])["rating"].mean()
    for row in markdown_rows(body[body.index(f"Rater `{SAMPLE.raters[0]}`") :], "system"):
        assert row[2] == f"{means[row[0], 'Guidance']:.2f}"


def test_the_counts_of_the_conversations_card_are_those_of_the_data(built: Path) -> None:
    _, body = card_of(built / "mentalbench-100k-sample")
    data = built / "mentalbench-100k-sample/data"
    table = pq.read_table(data / "responses/test-00000-of-00001.parquet")
    frame = table.to_pandas()
    for row in markdown_rows(body, "system"):
        own = frame[frame["system"] == row[0]]
        words = own["response"].dropna().str.split().str.len()
        assert row[1:4] == [
            str(len(words)),
            str(own["response"].isna().sum()),
            f"{words.mean():.1f}",
        ]
        assert (int(row[4]), int(row[8])) == (words.min(), words.max())
    assert "24 conversations, 24 different contexts" in body


def test_licence_and_provenance_travel_with_the_data(built: Path) -> None:
    for name in DATASETS:
        folder = built / f"{name}-sample"
        licence = (folder / "LICENSE").read_text(encoding="utf-8")
        assert licence.startswith("MIT License")
        assert licence.count("Copyright (c)") == 2
        record = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        assert record["dataset"] == name
        assert len(record["files"]) == (5 if name == "mentalalign-70k" else 1)
        assert all(f["verified"] and len(f["sha256"]) == 64 for f in record["files"])
        texts = [p.read_text(encoding="utf-8") for p in folder.iterdir() if p.is_file()]
        assert not [t for t in texts if str(built) in t]


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(DataError, match="is not an earlier build; give another out="):
        build("mentalalign-70k", open_source("sample"), tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    with pytest.raises(DataError, match="is a file, and results go into a folder"):
        build("mentalalign-70k", open_source("sample"), tmp_path / "mine" / "thesis.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_an_earlier_build_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    build("mentalbench-100k", open_source("sample"), out)
    before = {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    (out / "data" / "stale.parquet").write_bytes(b"old")
    (out / "LICENSE").unlink()
    build("mentalbench-100k", open_source("sample"), out)
    after = {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert after == before
    build("mentalalign-70k", open_source("sample"), out)
    assert (out / "data" / "judgments").is_dir()
    assert not (out / "data" / "default").exists()
    # Nothing half-made stays beside it.
    assert [p.name for p in out.parent.iterdir()] == ["folder"]
    assert out.stat().st_mode & 0o777 == 0o755


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (
        build("mentalbench-100k", open_source("sample"), tmp_path / "empty").rows["default"] == 24
    )


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    with pytest.raises(Exception, match=r"Human_judge\.xlsx is not in"):
        build("mentalalign-70k", open_source(tmp_path / "source"), tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["source"]


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unknown dataset 'mentalalign'; choose one of mental"):
        build("mentalalign", open_source("sample"), tmp_path / "out")
    dataset = read_dataset("mentalalign-70k", open_source("sample"))
    with pytest.raises(DataError, match=r"unknown configuration 'raw' of mentalalign-70k; choose"):
        dataset.table("raw")
    assert isinstance(dataset.data, MentalAlign)
    assert isinstance(read_dataset("mentalbench-100k", open_source("sample")).data, MentalBench)


def test_the_template_has_a_part_for_each_dataset() -> None:
    text = template()
    for name in DATASETS:
        part = select(text, name)
        blocks = re.findall(r"<!-- computed (\S+) -->", part)
        assert len(blocks) == len(set(blocks))
        assert all(block.endswith(f":{name}") for block in blocks)
    with pytest.raises(PublishError, match=r"has a block '\w+:mentalbench-100k' that nothing"):
        fill(select(text, "mentalbench-100k"), {})
    assert fill(text, {}, partial=True) == text


@pytest.mark.upstream
def test_the_committed_card_shows_the_numbers_of_the_released_sheets(upstream: Path) -> None:
    from mentalbench_hf.hub.card_numbers import card_blocks

    dataset = read_dataset("mentalalign-70k", open_source(upstream))
    tables = {c: TableShape.of(dataset.table(c)) for c in dataset.spec.configs}
    blocks = {f"{k}:mentalalign-70k": v for k, v in card_blocks(dataset, tables).items()}
    assert fill(template(), blocks, partial=True) == template()
