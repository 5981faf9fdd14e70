"""How far may a judge be trusted? It rates what the experts rated, and is compared with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.read_replies import ReadReplies
from mentalbench_hf.inference.run.item import Item
from mentalbench_hf.inference.run_ratings import average_ratings
from mentalbench_hf.schema import ATTRIBUTES, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mentalbench_hf.data.rated_replies import RatedReplies
    from mentalbench_hf.inference.certificate_by_expert import ByExpert
    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.judge import JudgeConfig
    from mentalbench_hf.inference.run.budget import Budget
    from mentalbench_hf.inference.run.calls import Limits, RunSummary
    from mentalbench_hf.inference.run.plan import Plan
    from mentalbench_hf.reliability.core.replicated_sums import Level
    from mentalbench_hf.reliability.protocol import Reliability

#: A reply that the experts rated at most this safe makes its conversation one of the rare ones.
_UNSAFE: Final = 3
_LEVELS: Final = 3
#: Conversations of each expert: the 10 that an interval needs, and two that the judge may not rate.
LEAST: Final = 12


def sample_targets(
    rated: RatedReplies, n_conversations: int | None, seed: int = 0
) -> NDArray[np.bool_]:
    """Return which targets to judge: all replies of the sampled conversations.

    Whole conversations are drawn, in proportion from strata: the expert who rated them, whether
    any of their replies was rated 3 or less on Safety, and thirds of that expert's mean ratings.
    So the rare unsafe replies are in the sample in the share they have in the data. Where the
    sample has 12 conversations for each expert, every expert gets that many (or all they rated), so
    that a verdict about another expert can be reached; in a smaller one every expert has their
    share, which may be none. A reply
    without a text or without any usable human rating is left out.

    Args:
        rated: the replies.
        n_conversations: how many to draw; None takes all.
        seed: of the draw.

    Returns:
        Mask, shape (n_targets,).

    Raises:
        RunError: a number below 2, or no usable reply.
    """
    targets, human = rated.targets, rated.human
    usable = ~np.isnan(human).all(axis=1) & np.array([bool(text) for text in rated.responses])
    if not usable.any():
        raise RunError("No human-rated reply has a text; nothing can be certified.")
    eligible = np.unique(targets.clusters[usable])
    if n_conversations is None or n_conversations >= len(eligible):
        return usable
    if n_conversations < 2:
        raise RunError(f"At least 2 conversations are needed, got {n_conversations}.")
    unsafe: NDArray[np.bool_] = np.zeros(len(eligible), dtype=bool)
    if "Safety" in targets.attributes:
        low = usable & (human[:, targets.attributes.index("Safety")] <= _UNSAFE)
        unsafe = np.isin(eligible, targets.clusters[low])
    means = np.array([np.nanmean(human[usable & (targets.clusters == c)]) for c in eligible])
    expert = np.zeros(len(eligible), dtype=np.int64)
    if targets.experts is not None:
        _, first = np.unique(targets.clusters[usable], return_index=True)
        expert = targets.experts[usable][first]
    experts, sizes = np.unique(expert, return_counts=True)
    rng, drawn = np.random.default_rng(seed), []
    for one, n in zip(experts, shares(sizes, n_conversations, LEAST), strict=True):
        own = expert == one
        third = np.searchsorted(np.quantile(means[own], [1 / _LEVELS, 2 / _LEVELS]), means[own])
        drawn.append(drawn_units(eligible[own], unsafe[own] * _LEVELS + third, int(n), rng))
    return usable & np.isin(targets.clusters, np.concatenate(drawn))


def certify_items(rated: RatedReplies, chosen: NDArray[np.bool_]) -> Iterator[Item]:
    """Yield the chosen replies; an item's number is its target's."""
    targets = rated.targets
    for number in np.flatnonzero(chosen).tolist():
        yield Item(
            number,
            str(targets.cluster_names[int(targets.clusters[number])]),
            rated.contexts[number],
            targets.system_names[int(targets.systems[number])],
            rated.responses[number],
        )


@dataclass(frozen=True, slots=True)
class Certificate:
    """A judge beside the published judges, on the same replies.

    Attributes:
        judge: the certified judge's name in the rows.
        rows: reliability per judge and attribute, at the system and then the response level.
        cards: the unsafe-reply cards, Safety first.
        n_replies: replies the judge was given.
        n_conversations: conversations they come from.
        n_unscored: replies without any rating by this judge.
        own_counterpart: the system left out for this judge, ``""`` when none.
        synthetic: the bundled sample.
        codes: how far the judge's answers carry their codes; None where nothing was asked.
        experts: whose ratings the judge is compared with: the experts' names; empty where the
            ratings do not say.
        by_expert: this judge expert by expert, with the verdict in every scope; empty where the
            ratings do not name two experts.
    """

    judge: str
    rows: tuple[Reliability, ...]
    cards: tuple[Any, ...]
    n_replies: int
    n_conversations: int
    n_unscored: int
    own_counterpart: str
    synthetic: bool
    codes: ReadReplies | None = None
    experts: tuple[str, ...] = ()
    by_expert: tuple[ByExpert, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return a dict for JSON."""
        return {
            "judge": self.judge,
            "synthetic": self.synthetic,
            "n_replies": self.n_replies,
            "n_conversations": self.n_conversations,
            "n_unscored": self.n_unscored,
            "n_answers": self.codes.answers if self.codes else 0,
            "n_unbound": self.codes.unbound if self.codes else 0,
            "own_counterpart": self.own_counterpart,
            "experts": list(self.experts),
            "unsafe_replies": [card.record() for card in self.cards],
            "reliability": [row.record() for row in self.rows],
            "by_expert": [row.record() for row in self.by_expert],
        }


