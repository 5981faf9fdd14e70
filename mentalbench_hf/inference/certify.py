"""How far may a judge be trusted? It rates what the experts rated, and is compared with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.run.item import Item
from mentalbench_hf.schema import ATTRIBUTES, SCALE_MAX, SCALE_MIN, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mentalbench_hf.data.mentalalign import MentalAlign
    from mentalbench_hf.reliability.protocol import Reliability
    from mentalbench_hf.sources import Source

#: A reply that the experts rated at most this safe makes its conversation one of the rare ones.
_UNSAFE: Final = 3
_LEVELS: Final = 3


@dataclass(frozen=True, eq=False)
class RatedReplies:
    """The human-rated replies with their texts.

    Attributes:
        ratings: the released ratings.
        responses: shape (n_conversations × n_systems,), the text of each target of
            ``ratings.targets()``; None where there is none.
        unmatched: conversations whose text is not (or not once) in MentalBench-100k.
    """

    ratings: MentalAlign
    responses: list[str | None]
    unmatched: int

    @property
    def synthetic(self) -> bool:
        """The bundled sample."""
        return self.ratings.synthetic


def read_rated_replies(source: Source) -> RatedReplies:
    """Join the ratings with the response texts of MentalBench-100k, by the conversation's text.

    Raises:
        RunError: the source holds no response texts, or they are of other conversations.
        SourceError, DataError: see the rooms.
    """
    from mentalbench_hf.data.mentalalign import normalise, read_mentalalign
    from mentalbench_hf.data.mentalbench import mentalbench_table, read_mentalbench

    if not source.has_conversations():
        raise RunError(
            f"The texts of the rated replies are needed, and {source.label} does not hold them: "
            "the rating sheets have the ratings only. Put the released MentalBench-100k.zip (or "
            "its CSV) beside the sheets, or use --source upstream."
        )
    ratings = read_mentalalign(source)
    texts = mentalbench_table(read_mentalbench(source), "default")
    keys = [normalise(text) for text in texts["context"].to_pylist()]
    counts = Counter(keys)
    row_of = {key: row for row, key in enumerate(keys) if counts[key] == 1}
    columns = [texts[system].to_pylist() for system in ratings.roster.system_ids]
    responses: list[str | None] = []
    unmatched = 0
    for context in ratings.contexts:
        row = row_of.get(normalise(context))
        unmatched += row is None
        responses += [None if row is None else column[row] for column in columns]
    if 2 * unmatched > len(ratings.contexts):
        raise RunError(
            f"{unmatched} of {len(ratings.contexts)} rated conversations are not in the texts of "
            f"{source.label}: this is another MentalBench-100k."
        )
    return RatedReplies(ratings, responses, unmatched)


def sample_targets(
    rated: RatedReplies, n_conversations: int | None, seed: int = 0
) -> NDArray[np.bool_]:
    """Return which targets to judge: all replies of the sampled conversations.

    Whole conversations are drawn, in proportion from strata: whether any of their replies was
    rated 3 or less on Safety, crossed with thirds of their mean human rating. So the rare unsafe
    replies are in the sample in the share they have in the data. A reply without a text or
    without any usable human rating is left out.

    Args:
        rated: the replies.
        n_conversations: how many to draw; None takes all.
        seed: of the draw.

    Returns:
        Mask, shape (n_targets,).

    Raises:
        RunError: a number below 2, or no usable reply.
    """
    targets = rated.ratings.targets("audited")
    human = targets.ratings[:, targets.raters.index(targets.reference), :]
    usable = ~np.isnan(human).all(axis=1) & np.array([bool(text) for text in rated.responses])
    if not usable.any():
        raise RunError("No human-rated reply has a text; nothing can be certified.")
    eligible = np.unique(targets.clusters[usable])
    if n_conversations is None or n_conversations >= len(eligible):
        return usable
    if n_conversations < 2:
        raise RunError(f"At least 2 conversations are needed, got {n_conversations}.")
    safety = human[:, ATTRIBUTES.index("Safety")]
    unsafe = np.array([np.any(safety[usable & (targets.clusters == c)] <= _UNSAFE)
                       for c in eligible])  # fmt: skip
    means = np.array([np.nanmean(human[usable & (targets.clusters == c)]) for c in eligible])
    third = np.searchsorted(np.quantile(means, [1 / _LEVELS, 2 / _LEVELS]), means)
    drawn = _stratified(eligible, unsafe * _LEVELS + third, n_conversations, seed)
    return usable & np.isin(targets.clusters, drawn)


def certify_items(rated: RatedReplies, chosen: NDArray[np.bool_]) -> Iterator[Item]:
    """Yield the chosen replies; an item's number is its target's."""
    targets = rated.ratings.targets("audited")
    for number in np.flatnonzero(chosen):
        cluster = int(targets.clusters[number])
        yield Item(
            int(number),
            str(targets.cluster_names[cluster]),
            rated.ratings.contexts[cluster],
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
    """

    judge: str
    rows: tuple[Reliability, ...]
    cards: tuple[Any, ...]
    n_replies: int
    n_conversations: int
    n_unscored: int
    own_counterpart: str
    synthetic: bool

    def record(self) -> dict[str, Any]:
        """Return a dict for JSON."""
        return {
            "judge": self.judge,
            "synthetic": self.synthetic,
            "n_replies": self.n_replies,
            "n_conversations": self.n_conversations,
            "n_unscored": self.n_unscored,
            "own_counterpart": self.own_counterpart,
            "unsafe_replies": [card.record() for card in self.cards],
            "reliability": [row.record() for row in self.rows],
        }


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
    judged = _judged(run, len(rated.responses), expected=manifest["scoring"] == "expected")
    if np.isnan(judged[chosen]).all():
        raise RunError(f"{run} holds no rating of the judge; see its README.md for what came back.")
    return certify_ratings(
        judged, rated, chosen, judge=judge, counterpart=manifest["models"][judge]["counterpart"],
        n_resamples=n_resamples, seed=seed,
    )  # fmt: skip


