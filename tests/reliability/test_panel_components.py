"""Variance components of a panel: against lme4, a dense solution, and the full crossed table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.analytic import analytic_intervals
from mentalbench_hf.reliability.core.decision_study import error_variance, planned_interval
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.core.variance_components import henderson
from mentalbench_hf.reliability.panel.components import panel_components
from mentalbench_hf.reliability.panel.plan import d_study
from mentalbench_hf.reliability.panel.ratings import PanelRatings, panel_ratings
from mentalbench_hf.reliability.trust.planner import cheapest
from mentalbench_hf.reliability.trust.variance_components import variance_components
from tests.reliability.made_ratings import study

FOLDER = Path(__file__).parent / "reference" / "panel"
CROSSED = [
    ("conversation",), ("system",), ("rater",),
    ("conversation", "system"), ("conversation", "rater"), ("system", "rater"),
]  # fmt: skip


def made(name: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rows = np.genfromtxt(FOLDER / f"{name}.csv", delimiter=",", skip_header=1)
    facets = ("conversation", "system", "rater")
    return rows[:, 3], {f: rows[:, i].astype(int) for i, f in enumerate(facets)}


def panel_of(name: str) -> PanelRatings:
    y, facets = made(name)
    x = np.full((300, 4), np.nan)
    x[facets["conversation"] * 5 + facets["system"], facets["rater"]] = y
    return PanelRatings(
        "Empathy", tuple("ABCD"), (), x, np.empty((300, 0)), np.repeat(np.arange(60), 5),
        np.tile(np.arange(5), 60), tuple("vwxyz"), (1.0, 5.0),
    )  # fmt: skip


def lme4(name: str, model: str) -> dict[str, float]:
    with (FOLDER / "components_reference.csv").open(newline="") as file:
        return {
            row["source"]: float(row["variance"])
            for row in csv.DictReader(file)
            if (row["data"], row["model"]) == (name, model)
        }


def test_equals_lme4_on_a_complete_table() -> None:
    y, facets = made("components_whole")
    found = henderson(y, facets, CROSSED, facets["conversation"], n_resamples=0)
    names = [":".join(s) for s in CROSSED] + ["Residual"]
    reference = lme4("components_whole", "crossed")
    np.testing.assert_allclose(found.variances, [reference[n] for n in names], atol=2e-5)


def test_near_lme4_with_a_fifth_of_the_ratings_missing() -> None:
    rows = panel_components(panel_of("components_gaps"), n_resamples=300)
    reference = lme4("components_gaps", "crossed")
    for row in rows:
        name = "Residual" if row.source == "residual" else row.source.replace(" × ", ":")
        assert row.low < reference[name] < row.high
        assert row.variance == pytest.approx(reference[name], abs=0.04)
    assert sum(r.share for r in rows) == pytest.approx(1)


def test_equals_the_expectations_written_out_with_dense_matrices() -> None:
    y, facets = made("components_gaps")
    y, facets = y[:300], {f: c[:300] for f, c in facets.items()}
    found = henderson(y, facets, CROSSED, facets["conversation"], n_resamples=0)
    z = []
    for source in CROSSED:
        level = np.unique([facets[f] for f in source], axis=1, return_inverse=True)[1].ravel()
        z.append(np.eye(level.max() + 1)[level])
    n = len(y)
    project = [d @ np.linalg.inv(d.T @ d) @ d.T - 1 / n for d in z] + [np.eye(n) - 1 / n]
    left = [[np.trace(p @ d @ d.T) for d in [*z, np.eye(n)]] for p in project]
    expected = np.linalg.solve(left, [y @ p @ y for p in project])
    np.testing.assert_allclose(found.variances, expected, atol=1e-10)


def test_a_replicate_is_the_estimate_of_the_drawn_clusters_as_new_ones() -> None:
    from mentalbench_hf.reliability.core.bootstrap import draw_weights

    y, facets = made("components_gaps")
    found = henderson(y, facets, CROSSED, facets["conversation"], n_resamples=3, seed=5)
    for b, weights in enumerate(draw_weights(60, 0, 3, 5)):
        rows, new = [], []
        for c in np.repeat(np.arange(60), weights.astype(int)):
            own = np.flatnonzero(facets["conversation"] == c)
            rows.append(own)
            new.append(np.full(len(own), len(rows) - 1))
        at = np.concatenate(rows)
        again = {f: v[at] for f, v in facets.items()} | {"conversation": np.concatenate(new)}
        one = henderson(y[at], again, CROSSED, again["conversation"], n_resamples=0)
        np.testing.assert_allclose(found.replicates[b], one.variances, atol=1e-9)


def test_two_raters_give_the_components_of_reference_and_judge() -> None:
    targets = study(3)
    crossed = variance_components(targets, "judge-a", "Warmth", n_resamples=50)
    panel = panel_ratings(targets, ["expert", "judge-a"], [], "Warmth")
    rows = {r.source: r for r in panel_components(panel, n_resamples=50)}
    for component in crossed.components:
        row = rows[component.source]
        assert row.variance == pytest.approx(component.variance, abs=1e-9)
        assert row.low == pytest.approx(component.low, abs=1e-9)


def test_one_rating_per_item_refuses_the_split() -> None:
    panel = panel_of("components_whole")
    x = panel.of_experts.copy()
    x[np.arange(300)[:, None] % 4 != np.arange(4)] = np.nan
    nested = PanelRatings(
        "Empathy", panel.experts, (), x, panel.of_judges, panel.clusters, panel.systems,
        panel.system_names, panel.scale,
    )  # fmt: skip
    with pytest.raises(StatisticsError, match="severity and the level of the items"):
        panel_components(nested)
    with pytest.raises(StatisticsError, match="two or more"):
        panel_components(panel, ["A"])


def test_groups_of_raters_without_a_link_are_said() -> None:
    panel = panel_of("components_whole")
    panel.of_experts[:150, 2:] = np.nan
    panel.of_experts[150:, :2] = np.nan
    assert "2 groups" in panel_components(panel, n_resamples=0)[0].note


def test_prompts_and_runs_of_judges_are_facets_of_their_own() -> None:
    rng = np.random.default_rng(2)
    judge, prompt, run = (a.ravel() for a in np.indices((6, 5, 2)))
    n = 400
    y = (
        rng.normal(0, 1.0, (n, 1))
        + rng.normal(0, 0.6, 6)[judge]
        + rng.normal(0, 0.5, 5)[prompt]
        + rng.normal(0, 0.5, (n, 6))[:, judge]
        + rng.normal(0, 0.7, (n, 60))
    )
    names = [f"{j}-{p}-{r}" for j, p, r in zip(judge, prompt, run, strict=True)]
    panel = PanelRatings(
        "Empathy", ("A",), tuple(names), np.ones((n, 1)), y, np.arange(n),
        np.zeros(n, dtype=np.int64), ("all",), (1.0, 5.0),
    )  # fmt: skip
    levels = {x: dict(zip(("judge", "prompt", "run"), x.split("-"), strict=True)) for x in names}
    rows = {r.source: r for r in panel_components(panel, names, facets=levels, n_resamples=100)}
    assert list(rows) == [
        "item", "judge", "prompt", "judge × prompt", "run",
        "item × judge", "item × prompt", "item × judge × prompt", "residual",
    ]  # fmt: skip
    assert rows["item × judge"].variance == pytest.approx(0.25, abs=0.03)
    assert rows["residual"].variance == pytest.approx(0.49, abs=0.03)
    assert rows["run"].variance == pytest.approx(0, abs=0.01)


@pytest.mark.needs("pingouin")
def test_expected_reliability_and_interval_are_those_of_the_mean_squares() -> None:
    """At the observed size the plan gives the point and interval that the data give."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (40, 1)) + np.array([0, 0.5, -0.3, 0.1]) + rng.normal(0, 0.8, (40, 4))
    panel = PanelRatings(
        "Empathy", tuple("ABCD"), (), x, np.empty((40, 0)), np.arange(40),
        np.zeros(40, dtype=np.int64), ("all",), (1.0, 5.0),
    )  # fmt: skip
    components = {r.source: r.variance for r in panel_components(panel, n_resamples=0)}
    given = analytic_intervals(x)
    for absolute, variant in ((True, "ICC(A,k)"), (False, "ICC(C,k)")):
        (row,) = d_study(components, [4], [40], absolute=absolute)
        assert row.icc_variant == variant
        assert row.reliability == pytest.approx(icc(x, variant=variant))
        assert (row.low, row.high) == pytest.approx((given[variant].low, given[variant].high))