def plan_certify(
    out: Path,
    rated: RatedReplies,
    config: JudgeConfig,
    *,
    n_conversations: int | None = 100,
    seed: int = 0,
    probe: bool = True,
    client: ChatClient | None = None,
) -> tuple[Plan, NDArray[np.bool_]]:
    """Return the plan of the judging run behind a certificate, and which targets it judges.

    Args:
        out: the run's folder, new or begun.
        rated: the replies, see ``read_rated_replies`` and ``own_replies``.
        config: the one judge; what is judged is added to its `source`.
        n_conversations: how many to draw, see ``sample_targets``; None takes all.
        seed: of the draw.
        probe: False to send nothing at all (for a dry run).
        client: a backend of your own, see ``judge.plan_judge``.

    Raises:
        RunError: more than one judge, no usable reply, or what ``plan_judge`` raises.
    """
    from mentalbench_hf.inference.judge import plan_judge

    if len(config.judges) != 1:
        raise RunError(f"One judge is certified at a time; {len(config.judges)} are named.")
    chosen = sample_targets(rated, n_conversations, seed)
    about = {**config.source, "conversations": n_conversations, "seed": seed}
    config = replace(config, source=about, synthetic=rated.synthetic)
    items = certify_items(rated, chosen)
    return plan_judge(out, items, config, probe=probe, client=client), chosen


def certify(
    out: Path,
    rated: RatedReplies,
    config: JudgeConfig,
    *,
    n_conversations: int | None = 100,
    seed: int = 0,
    n_resamples: int = 10_000,
    limits: Limits | None = None,
    budget: Budget | None = None,
    client: ChatClient | None = None,
) -> tuple[Certificate | None, RunSummary]:
    """Have a judge rate replies that experts rated, compare it with them, write the certificate.

    Stopped at any point, the same call goes on where it was.

    Args:
        out: the run's folder; gets the certificate too.
        rated: the replies with the experts' ratings.
        config: the judge, and how it is asked.
        n_conversations: how many to draw; None takes all.
        seed: of the draw and of the bootstrap.
        n_resamples: bootstrap replicates.
        limits: how the run is conducted.
        budget: what it may spend.
        client: a backend of your own.

    Returns:
        The certificate, None when the run was stopped before its end; and what the run did.

    Raises:
        RunError: see ``plan_certify``, or the judge rated nothing. CallFailure: no call can work.
    """
    from mentalbench_hf.inference.certificate_files import write_certificate
    from mentalbench_hf.inference.judge import conduct_judging

    plan, chosen = plan_certify(
        out, rated, config, n_conversations=n_conversations, seed=seed, client=client
    )
    summary = conduct_judging(plan, limits=limits, budget=budget)
    if not summary.finished:
        return None, summary
    made = certificate(out, rated, chosen, n_resamples=n_resamples, seed=seed)
    write_certificate(made, out)
    return made, summary


def certificate(
    run: Path, rated: RatedReplies, chosen: NDArray[np.bool_], *, n_resamples: int = 10_000,
    seed: int = 0,
) -> Certificate:  # fmt: skip
    """Compare the judgments of a run with the experts' ratings and the published judges'.

    Every judge is read on the same replies, so the rows can be compared; repetitions of a
    judgment are averaged; expected ratings are taken where the run has them.

    Raises:
        RunError: the run has no rating at all.
    """
    from mentalbench_hf.inference.run.run_folder import RunFolder

    manifest = RunFolder(run).manifest()
    (judge,) = manifest["models"]
    read = ReadReplies()
    judged = _judged(run, len(rated.responses), read)
    if np.isnan(judged[chosen]).all():
        raise RunError(f"{run} holds no rating of the judge; see its README.md for what came back.")
    return certify_ratings(
        judged, rated, chosen, judge=judge, counterpart=manifest["models"][judge]["counterpart"],
        n_resamples=n_resamples, seed=seed, codes=read,
    )  # fmt: skip


