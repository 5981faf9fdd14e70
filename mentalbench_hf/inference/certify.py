"""How far may a judge be trusted? It rates what the experts rated, and is compared with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.draw import certify_items, sample_targets
from mentalbench_hf.inference.read_replies import ReadReplies
from mentalbench_hf.inference.repetitions import average_ratings
from mentalbench_hf.schema import ATTRIBUTES, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.axes import Axes

    from mentalbench_hf.choices import Level
    from mentalbench_hf.data.rated_replies import RatedReplies
    from mentalbench_hf.inference.certificate_by_expert import ByExpert
    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.judge import JudgeConfig
    from mentalbench_hf.inference.run.budget import Budget
    from mentalbench_hf.inference.run.calls import Limits, RunSummary
    from mentalbench_hf.inference.run.plan import Plan
    from mentalbench_hf.reliability.protocol import Reliability


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
        synthetic: the bundled sample; it comes from the ratings.
        codes: how far the judge's answers carry their codes; None where nothing was asked.
        run: what the judging run did; None for a certificate of ratings or of a log.
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
    run: RunSummary | None = field(default=None, compare=False, repr=False)
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

    def to_frame(self) -> pd.DataFrame:
        """Return the reliability of every judge as one tidy DataFrame, at both levels.

        ``frame.attrs["synthetic"]`` says whether the ratings are the bundled sample.
        """
        import pandas as pd

        frame = pd.DataFrame([row.record() for row in self.rows])
        frame.attrs["synthetic"] = self.synthetic
        return frame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw ICC(A,1) with its interval by attribute, the judges side by side.

        Args:
            ax: axes to draw on; new ones by default.
        """
        from mentalbench_hf.report.figures import forest

        frame = self.to_frame()
        return forest(frame[frame["level"] == "response"], "icc_a1", ax)

    def save(self, folder: Path | str) -> list[Path]:
        """Write the certificate as a page, Markdown, JSON and CSV; return the paths."""
        from mentalbench_hf.inference.certificate_files import write_certificate

        return write_certificate(self, Path(folder))

    def _repr_html_(self) -> str:
        from mentalbench_hf.inference.certificate_page import certificate_part

        return certificate_part(self)


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
        config: the one judge.
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
    items = certify_items(rated, chosen, {"conversations": n_conversations, "seed": seed})
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
    from mentalbench_hf.inference.judge import conduct_judging

    plan, chosen = plan_certify(
        out, rated, config, n_conversations=n_conversations, seed=seed, client=client
    )
    summary = conduct_judging(plan, limits=limits, budget=budget)
    if not summary.finished:
        return None, summary
    made = certificate(out, rated, chosen, n_resamples=n_resamples, seed=seed)
    made = replace(made, run=summary)
    made.save(out)
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
