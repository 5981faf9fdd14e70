"""From a log of the inspect task ``mentalalign`` to the judge's certificate.

The judge's words in the log are read again with this package's parser, and every reply is checked
against the source: what is certified is what was said about the replies the experts rated.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mentalbench_hf.errors import MissingExtraError, RunError
from mentalbench_hf.inference.ask import REFUSAL_FLAG
from mentalbench_hf.inference.certify import certify_ratings
from mentalbench_hf.inference.prompts import Prompt, judge_messages
from mentalbench_hf.inference.read_replies import ReadReplies
from mentalbench_hf.inference.repetitions import average_ratings
from mentalbench_hf.schema import ATTRIBUTES, SYNTHETIC
from mentalbench_hf.schema.models import load_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspect_ai.log import EvalLog, EvalSample
    from numpy.typing import NDArray

    from mentalbench_hf.data.rated_replies import RatedReplies
    from mentalbench_hf.inference.ask import REFUSAL_FLAG
from mentalbench_hf.inference.certify import Certificate

_STATUS = {
    "started": "is of an evaluation that still runs or was killed",
    "cancelled": "is of an evaluation that was cancelled",
    "error": "is of an evaluation that stopped with an error",
}


@dataclass(frozen=True, eq=False)
class JudgeLog:
    """What a log holds about a judge.

    Attributes:
        judge: inspect's name of the model, ``provider/model``.
        prompt: version of the judge's prompt with its rubric.
        seed: of the draw of the replies.
        epochs: how often each reply was judged.
        n_replies: replies the judge was given.
        n_errors: calls that failed for good; their ratings are missing.
        synthetic: it is about the bundled SYNTHETIC SAMPLE.
        samples: the log's samples.
    """

    judge: str
    prompt: str
    seed: int
    epochs: int
    n_replies: int
    n_errors: int
    synthetic: bool
    samples: list[EvalSample]

    @property
    def counterpart(self) -> str:
        """The system that is this judge's own model, ``""`` where the name is not a known one."""
        name = self.judge.partition("/")[2]
        known = (m for m in load_models().values() if name in (m.id, m.model_id))
        return next((m.counterpart for m in known if m.counterpart), "")


def read_judge_log(path: Path | str) -> JudgeLog:
    """Read a finished log of the task ``mentalalign``, in inspect's .eval or .json form.

    Raises:
        MissingExtraError: inspect is not installed.
        RunError: no log, a log of another task, or one that is not whole: cancelled, failed, cut
            with ``--limit``, written without samples, or with invalidated ones.
    """
    log = open_log(Path(path))
    facts = (log.eval.metadata or {}).get("mentalbench_hf")
    if not isinstance(facts, dict) or facts.get("task") not in ("mentalbench", "mentalalign"):
        raise RunError(
            f"{path} is a log of the task {log.eval.task!r}. A judge is certified from a log of "
            "mentalbench_hf/mentalalign."
        )
    if facts["task"] == "mentalbench":
        raise RunError(
            f"{path} is a log of the task {log.eval.task!r}: its replies are new and no expert "
            "has rated them. To certify its judge run: inspect eval mentalbench_hf/mentalalign "
            "--model <the judge>"
        )
    if log.status != "success":
        raise RunError(
            f"{path} {_STATUS.get(log.status, f'has the status {log.status!r}')}, so replies are "
            "missing from it for no fault of the judge. Finish it with: inspect eval-retry "
            f"{path}. (With --no-fail-on-error calls that fail for good are counted as missing.)"
        )
    samples = log.samples or []
    if log.invalidated:
        raise RunError(f"{path} holds samples that were marked invalid; certify a log without.")
    epochs = log.eval.config.epochs or 1
    n_replies = int(facts["n_replies"])
    found = {(sample.id, sample.epoch) for sample in samples}
    if not len(found) == len(samples) == n_replies * epochs:
        raise RunError(
            f"{path} holds {len(found)} of the {n_replies * epochs} judgments that the task had "
            "to make. Run it with its samples logged and without --limit or --sample-id; "
            "-T conversations=N judges fewer replies, drawn as whole conversations."
        )
    return JudgeLog(
        judge=log.eval.model,
        prompt=facts["prompts"]["judge"]["version"],
        seed=int(facts["seed"]),
        epochs=epochs,
        n_replies=n_replies,
        n_errors=sum(sample.error is not None for sample in samples),
        synthetic=bool(facts["synthetic"]),
        samples=samples,
    )


