"""Ask models: have one reply, have one judge, and find out how far a judge may be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from mentalbench_hf.front.loading import only
from mentalbench_hf.front.runs import generated_run, judged_run
from mentalbench_hf.front.texts import items_of, rated_of

if TYPE_CHECKING:
    import pandas as pd

    from mentalbench_hf.data.rated_replies import RatedReplies
    from mentalbench_hf.front.runs import GeneratedRun, JudgedRun
    from mentalbench_hf.front.texts import Texts
    from mentalbench_hf.inference.asking import Asking
    from mentalbench_hf.inference.certify import Certificate
    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.judge import JudgeConfig
    from mentalbench_hf.inference.run.plan import DryRun
    from mentalbench_hf.schema.models import ModelEntry

    Who: TypeAlias = str | ModelEntry


@overload
def generate(
    conversations: Texts | None, out: str | Path, system: Who | None = None, *,
    dry_run: Literal[True], **options: Any,
) -> DryRun: ...  # fmt: skip
@overload
def generate(
    conversations: Texts | None, out: str | Path, system: Who | None = None, *,
    client: ChatClient | None = None, **options: Any,
) -> GeneratedRun: ...  # fmt: skip
def generate(
    conversations: Texts | None,
    out: str | Path,
    system: Who | None = None,
    *,
    client: ChatClient | None = None,
    prompt: str | Path | None = None,
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    **options: Any,
) -> GeneratedRun | DryRun:
    """Have a model reply to the conversations of MentalBench-100k, or to your own.

    Stopped at any point, the same call goes on where it was and asks nothing twice.

    Args:
        conversations: ``upstream``, ``sample`` or a folder of the released files; a file
            (.jsonl, .json, .csv, .parquet) or DataFrame with a `context`; or a list of texts.
            None goes on with the run in `out`.
        out: folder of the run, new or to go on with; a dataset (``load_dataset``).
        system: who answers: a registered name, a ``ModelEntry``, or a name of yours for `model`
            or `client`.
        client: a backend of your own that answers.
        prompt: file that replaces the built-in prompt.
        limit: only the first so many conversations.
        columns: our column name -> theirs, where they differ.
        **options: how the model is reached, sampled, paced and paid: ``model``, ``base_url``,
            ``max_requests``, ``dry_run`` and the other fields of ``inference.asking.Asking``.

    Returns:
        The replies; with ``dry_run=True`` what would be asked and what it can cost.

    Raises:
        RunError: unusable arguments, or `out` holds something else; ``RunStopped`` when the run
            ended before its calls did, or none of them succeeded.
        CallFailure: no call can work.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.generate("sample", "replies", "qwen3-4b", limit=5, dry_run=True).calls
        5
    """
    from mentalbench_hf.inference.asking import Asking
    from mentalbench_hf.inference.generate import GenerateConfig, plan_generate
    from mentalbench_hf.inference.generate import generate as run
    from mentalbench_hf.inference.messages import REPLY_SAMPLING
    from mentalbench_hf.inference.prompts import generate_prompt
    from mentalbench_hf.inference.run.calls import check_finished
    from mentalbench_hf.inference.run.plan import dry_run

    out, asking = Path(out), Asking.of(options, REPLY_SAMPLING)
    items = items_of(conversations, responses=False, columns=columns, limit=limit)
    entry = _entry(system, asking, client)
    config = GenerateConfig(entry, generate_prompt(prompt), asking.sampling, asking.client)
    if asking.dry_run:
        plan = plan_generate(out, items, config, client=client)
        return dry_run(plan, asking.prices, retry_failed=asking.retry_failed)
    summary = run(
        out, items, config, limits=asking.limits([entry]), budget=asking.budget, client=client
    )
    check_finished(summary, out)
    return generated_run(out, summary)


@overload
def judge(
    responses: Texts | None, out: str | Path, judge: Who | list[Who] | None = None, *,
    dry_run: Literal[True], **options: Any,
) -> DryRun: ...  # fmt: skip
@overload
def judge(
    responses: Texts | None, out: str | Path, judge: Who | list[Who] | None = None, *,
    client: ChatClient | None = None, **options: Any,
) -> JudgedRun: ...  # fmt: skip
def judge(
    responses: Texts | None,
    out: str | Path,
    judge: Who | list[Who] | None = None,
    *,
    contexts: Sequence[str] | None = None,
    client: ChatClient | None = None,
    system: str | Sequence[str] | None = None,
    scoring: str = "reply",
    repeats: int = 1,
    rubric: str | Path | None = None,
    reply_format: str = "auto",
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    **options: Any,
) -> JudgedRun | DryRun:
    """Have a language model rate responses on the seven attributes.

    Stopped at any point, the same call goes on where it was and asks nothing twice.

    Args:
        responses: MentalBench-100k's own (``upstream``, ``sample`` or a folder of the released
            files); the folder of a ``generate`` run, or what that returned; a file or DataFrame
            with a `response` and, if there, `context`, `conversation_id` and `system`; or a list
            of texts. None goes on with the run in `out`, with more judges for instance.
        out: folder of the run, new or to go on with; a dataset (``load_dataset``).
        judge: a registered name, a ``ModelEntry``, or a name of yours for `model` or `client`;
            several judge the same responses.
        contexts: with a list of texts: what each of them answers.
        client: a backend of your own that answers for the only judge.
        system: of the benchmark's systems only these; of a file or texts: who wrote them.
        scoring: ``reply``: the stated ratings; ``expected``: weighted by probabilities.
        repeats: judge everything so many times.
        rubric: YAML or JSON file that replaces the built-in rubric.
        reply_format: ``auto`` probes the server; or ``json_schema``, ``tgi``, ``constrained``,
            ``plain``.
        limit: only the first so many conversations or rows.
        columns: our column name -> theirs, where they differ.
        **options: as for :func:`generate`.

    Returns:
        The scores, and with ``.ratings()`` every rating; with ``dry_run=True`` what would be
        asked and what it can cost.

    Raises:
        RunError: unusable arguments, or `out` holds something else; ``RunStopped`` when the run
            ended before its calls did, or holds no rating.
        CallFailure: no call can work.

    Example:
        >>> import mentalbench_hf as mb
        >>> asked = mb.judge(["I hear you."], "judged", "gpt-4o", contexts=["I am sad."],
        ...                  dry_run=True, price_in=2.5, price_out=10)
        >>> asked.calls
        1
    """
    from mentalbench_hf.inference.asking import Asking
    from mentalbench_hf.inference.judge import judge as run
    from mentalbench_hf.inference.judge import plan_judge
    from mentalbench_hf.inference.run.calls import check_finished
    from mentalbench_hf.inference.run.plan import dry_run
    from mentalbench_hf.schema.models import find_model

    out, asking = Path(out), Asking.of(options)
    items = items_of(
        responses, responses=True, contexts=contexts, columns=columns, limit=limit,
        systems=only(system) or [],
    )  # fmt: skip
    named = judge if isinstance(judge, list) else [judge] if judge else []
    entries = [_entry(named[0] if named else None, asking, client)]
    entries += [find_model(who, asking.known) if isinstance(who, str) else who for who in named[1:]]
    config = _judging(entries, asking, scoring, repeats, rubric, reply_format)
    if asking.dry_run:
        plan = plan_judge(out, items, config, probe=False, client=client)
        return dry_run(plan, asking.prices, retry_failed=asking.retry_failed)
    summary = run(
        out, items, config, limits=asking.limits(entries), budget=asking.budget, client=client
    )
    check_finished(summary, out)
    return judged_run(out, summary)


@overload
def certify(
    ratings: str | Path | pd.DataFrame | RatedReplies, out: str | Path, judge: Who | None = None, *,
    dry_run: Literal[True], **options: Any,
) -> DryRun: ...  # fmt: skip
@overload
def certify(
    ratings: str | Path | pd.DataFrame | RatedReplies, out: str | Path, judge: Who | None = None, *,
    client: ChatClient | None = None, **options: Any,
) -> Certificate: ...  # fmt: skip
def certify(
    ratings: str | Path | pd.DataFrame | RatedReplies,
    out: str | Path,
    judge: Who | None = None,
    *,
    reference: str | None = None,
    columns: Mapping[str, str] | None = None,
    client: ChatClient | None = None,
    conversations: int | None = 100,
    sample_seed: int = 0,
    n_resamples: int = 10_000,
    scoring: str = "reply",
    repeats: int = 1,
    rubric: str | Path | None = None,
    reply_format: str = "auto",
    **options: Any,
) -> Certificate | DryRun:
    """Have a judge rate replies that human experts rated, and compare it with them.

    Stopped at any point, the same call goes on where it was and asks nothing twice.

    Args:
        ratings: MentalAlign-70k (``upstream``, ``sample`` or a folder of the released files with
            the texts); or with `reference` a file or DataFrame of ratings of your own that holds
            the texts too.
        out: folder of the run, new or to go on with; gets the certificate too.
        judge: a registered name, a ``ModelEntry``, or a name of yours for `model` or `client`.
        reference: of ratings of your own: the expert whose ratings count.
        columns: our column name -> theirs, where they differ, in ratings of your own: target,
            cluster, system, attribute, rater, rating, context, response.
        client: a backend of your own that answers for the judge.
        conversations: how many to draw, each with about ten rated replies; None takes all.
        sample_seed: of the draw of conversations and of the bootstrap.
        n_resamples: bootstrap replicates.
        scoring: ``reply``: the stated ratings; ``expected``: weighted by probabilities.
        repeats: judge everything so many times.
        rubric: YAML or JSON file that replaces the built-in rubric.
        reply_format: as for :func:`judge`.
        **options: as for :func:`generate`.

    Returns:
        The certificate; with ``dry_run=True`` what would be asked and what it can cost.

    Raises:
        DataError: ratings of your own cannot be used.
        RunError: unusable arguments, no texts, or `out` holds something else; ``RunStopped`` when
            the run ended before its calls did.
        CallFailure: no call can work.

    Example:
        >>> import mentalbench_hf as mb
        >>> mb.certify("sample", "certified", "gpt-4o", conversations=8, dry_run=True).calls > 60
        True
    """
    from mentalbench_hf.inference.asking import Asking
    from mentalbench_hf.inference.certify import certify as run
    from mentalbench_hf.inference.certify import plan_certify
    from mentalbench_hf.inference.run.calls import check_finished
    from mentalbench_hf.inference.run.plan import dry_run

    out, asking = Path(out), Asking.of(options)
    rated = rated_of(ratings, reference, columns)
    entry = _entry(judge, asking, client)
    config = _judging([entry], asking, scoring, repeats, rubric, reply_format)
    if asking.dry_run:
        plan, _ = plan_certify(
            out, rated, config, n_conversations=conversations, seed=sample_seed, probe=False,
            client=client,
        )  # fmt: skip
        return dry_run(plan, asking.prices, retry_failed=asking.retry_failed)
    made, summary = run(
        out,
        rated,
        config,
        n_conversations=conversations,
        seed=sample_seed,
        n_resamples=n_resamples,
        limits=asking.limits([entry]),
        budget=asking.budget,
        client=client,
    )
    check_finished(summary, out)
    assert made is not None  # as the run is finished
    return made


def _entry(who: Who | None, asking: Asking, client: ChatClient | None) -> ModelEntry:
    """Return who is asked; a client needs no more than a name."""
    from mentalbench_hf.schema.models import ModelEntry

    if client is not None and isinstance(who, str):
        return asking.known.get(who) or ModelEntry(who, asking.model or who)
    return asking.entry(who)


def _judging(
    judges: Sequence[ModelEntry],
    asking: Asking,
    scoring: str,
    repeats: int,
    rubric: str | Path | None,
    reply_format: str,
) -> JudgeConfig:
    from mentalbench_hf.inference.judge import JudgeConfig
    from mentalbench_hf.schema.rubric import load_rubric

    return JudgeConfig(
        judges=tuple(judges),
        rubric=load_rubric(rubric),
        sampling=asking.sampling,
        scoring=scoring,
        repeats=repeats,
        reply_format=reply_format,
        client=asking.client,
        families={name: known.family for name, known in asking.known.items() if known.family},
    )