def certify_ratings(
    judged: NDArray[np.float64], rated: RatedReplies, chosen: NDArray[np.bool_], *, judge: str,
    counterpart: str = "", n_resamples: int = 10_000, seed: int = 0,
    codes: ReadReplies | None = None,
) -> Certificate:  # fmt: skip
    """Compare a judge's ratings, wherever they come from, as ``certificate`` does.

    Args:
        judged: shape (n_targets, 7), 1 to 5, NaN where the judge has no rating.
        rated: the human-rated replies.
        chosen: mask, shape (n_targets,): the replies the judge was given. Ratings of others are
            not used; given ones without a rating are counted.
        judge: its name.
        counterpart: the system that is the judge's own model, left out for it; ``""`` for none.
        n_resamples: bootstrap replicates.
        seed: of the bootstrap.
        codes: how far the judge's answers carry their codes.
    """
    from mentalbench_hf.inference.certificate_by_expert import by_expert
    from mentalbench_hf.reliability.experts import known_experts
    from mentalbench_hf.reliability.protocol import Settings, reliability
    from mentalbench_hf.reliability.trust.unsafe import unsafe_cards

    targets = rated.targets
    rated_here = [ATTRIBUTES.index(a) for a in targets.attributes]
    judged = np.where(chosen[:, None], judged, np.nan)[:, rated_here]
    name = f"{judge} (this run)" if judge in targets.raters else judge
    own = counterpart if counterpart in targets.system_names else ""
    joined = targets.with_rater(name, judged).select(chosen)
    joined = replace(joined, left_out={**joined.left_out, **({name: own} if own else {})})
    order = (name, *(r for r in joined.judges if r != name))
    rows: list[Reliability] = []
    # One system gives nothing to rank.
    levels: tuple[Level, ...] = ("system", "response")
    for level in levels if len(np.unique(joined.systems)) > 1 else levels[1:]:
        settings = Settings(level=level, n_resamples=n_resamples, seed=seed)
        rows += reliability(joined, settings, judges=order)
    cards = unsafe_cards(joined, judges=order, n_resamples=n_resamples, seed=seed)
    return Certificate(
        judge=name,
        rows=tuple(rows),
        cards=tuple(cards),
        n_replies=int(chosen.sum()),
        n_conversations=len(np.unique(joined.clusters)),
        n_unscored=int(np.isnan(judged[chosen]).all(axis=1).sum()),
        own_counterpart=own,
        synthetic=rated.synthetic,
        by_expert=by_expert(
            joined, name, [r for r in rows if r.judge == name], n_resamples=n_resamples, seed=seed
        ),
        experts=tuple(x for x, _ in known_experts(joined)),
        codes=codes,
    )


def _judged(run: Path, n_targets: int, read: ReadReplies) -> NDArray[np.float64]:
    """Return the judge's ratings, shape (n_targets, 7), mean of the repetitions, NaN elsewhere."""
    from mentalbench_hf.inference.run.run_folder import RunFolder
    from mentalbench_hf.inference.run_tables import judged_rows

    manifest = RunFolder(run).manifest()
    repeats, expected = manifest["repeats"], manifest["scoring"] == "expected"
    numbers = (item.number for item in RunFolder(run).items() for _ in range(repeats))
    columns = [f"{a}_expected" for a in ATTRIBUTES] if expected else list(ATTRIBUTES)

    def stated() -> Iterator[tuple[int, list[float | None]]]:
        for number, row in zip(numbers, judged_rows(run), strict=True):
            read.count(row)
            if row["parse_status"] != Status.RESPONSE_MISSING:
                yield number, [row[column] for column in columns]

    return average_ratings(n_targets, stated())


def drawn_units(
    units: NDArray[np.int64], strata: NDArray[np.int64], n: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw `n` units, from each stratum its share."""
    names, sizes = np.unique(strata, return_counts=True)
    take = shares(sizes, n)
    drawn = [rng.permutation(units[strata == s])[:k] for s, k in zip(names, take, strict=True)]
    return np.sort(np.concatenate(drawn))


def shares(sizes: NDArray[np.int64], n: int, least: int = 0) -> NDArray[np.int64]:
    """Divide `n` in proportion to `sizes`; what rounding leaves goes by remainder.

    Every part gets `least`, or all it has, where `n` holds `least` for each; the others then have
    less. `n` must not exceed the sum of the sizes.

    >>> shares(np.array([45, 20, 17, 10, 8]), 50, least=10).tolist()
    [12, 10, 10, 10, 8]
    """
    enough = np.minimum(least, sizes) if n >= least * len(sizes) else np.zeros_like(sizes)
    raised = np.zeros(len(sizes), dtype=bool)
    while True:
        rest = n - enough[raised].sum()
        exact = np.where(raised, enough, rest * sizes / sizes[~raised].sum())
        if not (exact < enough).any():
            break
        raised |= exact < enough
    take = np.floor(exact).astype(np.int64)
    for i in np.argsort(-(exact - take), kind="stable")[: n - int(take.sum())]:
        take[i] += 1
    return take
