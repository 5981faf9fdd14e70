"""``import mentalbench_hf as mb``: every name resolves, and does what the command line does."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import mentalbench_hf as mb
from mentalbench_hf.cli import app
from mentalbench_hf.errors import DataError, PublishError, StatisticsError


@pytest.fixture(scope="module")
def ratings() -> object:
    return mb.load_ratings("sample")


@pytest.mark.parametrize("name", mb.__all__)
def test_every_name_resolves_and_is_documented(name: str) -> None:
    found = getattr(mb, name)
    if callable(found):
        assert inspect.getdoc(found)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'judgement'"):
        mb.judgement  # noqa: B018


def test_dir_lists_the_front_door() -> None:
    assert dir(mb) == sorted(mb.__all__)


@pytest.mark.parametrize("name", ["reliability", "report"])
def test_rooms_of_a_job_s_name_are_called(name: str) -> None:
    room = getattr(mb, name)
    assert room.__name__ == f"mentalbench_hf.{name}"
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        room(nonsense=1)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        (lambda r: mb.reliability(r, n_resamples=300), ["reliability", "--n-resamples", "300"]),
        (
            lambda r: mb.reliability(r, protocol="response", n_resamples=300, seed=4),
            ["reliability", "--level", "response", "--n-resamples", "300", "--seed", "4"],
        ),
        (
            lambda r: mb.compare(r, jury="mean", names="Safety", n_resamples=300),
            ["compare", "--jury", "mean", "--name", "Safety", "--n-resamples", "300"],
        ),
        (lambda r: mb.calibrate(r, names="CSS"), ["calibrate", "--name", "CSS"]),
        (
            lambda r: mb.plan(r, "sample-judge-2", "Safety"),
            ["plan", "--judge", "sample-judge-2", "--name", "Safety"],
        ),
    ],
)
def test_the_numbers_are_those_of_the_command_line(
    ratings: object, call: object, arguments: list[str]
) -> None:
    shown = CliRunner().invoke(app, [*arguments, "--source", "sample", "--format", "json"])
    assert shown.exit_code == 0, shown.output
    made = call(ratings)  # type: ignore[operator]
    assert made.records() == json.loads(shown.stdout)


def test_a_result_is_a_sequence_of_typed_rows_that_shows_itself(ratings: object) -> None:
    table = mb.reliability(ratings, names="Safety", n_resamples=200)
    assert [row.judge for row in table] == [f"sample-judge-{k}" for k in (1, 2, 3, 4)]
    assert table[0].attribute == "Safety"
    assert len(table[:1]) == 1
    frame = table.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.attrs["synthetic"] is True
    assert list(frame["icc_c1"]) == [row.icc_c1 for row in table]
    shown = table._repr_html_()
    assert "SYNTHETIC SAMPLE" in shown
    assert "sample-judge-2" in shown
    assert "SYNTHETIC SAMPLE" in repr(table)


def test_text_in_a_result_is_never_html() -> None:
    frame = pd.DataFrame(
        {"target": range(40), "expert": [1, 2, 3, 4] * 10, "judge": [1, 2, 4, 3] * 10}
    )
    own = mb.read_ratings(frame.rename(columns={"judge": "<b>j</b>"}), "expert")
    shown = mb.statistics(own, level="response", statistic="bias", n_resamples=100)._repr_html_()
    assert "<b>j</b>" not in shown
    assert "&lt;b&gt;j&lt;/b&gt;" in shown


def test_a_result_draws_on_the_axes_it_is_given(ratings: object) -> None:
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    assert mb.reliability(ratings, n_resamples=100).plot(ax) is ax
    assert mb.unsafe_cards(ratings, n_resamples=100).plot() is not ax


def test_a_result_without_a_figure_says_so(ratings: object) -> None:
    with pytest.raises(StatisticsError, match="no figure for judge_pairs; use to_frame"):
        mb.compare(ratings, names="Safety", n_resamples=100).plot()


def test_a_result_saves_itself(ratings: object, tmp_path: Path) -> None:
    written = mb.reliability(ratings, names="Safety", n_resamples=100).save(tmp_path / "deep" / "r")
    assert {path.suffix for path in written} == {".json", ".csv", ".md", ".png"}
    assert all(path.stat().st_size for path in written)
    assert "SYNTHETIC SAMPLE" in (tmp_path / "deep" / "r" / "reliability_system.md").read_text()


def test_the_published_protocol_takes_ratings_read_as_published_only(ratings: object) -> None:
    with pytest.raises(StatisticsError, match="published protocol reads"):
        mb.reliability(ratings, protocol="published")
    with pytest.raises(StatisticsError, match="received released"):
        mb.reliability(mb.load_ratings("sample", data="published"))
    with pytest.raises(DataError, match="unknown data 'clean'"):
        mb.load_ratings("sample", data="clean")


def test_the_report_is_one_call(tmp_path: Path) -> None:
    steps: list[str] = []
    page = mb.report("sample", tmp_path / "report", n_resamples=50, progress=steps.append)
    assert page.name == "report.html"
    assert "SYNTHETIC SAMPLE" in page.read_text(encoding="utf-8")
    assert "bias" in steps


def test_the_sample_is_not_published_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PublishError, match="invented texts and ratings"):
        mb.publish("datasets", "ns", "sample")
    with pytest.raises(PublishError, match="mentalbench-100k: not among metrics"):
        mb.publish("metrics", "ns", "sample", only=["mentalbench-100k"])


def test_the_sample_has_no_published_tables() -> None:
    with pytest.raises(DataError, match="released ratings only"):
        mb.reproduce("sample")


def test_responses_are_a_frame_that_knows_its_source() -> None:
    frame = mb.load_responses("sample")
    assert frame.attrs["synthetic"] is True
    assert {"conversation_id", "system", "response", "status"} <= set(frame.columns)
