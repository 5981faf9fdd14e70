"""How often do the 95% intervals hold the truth? Simulated studies whose truth is known exactly.

python benchmarks/coverage.py [--studies 2000] [--seed 0] [--only experts]

The model: a reply's latent quality is its system's mean + its conversation's ease + its own
deviation. Each rater sees it with an offset, a taste for the system, a mood for the conversation
(so that errors cluster) and noise, and rounds it to 1 to 5 near the ceiling. Sums of normals are
normal, so the true joint distribution of two ratings follows from bivariate normal probabilities,
and with it the true ICC and bias, without simulation.

Response level: systems are fixed, conversations a sample. System level: conversations a sample,
and the systems are either all there is ("these systems") or a sample of systems ("any systems").

Experts: each has an offset, a noise and a taste of their own and rates conversations of their own.
The truth is the mean over all experts, and the prediction interval is held to one more expert.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import multivariate_normal, norm

from mentalbench_hf.choices import RESAMPLES
from mentalbench_hf.reliability.core.agreement import bias
from mentalbench_hf.reliability.core.analytic import analytic_intervals
from mentalbench_hf.reliability.core.bootstrap import Interval
from mentalbench_hf.reliability.core.icc import icc_of
from mentalbench_hf.reliability.core.intervals import Estimated, with_intervals
from mentalbench_hf.reliability.core.moments import Floats, from_flat
from mentalbench_hf.reliability.core.random_effects import random_effects
from mentalbench_hf.reliability.core.rating_sums import Grid, grid
from mentalbench_hf.reliability.core.replicated_sums import (
    mean_ratings,
    of_moments,
    response_cells,
    system_cells,
)
from mentalbench_hf.reliability.core.replicates import estimate_cells

STATISTICS = {
    "ICC(C,1)": lambda m: icc_of(m, "ICC(C,1)"),
    "ICC(A,1)": lambda m: icc_of(m, "ICC(A,1)"),
    "bias": bias,
}
METHODS = ("percentile", "bca")
CUTS = np.array([1.5, 2.5, 3.5, 4.5])
LEVELS = np.arange(1.0, 6)
#: Studies that are evaluated together, and so share their draws.
BATCH = 25
#: Targets of a true distribution: as many as make n / (n − 1) equal 1.
MANY = 1e12


@dataclass(frozen=True)
class Model:
    """Standard deviations and offsets of the latent ratings, in rating points."""

    mean: float = 4.3
    between_systems: float = 0.5
    ease: float = 0.3
    reply: float = 0.7
    offset: float = 0.3
    taste: float = 0.25
    mood: float = 0.3
    noise_human: float = 0.7
    noise_judge: float = 0.4
    human_offset: float = 0.0

    def covariance(self) -> Floats:
        """Covariance of the two latent ratings of a reply of a given system."""
        shared = self.ease**2 + self.reply**2
        human = shared + self.mood**2 + self.noise_human**2
        judge = shared + self.mood**2 + self.noise_judge**2
        return np.array([[human, shared], [shared, judge]])

    def systems(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw systems: the latent mean that human and judge see, shape (n, 2)."""
        quality = self.mean + self.between_systems * rng.standard_normal(n)
        seen = quality[:, None] + self.taste * rng.standard_normal((n, 2))
        return seen + np.array([0.0, self.offset])

    def ratings(self, systems: Floats, n_conversations: int, rng: np.random.Generator) -> Floats:
        """Draw a study, shape (n_conversations, n_systems, 2)."""
        shape = (n_conversations, len(systems))
        quality = self.ease * rng.standard_normal((n_conversations, 1)) + (
            self.reply * rng.standard_normal(shape)
        )
        mood = self.mood * rng.standard_normal((n_conversations, 1, 2))
        noise = rng.standard_normal((*shape, 2)) * [self.noise_human, self.noise_judge]
        offset = np.array([self.human_offset, 0.0])
        latent = systems + offset + quality[..., None] + mood + noise
        return np.searchsorted(CUTS, latent) + 1.0

    def true_means(self, systems: Floats) -> Floats:
        """Expected ratings by system, shape (n_systems, 2)."""
        spread = np.sqrt(np.diag(self.covariance()))
        return 1 + norm.sf((CUTS[:, None, None] - systems) / spread).sum(axis=0)

    def true_table(self, systems: Floats) -> Floats:
        """Probability of each pair of ratings of a reply of any of the systems, shape (5, 5)."""
        edges = np.concatenate([[-30.0], CUTS, [30.0]])
        table = np.zeros((5, 5))
        for means in systems:
            joint = multivariate_normal(means, self.covariance())
            corners = joint.cdf(np.stack(np.meshgrid(edges, edges, indexing="ij"), axis=-1))
            table += np.diff(np.diff(corners, axis=0), axis=1)
        return table / table.sum()