def test_more_raters_and_items_cost_more_and_say_more() -> None:
    components = {"item": 1.0, "rater": 0.2, "residual": 0.8}
    rows = d_study(components)
    one, two = (next(r for r in rows if r.n_raters == k) for k in (1, 2))
    assert one.reliability == pytest.approx(0.5)
    assert one.standard_error == pytest.approx(1)
    assert np.isnan(one.low)
    assert two.reliability == pytest.approx(2 / 3)
    found = cheapest(rows, low=0.6)
    assert found is not None
    assert found.low >= 0.6
    assert not any(r.low >= 0.6 for r in rows if r.n_human_ratings < found.n_human_ratings)
    with pytest.raises(StatisticsError, match="n_raters"):
        d_study(components, [0])
    with pytest.raises(StatisticsError, match="two systems"):
        d_study(components, level="system")


def test_the_mean_of_a_system_errs_as_simulated() -> None:
    components = {
        "conversation": 0.3, "system": 0.5, "conversation × system": 0.2, "rater": 0.1,
        "conversation × rater": 0.05, "system × rater": 0.02, "residual": 0.6,
    }  # fmt: skip
    c, s, r, many = 10, 4, 3, 4000
    rng = np.random.default_rng(1)

    def draw(name: str, *shape: int) -> np.ndarray:
        return rng.normal(0, np.sqrt(components[name]), (many, *shape))

    y = (
        draw("conversation", c, 1, 1) + draw("conversation × system", c, s, 1)
        + draw("rater", 1, 1, r) + draw("conversation × rater", c, 1, r)
        + draw("system × rater", 1, s, r) + draw("residual", c, s, r)
    )  # fmt: skip
    error = y.mean(axis=(1, 3))
    found = error_variance(components, r, c, "system")
    assert found.targets == 0.5
    assert found.shift + found.relative == pytest.approx(error.var(), rel=0.03)
    assert found.relative == pytest.approx(error.var(axis=1, ddof=1).mean(), rel=0.03)
    response = error_variance(components, r, c, "response")
    assert response.targets == pytest.approx(1.0)
    assert response.shift == pytest.approx(0.1 / 3)
    assert planned_interval(response, 1, 100, 0.95, absolute=True) == pytest.approx(
        (float("nan"),) * 2, nan_ok=True
    )
