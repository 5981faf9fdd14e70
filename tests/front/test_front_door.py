"""``import mentalbench_hf as mb``: every name resolves, and does what the command line does."""

from __future__ import annotations

import html
import inspect
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import mentalbench_hf as mb
from mentalbench_hf.choices import Level
from mentalbench_hf.cli import app
from mentalbench_hf.cli.ratings_options import OwnRatings
from mentalbench_hf.errors import DataError, MentalBenchWarning, PublishError, StatisticsError
from tests.reliability.made_ratings import study, with_experts


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
        (
            lambda r: mb.compare(r, threshold=0.5, names="Safety", n_resamples=300),
            ["compare", "--threshold", "0.5", "--name", "Safety", "--n-resamples", "300"],
        ),
        (
            lambda r: mb.reliability(r, protocol="response", by="expert", n_resamples=300),
            ["reliability", "--level", "response", "--by", "expert", "--n-resamples", "300"],
        ),
        (
            lambda r: mb.statistics(r, names="Safety", n_resamples=100),
            ["statistics", "--name", "Safety", "--n-resamples", "100"],
        ),
        (
            lambda r: mb.statistics(
                r, judges="sample-judge-2", panel=True, statistic="icc_c1", n_resamples=100
            ),
            [
                "statistics",
                "--panel",
                "--judge",
                "sample-judge-2",
                "--statistic",
                "icc_c1",
                "--n-resamples",
                "100",
            ],
        ),
        (lambda r: mb.calibrate(r, names="CSS"), ["calibrate", "--name", "CSS"]),
        (
            lambda r: mb.leaderboard(r, n_resamples=100),
            ["leaderboard", "--n-resamples", "100"],
        ),
        (
            lambda r: mb.leaderboard(r, name="Safety", pairs=True, n_resamples=100),
            ["leaderboard", "--name", "Safety", "--pairs", "--n-resamples", "100"],
        ),
        (lambda r: mb.audit("sample"), ["audit"]),
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
    assert made.text("json") == shown.stdout
    assert len(made.to_frame()) == len(made)


@pytest.mark.parametrize("level", ["system", "response"])
def test_the_ceiling_is_that_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, level: Level
) -> None:
    made = with_experts(study(2, n_conversations=40), "AB")
    monkeypatch.setattr(OwnRatings, "ratings", lambda *_: made)
    shown = CliRunner().invoke(
        app, ["ceiling", "--level", level, "--n-resamples", "50", "--format", "json"]
    )
    assert shown.exit_code == 0, shown.output
    found = mb.ceiling(made, level=level, n_resamples=50)
    assert found.record() == json.loads(shown.stdout)
    assert found.experts[0].expert in found._repr_html_()
    assert bool(found.judges) is (level == "system")


def test_the_names_are_those_of_the_command_line(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["status", "--format", "json"])
    assert mb.status().records() == json.loads(shown.stdout)
    mb.uninstall("mentalalign-70k")  # an example may have installed it in this process
    assert mb.uninstall("mentalalign-70k") == ["mentalalign-70k: nothing to remove"]


@pytest.mark.parametrize("form", ["table", "md"])
def test_a_notebook_is_told_what_the_command_line_tells(ratings: object, form: str) -> None:
    result = mb.calibrate(ratings, names="CSS")
    shown = CliRunner().invoke(
        app, ["calibrate", "--source", "sample", "--name", "CSS", "--format", form]
    )
    said = " ".join(shown.stdout.split())
    assert result.reading
    for text in result.reading:
        assert text in said
        assert html.escape(text) in result._repr_html_()


def test_the_reason_for_no_verdict_stands_in_its_place() -> None:
    few = mb.read_ratings(
        pd.DataFrame({"target": [1, 2, 3], "expert": [1, 4, 5], "judge": [2, 4, 4]}),
        "expert",
        rater_columns=["judge"],
    )
    for table in (
        mb.reliability(few, protocol="response", n_resamples=50),
        mb.statistics(few, level="response", statistic="icc_a1", n_resamples=50),
    ):
        assert "n/a (3 conversations)" in table._repr_html_()
        assert "n/a (3 conversations)" in table.text("md")


def test_what_is_assumed_of_own_ratings_is_a_warning(tmp_path: Path) -> None:
    frame = pd.DataFrame({"target": [1, 2, 3], "expert": [1, 4, 5], "judge": [2, 4, 4]})
    with pytest.warns(MentalBenchWarning, match="raters: expert, judge"):
        mb.read_ratings(frame, "expert")
    with pytest.raises(DataError, match="a frame has no configurations"):
        mb.read_ratings(frame, "expert", split="test")


def test_own_ratings_from_python_take_the_options_of_the_command_line(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "reply": range(40),
            "words": [1, 2, 3, 4] * 10,
            "expert": [1, 2, 3, 4] * 10,
            "judge": [1, 2, 4, 3] * 10,
        }
    )
    frame.to_csv(tmp_path / "own.csv", index=False)
    own = mb.read_ratings(
        tmp_path / "own.csv", "expert", target="reply", rater_columns=["judge"], scale=(1, 5)
    )
    shown = CliRunner().invoke(
        app,
        ["statistics", str(tmp_path / "own.csv"), "--reference", "expert", "--target", "reply",
         "--rater-columns", "judge", "--scale", "1-5", "--level", "response",
         "--n-resamples", "50", "--format", "json"],
    )  # fmt: skip
    assert shown.exit_code == 0, shown.output
    assert mb.statistics(own, level="response", n_resamples=50).records() == json.loads(
        shown.stdout
    )


def test_a_new_system_has_ratings_of_what_is_asked(ratings: object, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("attribute,rating\nSafety,5\n")
    with pytest.raises(DataError, match=r"new\.csv rates none of CSS"):
        mb.new_system(ratings, "sample-judge-4", file, names="CSS")


def test_the_heatmap_shows_the_icc_that_the_verdict_looks_at(ratings: object) -> None:
    """The published rule looks at ICC(C,1) at the level of responses too."""
    table = mb.reliability(
        ratings, protocol="response", rule="published", names="Safety", n_resamples=50
    )
    (image,) = table.plot().images
    assert image.get_array()[0].tolist() == [row.icc_c1 for row in table]


def test_the_smallest_study_is_among_those_planned(ratings: object) -> None:
    studies = mb.plan(ratings, "sample-judge-2", "Safety")
    least = mb.smallest_study(studies, width=0.1)
    assert least in studies
    assert mb.smallest_study(studies, low=0.999) is None


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
    frame = frame.rename(columns={"judge": "<b>j</b>"})
    own = mb.read_ratings(frame, "expert", rater_columns=["<b>j</b>"])
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