def truth_of_means(means: Floats) -> dict[str, float]:
    """The statistics of exactly these system means; one system is one target."""
    flat = np.concatenate([[len(means)], means.sum(axis=0), (means.T @ means).reshape(-1)])
    return {name: float(f(from_flat(flat, 2))) for name, f in STATISTICS.items()}


def truth_of_table(table: Floats) -> dict[str, float]:
    """The statistics of infinitely many replies with this joint distribution."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    product = LEVELS @ table @ LEVELS
    flat = MANY * np.array(
        [1.0, rows @ LEVELS, columns @ LEVELS, rows @ LEVELS**2, product, product,
         columns @ LEVELS**2]
    )  # fmt: skip
    return {name: float(f(from_flat(flat, 2))) for name, f in STATISTICS.items()}


def summed(ratings: Floats) -> Grid:
    """Sums of one study."""
    n_conversations, n_systems, _ = ratings.shape
    return grid(
        ratings.reshape(-1, 2),
        np.repeat(np.arange(n_conversations), n_systems),
        np.tile(np.arange(n_systems), n_conversations),
    )


def batches(n_studies: int) -> Iterator[int]:
    """Sizes of the batches."""
    for start in range(0, n_studies, BATCH):
        yield min(BATCH, n_studies - start)


class Tally:
    """Counts how often intervals hold a truth."""

    def __init__(self) -> None:
        self.low_misses = self.high_misses = self.undefined = self.n = 0
        self.widths: list[float] = []

    def add(self, found: Estimated, truth: float) -> None:
        interval = found.interval
        self.n += 1
        if np.isnan(interval.low):
            self.undefined += 1
            return
        self.low_misses += truth < interval.low
        self.high_misses += truth > interval.high
        self.widths.append(interval.high - interval.low)

    @property
    def coverage(self) -> float:
        """Share of the intervals that hold the truth; an undefined one does not."""
        return 1 - (self.low_misses + self.high_misses + self.undefined) / self.n

    def text(self) -> str:
        width = float(np.median(self.widths)) if self.widths else np.nan
        return (
            f"{self.coverage:9.1%}{self.low_misses / self.n:9.1%}{self.high_misses / self.n:9.1%}"
            f"{width:9.3f}"
        )


HEADER = f"{'held':>9}{'below':>9}{'above':>9}{'width':>9}"


def response_level(model: Model, n_studies: int, n_resamples: int, seed: int) -> None:
    """Print the coverage at the response level for several numbers of conversations."""
    rng = np.random.default_rng(seed)
    systems = model.systems(10, np.random.default_rng(1))
    table = model.true_table(systems)
    truth = truth_of_table(table)
    print("Response level: 10 fixed systems, conversations resampled")
    print(
        "true "
        + ", ".join(f"{k} {v:.4f}" for k, v in truth.items())
        + f"; human 5 in {table.sum(axis=1)[4]:.0%}, judge 5 in {table.sum(axis=0)[4]:.0%}"
    )
    print(f"{'conversations':14}{'statistic':10}{'interval':11}{HEADER}")
    for n_conversations in (50, 200, 500):
        tallies = {(s, m): Tally() for s in STATISTICS for m in METHODS}
        for number, size in enumerate(batches(n_studies)):
            studies = [summed(model.ratings(systems, n_conversations, rng)) for _ in range(size)]
            for method in METHODS:
                found = with_intervals(
                    response_cells(studies),
                    STATISTICS,
                    ci=method,
                    n_resamples=n_resamples,
                    seed=seed + number,
                )
                for name, estimates in found.items():
                    for one in estimates:
                        tallies[name, method].add(one, truth[name])
        for (name, method), tally in tallies.items():
            print(f"{n_conversations:<14}{name:10}{method:11}{tally.text()}")
    print()


def system_level(n_studies: int, n_resamples: int, seed: int) -> None:
    """Print the coverage at the system level for these systems and for any systems."""
    model, rng = Model(), np.random.default_rng(seed)
    population = truth_of_means(model.true_means(model.systems(1_000_000, rng)))
    print("System level: 200 conversations; the truth for these systems, and for any systems")
    print("true of any systems: " + ", ".join(f"{k} {v:.4f}" for k, v in population.items()))
    print(
        f"{'systems':9}{'resampled':15}{'interval':11}{'statistic':10}"
        f"{'these':>8}{'any':>8}{'width':>8}"
    )
    for n_systems in (9, 30, 100):
        tallies: dict[tuple[str, str, str], tuple[Tally, Tally]] = {}
        for number, size in enumerate(batches(n_studies)):
            drawn = [model.systems(n_systems, rng) for _ in range(size)]
            studies = [summed(model.ratings(systems, 200, rng)) for systems in drawn]
            truths = [truth_of_means(model.true_means(systems)) for systems in drawn]
            runs = [(r, m) for r in RESAMPLES for m in METHODS]
            for resample, method in runs:
                found = with_intervals(
                    system_cells(studies),
                    {name: of_moments(f) for name, f in STATISTICS.items()},
                    ci=method,
                    resample=resample,
                    n_resamples=n_resamples,
                    seed=seed + number,
                )
                for name, estimates in found.items():
                    these, any_ = tallies.setdefault((resample, method, name), (Tally(), Tally()))
                    for one, truth in zip(estimates, truths, strict=True):
                        these.add(one, truth[name])
                        any_.add(one, population[name])
            for study, truth in zip(studies, truths, strict=True):
                analytic = analytic_intervals(mean_ratings(study))
                for variant in ("ICC(C,1)", "ICC(A,1)"):
                    key = ("none", "analytic", variant)
                    these, any_ = tallies.setdefault(key, (Tally(), Tally()))
                    one = Estimated(np.nan, analytic[variant])
                    these.add(one, truth[variant])
                    any_.add(one, population[variant])
        for (resample, method, name), (these, any_) in tallies.items():
            print(
                f"{n_systems:<9}{resample:15}{method:11}{name:10}{these.coverage:8.1%}"
                f"{any_.coverage:8.1%}{float(np.median(any_.widths)):8.3f}"
            )
    print()


def an_expert(model: Model, rng: np.random.Generator) -> Model:
    """Draw an expert: stricter or milder, and noisier or steadier, than the mean one."""
    return replace(
        model,
        human_offset=0.3 * rng.standard_normal(),
        noise_human=model.noise_human * np.exp(0.35 * rng.standard_normal()),
    )


def experts_combined(n_studies: int, n_resamples: int, seed: int) -> None:
    """Print the coverage of the combined and of the prediction interval over experts."""
    model, rng = Model(), np.random.default_rng(seed)
    systems = model.systems(10, np.random.default_rng(1))

    def drawn(n_conversations: int) -> Grid:
        expert = an_expert(model, rng)
        tasted = systems + np.array([1.0, 0.0]) * 0.15 * rng.standard_normal((10, 1))
        return summed(expert.ratings(tasted, n_conversations, rng))

    def whole(g: Grid) -> Grid:
        return replace(g, sums=g.sums.sum(axis=0, keepdims=True))

    def truths(n: int) -> dict[str, Floats]:
        many = [whole(drawn(3_000)) for _ in range(n)]
        return estimate_cells(response_cells(many), STATISTICS)

    population = truths(1_500)
    print("Experts: 10 fixed systems, each expert on 100 conversations of their own")
    print(
        "over all experts: "
        + ", ".join(f"{k} {v.mean():.4f} ± {v.std():.4f}" for k, v in population.items())
    )
    print(f"{'experts':9}{'statistic':10}{'interval':12}{HEADER}")
    for k in (3, 4, 6):
        tallies = {(s, i): Tally() for s in STATISTICS for i in ("combined", "prediction")}
        others = truths(n_studies)
        for number in range(n_studies):
            found = with_intervals(
                response_cells([drawn(100) for _ in range(k)]),
                STATISTICS,
                n_resamples=n_resamples,
                seed=seed + number,
            )
            for name, estimates in found.items():
                r = random_effects(
                    [one.estimate for one in estimates],
                    [one.interval.standard_error for one in estimates],
                )
                for which, low, high, truth in (
                    ("combined", r.low, r.high, population[name].mean()),
                    ("prediction", r.prediction_low, r.prediction_high, others[name][number]),
                ):
                    one = Estimated(r.mean, Interval(low, high, n_resamples, 0))
                    tallies[name, which].add(one, float(truth))
        for (name, which), tally in tallies.items():
            print(f"{k:<9}{name:10}{which:12}{tally.text()}")
    print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2_000)
    parser.add_argument("--resamples", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["experts"], help="Leave the other tables out.")
    options = parser.parse_args()
    print(
        f"{options.studies} studies, {options.resamples} replicates each; a coverage of 95% is "
        f"measured to ± {1.96 * np.sqrt(0.95 * 0.05 / options.studies):.1%}\n"
    )
    if options.only == "experts":
        experts_combined(options.studies, options.resamples, options.seed)
        raise SystemExit
    # The second is as close to the ceiling as Safety is: nearly all replies are rated 5.
    for chosen in (Model(), Model(mean=5.4)):
        response_level(chosen, options.studies, options.resamples, options.seed)
    # Systems are few and slow to simulate; a fifth of the studies shows what there is to see.
    system_level(max(1, options.studies // 5), options.resamples, options.seed)
    experts_combined(max(1, options.studies // 2), options.resamples, options.seed)
