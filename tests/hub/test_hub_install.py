"""The names that users type, in fresh processes, in an empty folder, offline and online."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hub_process import closed_port, empty_hub, environment, mentalbench, python

from mentalbench_hf.hub.install import METRIC_VERSIONS

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

LABEL = "SYNTHETIC SAMPLE"
LEVELS = ("system", "response")
#: What users type, and nothing else; the doctest is the example of the metric's own help.
NAMES = """
import sys
from datasets import load_dataset
import evaluate
assert "mentalbench_hf" not in sys.modules
bench = load_dataset("mentalbench-100k")
align = load_dataset("mentalalign-70k")
assert "mentalbench_hf" not in sys.modules
icc = evaluate.load("mentalalign_icc")
nan = float("nan")
computed = icc.compute(
    predictions=[5, 4, 2, 1, 3, nan, 2], references=[4, 4, 2, 1, 2, 5, nan],
    clusters=["a", "a", "b", "b", "c", "c", "d"], n_resamples=200, seed=3,
)
import doctest
test = doctest.DocTestParser().get_doctest(icc.inputs_description, {}, "example", None, 0)
runner = doctest.DocTestRunner()
runner.run(test)
result = {
    "bench": {k: v.num_rows for k, v in bench.items()},
    "columns": bench["test"].column_names,
    "align": {k: v.num_rows for k, v in align.items()},
    "first": align["test"][0],
    "description": align["test"].info.description,
    "computed": computed,
    "doctest": [runner.failures, runner.tries],
}
"""


def check_demo(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.startswith(LABEL)
    assert f"{LABEL}: reliability" in done.stdout
    assert f"{LABEL}: Audit" in done.stdout
    report = folder / "report"
    tables = [f"reliability_{x}.{form}" for x in LEVELS for form in ("csv", "json", "md")]
    assert sorted(p.name for p in report.iterdir()) == sorted(["audit.json", "audit.md", *tables])
    for path in report.iterdir():
        assert LABEL in path.read_text(encoding="utf-8"), path.name
    for name in ("mentalbench-100k", "mentalalign-70k"):
        assert LABEL in (folder / f"{name}-sample" / "README.md").read_text(encoding="utf-8")
    for level in LEVELS:
        rows = json.loads((report / f"reliability_{level}.json").read_text(encoding="utf-8"))
        assert len(rows) == 4 * 9
        assert {r["level"] for r in rows} == {level}


def check_names(found: dict[str, Any]) -> None:
    assert found["bench"] == {"test": 24}
    assert found["columns"][:3] == ["conversation_id", "context", "sample-human"]
    assert found["align"] == {"test": 24 * 10 * 35}
    assert list(found["first"]) == [
        "conversation_id", "system", "rater", "attribute", "axis", "rating", "status",
        "expert", "block",
    ]  # fmt: skip
    assert found["description"].startswith(LABEL)
    computed = found["computed"]
    assert list(computed) == [
        "icc_c1", "icc_c1_low", "icc_c1_high", "icc_a1", "icc_a1_low", "icc_a1_high",
        "bias", "bias_low", "bias_high", "mse", "n_targets", "n_missing", "n_degenerate", "verdict",
        "verdict_reason",
    ]  # fmt: skip
    assert (computed["n_targets"], computed["n_missing"]) == (5, 2)
    assert computed["bias"] == pytest.approx(0.4)
    assert computed["mse"] == pytest.approx(0.4)
    assert found["doctest"] == [0, 4]


@pytest.mark.slow
def test_the_demo_installs_names_that_resolve_in_fresh_processes(tmp_path: Path) -> None:
    home, empty = tmp_path / "home", tmp_path / "empty"
    home.mkdir()
    empty.mkdir()
    done = mentalbench(["demo", "--out", "shown"], tmp_path, environment(home))
    check_demo(done, tmp_path / "shown")
    # Without a network.
    check_names(python(NAMES, empty, environment(home)))
    # With a Hub that does not have them.
    with empty_hub() as (address, asked):
        env = environment(home, HF_HUB_OFFLINE="0", HF_ENDPOINT=address)
        check_names(python(NAMES, empty, env))
    for name in ("mentalbench-100k", "mentalalign-70k", "mentalalign_icc"):
        assert [path for path in asked if name in path], f"the Hub was never asked for {name}"
    assert list(empty.iterdir()) == []


def test_without_an_installation_the_names_do_not_resolve(tmp_path: Path) -> None:
    code = """
from datasets import load_dataset
try:
    load_dataset("mentalalign-70k")
    result = "loaded"
except (ConnectionError, FileNotFoundError) as error:
    result = type(error).__name__
"""
    assert python(code, tmp_path, environment(tmp_path)) != "loaded"


@pytest.mark.parametrize("arguments", [["install"], ["reliability"], ["audit"], ["reproduce"]])
def test_without_a_network_the_default_source_says_what_to_do(
    tmp_path: Path, arguments: list[str]
) -> None:
    env = environment(tmp_path, MENTALBENCH_BASE_URL=f"http://127.0.0.1:{closed_port()}")
    done = mentalbench(arguments, tmp_path, env)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("error: ")
    for advice in ("--source DIR", "--source sample", "MENTALBENCH_BASE_URL"):
        assert advice in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.upstream
def test_another_installation_replaces_the_first(upstream: Path, tmp_path: Path) -> None:
    env = environment(tmp_path / "home")
    code = f"""
from pathlib import Path
import datasets
from mentalbench_hf.hub.install import install
from mentalbench_hf.sources import open_source
result = []
for source in ("sample", Path({str(upstream)!r})):
    made = {{i.call: [i.rows, i.note] for i in install(open_source(source))}}
    kept = sorted(p.name for p in Path(datasets.config.HF_DATASETS_CACHE).iterdir() if p.is_dir())
    result.append([made, kept])
"""
    (first, both), (second, one) = python(code, tmp_path, env)
    bench, align = ('load_dataset("mentalbench-100k")', 'load_dataset("mentalalign-70k")')
    metrics = {f'evaluate.load("{m}")': [None, ""] for m in METRIC_VERSIONS}
    assert first == {bench: [24, ""], align: [24 * 350, ""], **metrics}
    assert both == ["mentalalign-70k", "mentalbench-100k"]
    # The sample's conversations do not belong to these ratings: they are gone.
    assert second[align] == [350_000, "replaces the SYNTHETIC SAMPLE"]
    assert second[bench][0] is None
    assert second[bench][1].startswith("not installed: local folder does not hold MentalBench")
    assert one == ["mentalalign-70k"]
    code = """
from datasets import load_dataset
loaded = load_dataset("mentalalign-70k")["test"]
result = [loaded.num_rows, "SYNTHETIC" in loaded.info.description, loaded[0]["rater"]]
try:
    load_dataset("mentalbench-100k")
except (ConnectionError, FileNotFoundError) as error:
    result.append(type(error).__name__)
"""
    rows, synthetic, rater, *failed = python(code, tmp_path, env)
    assert (rows, synthetic, rater, len(failed)) == (350_000, False, "human", 1)