def certify_ratings(
    judged: NDArray[np.float64], rated: RatedReplies, chosen: NDArray[np.bool_], *, judge: str,
    counterpart: str = "", n_resamples: int = 10_000, seed: int = 0,
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
    """
    from mentalbench_hf.reliability.protocol import Settings, reliability
    from mentalbench_hf.reliability.trust.unsafe import unsafe_cards

    targets = rated.ratings.targets("audited")
    judged = np.where(chosen[:, None], judged, np.nan)
    name = f"{judge} (this run)" if judge in targets.raters else judge
    own = counterpart if counterpart in targets.system_names else ""
    joined = targets.with_rater(name, judged).select(chosen)
    joined = replace(joined, left_out={**joined.left_out, **({name: own} if own else {})})
    order = (name, *(r for r in joined.judges if r != name))
    rows: list[Reliability] = []
    for level in ("system", "response"):
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
    )


def _judged(run: Path, n_targets: int, *, expected: bool) -> NDArray[np.float64]:
    """Return the judge's ratings, shape (n_targets, 7), mean of the repetitions, NaN elsewhere."""
    from mentalbench_hf.inference.run.run_folder import RunFolder
    from mentalbench_hf.inference.run_tables import judged_rows

    repeats = RunFolder(run).manifest()["repeats"]
    numbers = (item.number for item in RunFolder(run).items() for _ in range(repeats))
    columns = [f"{a}_expected" for a in ATTRIBUTES] if expected else list(ATTRIBUTES)
    return average_ratings(
        n_targets,
        (
            (number, [row[column] for column in columns])
            for number, row in zip(numbers, judged_rows(run), strict=True)
            if row["parse_status"] != Status.RESPONSE_MISSING
        ),
    )


def average_ratings(
    n_targets: int, stated: Iterable[tuple[int, Sequence[float | None]]]
) -> NDArray[np.float64]:
    """Return the mean of the repetitions of each target's seven ratings.

    Args:
        n_targets: how many targets there are.
        stated: target number and its ratings in the order of the attributes; None, or a number
            off the scale, is no rating.

    Returns:
        Shape (n_targets, 7), NaN where nothing was stated.
    """
    sums = np.zeros((n_targets, len(ATTRIBUTES)))
    counts = np.zeros_like(sums)
    for number, ratings in stated:
        for a, value in enumerate(ratings):
            if value is not None and SCALE_MIN <= value <= SCALE_MAX:
                sums[number, a] += value
                counts[number, a] += 1
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / counts)


def _stratified(
    units: NDArray[np.int64], strata: NDArray[np.int64], n: int, seed: int
) -> NDArray[np.int64]:
    """Draw `n` units, from each stratum its share; what rounding leaves goes by remainder."""
    rng = np.random.default_rng(seed)
    names, sizes = np.unique(strata, return_counts=True)
    exact = n * sizes / len(units)
    take = np.floor(exact).astype(int)
    for i in np.argsort(-(exact - take), kind="stable")[: n - int(take.sum())]:
        take[i] += 1
    drawn = [rng.permutation(units[strata == s])[:k] for s, k in zip(names, take, strict=True)]
    return np.sort(np.concatenate(drawn))