def certificate_of_log(
    log: JudgeLog,
    rated: RatedReplies,
    *,
    counterpart: str | None = None,
    n_resamples: int = 10_000,
    seed: int | None = None,
) -> Certificate:
    """Return the certificate that ``mentalbench certify`` would give for the same ratings.

    Args:
        log: the log.
        rated: the replies with the experts' ratings, of the source the log was made with.
        counterpart: the system that is the judge's own model, left out for it; None takes it
            from the judge's name, ``""`` is none.
        n_resamples: bootstrap replicates.
        seed: of the bootstrap; None takes the log's.

    Raises:
        RunError: the log is about other replies than these, or holds no rating at all.
    """
    if log.synthetic != rated.synthetic:
        is_, other = ("", "not ") if log.synthetic else ("not ", "")
        raise RunError(
            f"The log is {is_}about the {SYNTHETIC} and the source is {other}the sample. "
            "Give the source= that the log was made with."
        )
    systems = rated.targets.system_names
    if counterpart and counterpart not in systems:
        raise RunError(f"Unknown system {counterpart!r}; known: {', '.join(systems)}.")
    numbers = _numbers(log, rated)
    n_targets = len(rated.responses)
    read = ReadReplies()
    judged = average_ratings(n_targets, _stated(log, numbers, read))
    if np.isnan(judged).all():
        raise RunError("The log holds no rating: every judgment is missing, refused or unreadable.")
    chosen: NDArray[np.bool_] = np.zeros(n_targets, dtype=bool)
    chosen[numbers] = True
    return certify_ratings(
        judged,
        rated,
        chosen,
        judge=log.judge,
        counterpart=log.counterpart if counterpart is None else counterpart,
        n_resamples=n_resamples,
        seed=log.seed if seed is None else seed,
        codes=read,
    )


def open_log(path: Path) -> EvalLog:
    """Read any log of inspect, without its transcripts.

    Raises:
        MissingExtraError: inspect is not installed.
        RunError: there is no such file, or it is no log.
    """
    try:
        from inspect_ai.log import read_eval_log
    except ImportError as error:
        raise MissingExtraError("Reading a log of inspect", "inspect") from error
    if not path.is_file():
        raise RunError(f"There is no file {path}. Give one log of inspect (.eval or .json).")
    try:
        # What the judge was sent and what it answered; the transcript is not needed.
        return read_eval_log(
            path, resolve_attachments="core", exclude_fields={"events", "messages", "store"}
        )
    except Exception as error:  # inspect's readers raise what their formats raise
        raise RunError(
            f"{path} cannot be read as a log of inspect ({type(error).__name__}: {error})."
        ) from error


def _numbers(log: JudgeLog, rated: RatedReplies) -> list[int]:
    """Return the target of each sample, having checked that it is the reply that was judged."""
    targets = rated.targets
    names = zip(targets.cluster_names[targets.clusters], targets.systems, strict=True)
    number_of = {(str(c), targets.system_names[int(s)]): n for n, (c, s) in enumerate(names)}
    numbers = []
    for sample in log.samples:
        key = (sample.metadata.get("conversation_id"), sample.metadata.get("system"))
        number = number_of.get(key)
        if number is None or not _same(sample, rated, number):
            raise RunError(
                f"Sample {sample.id} of the log is not the reply of {key[1]} to conversation "
                f"{key[0]} in this source. Give the source= that the log was made with."
            )
        numbers.append(number)
    return numbers


def _same(sample: EvalSample, rated: RatedReplies, number: int) -> bool:
    response = rated.responses[number]
    if response is None or isinstance(sample.input, str):
        return False
    # The question holds conversation and reply; the instruction before it may be another rubric's.
    context, code = rated.contexts[number], _code(sample)
    *_, question = judge_messages(Prompt("", "", ""), context, response, code)
    return bool(sample.input[-1].text == question.content)


def _stated(
    log: JudgeLog, numbers: list[int], read: ReadReplies
) -> Iterator[tuple[int, list[Any]]]:
    from mentalbench_hf.ecosystem.exchange import judgment_of, reply_text

    for sample, number in zip(log.samples, numbers, strict=True):
        # A call that failed has no output: nothing is stated.
        code = _code(sample)
        judgment = judgment_of(sample.output, code)
        if code and reply_text(sample.output) and judgment.reason != REFUSAL_FLAG:
            read.count_code(judgment.bound)
        ratings = judgment.ratings
        yield number, [ratings[a] for a in ATTRIBUTES]


def _code(sample: EvalSample) -> str | None:
    code = (sample.metadata or {}).get("code")  # logs of earlier versions have none
    return code if isinstance(code, str) else None
