"""Which questions ratings can answer, what is missing for the others, and the command to run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mentalbench_hf.ecosystem.doctor.holdings import Holdings
from mentalbench_hf.reliability.core.alternative_annotator import MIN_ITEMS
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS, MIN_SYSTEMS
from mentalbench_hf.schema import ATTRIBUTES


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        question: in words.
        can: whether these ratings can answer it.
        missing: what is missing where they cannot; else what limits the answer, often nothing.
        command: the command to run; empty where they cannot.
    """

    question: str
    can: bool
    missing: str
    command: str

    def record(self) -> dict[str, Any]:
        """Return an object for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked about, and how the file is named on the command line.

    Attributes:
        held: what the ratings are.
        file: the file.
        options: options that say what its columns are.
        experts: raters taken for experts.
        judges: raters taken for judges.
        texts: columns of the rated texts, (what was asked, the reply); empty where there is none.
    """

    held: Holdings
    file: str
    options: Sequence[str]
    experts: tuple[str, ...]
    judges: tuple[str, ...]
    texts: tuple[str, str] = ("", "")

    def command(self, name: str, *more: str, as_option: bool = False) -> str:
        """Return a command line."""
        file = ["--ratings", self.file] if as_option else [self.file]
        return shlex.join(["mentalbench", name, *file, *self.options, *more])

    def people(self, *, judges: bool = True) -> list[str]:
        """Return the options that name experts and judges."""
        named = [part for who in self.experts for part in ("--expert", who)]
        return named + [part for who in self.judges * judges for part in ("--judge", who)]


def questions(ask: Asking) -> list[Question]:
    """Return every question with its answer."""
    return [
        _response(ask), _system(ask), *_panel(ask), _severity(ask), _components(ask),
        _calibrate(ask), _plan(ask), _certify(ask),
    ]  # fmt: skip


def _of(
    question: str, problems: Sequence[str], command: str, limits: Sequence[str] = ()
) -> Question:
    missing = [p for p in problems if p]
    if missing:
        return Question(question, can=False, missing="; ".join(missing), command="")
    return Question(question, True, "; ".join(x for x in limits if x), command)


def _pair(ask: Asking) -> tuple[str, str]:
    """Return an expert and a judge to compare it with, of those that share most items."""
    if not ask.experts:
        return "", ""
    others = ask.judges or ask.experts[1:]
    pairs = [(e, o) for e in ask.experts for o in others if e != o]
    return max(pairs, key=lambda p: ask.held.shared(*p), default=(ask.experts[0], ""))


def _two(ask: Asking) -> str:
    expert, judge = _pair(ask)
    if not expert:
        return "no rater is taken for an expert; name one with --expert"
    if not judge:
        return "one rater only: add a second one's ratings of the same items"
    if not ask.held.shared(expert, judge):
        return f"{expert} and {judge} share no item"
    return ""


def _any_two_share(ask: Asking) -> bool:
    """Whether two experts rated some item both."""
    return any(
        ask.held.shared(a, b) for i, a in enumerate(ask.experts) for b in ask.experts[i + 1 :]
    )


def _clean(ask: Asking) -> str:
    held = ask.held
    if held.n_duplicates:
        return f"{held.n_duplicates} rows repeat an item, rater and attribute; keep one of each"
    if held.n_not_numbers:
        return f"{held.n_not_numbers} ratings are no numbers"
    return "no rating" * (not held.n_ratings)


def _few(ask: Asking) -> str:
    n = ask.held.n_clusters or ask.held.n_items
    return f"{n} conversations: fewer than {MIN_CLUSTERS} give no verdict" * (n < MIN_CLUSTERS)


def _response(ask: Asking) -> Question:
    expert, _ = _pair(ask)
    return _of(
        "May the judge score one reply? (reliability, response level)",
        [_clean(ask), _two(ask)],
        ask.command("reliability", "--level", "response", "--reference", expert),
        [_few(ask)],
    )


def _system(ask: Asking) -> Question:
    expert, _ = _pair(ask)
    n = len(ask.held.systems)
    return _of(
        "May the judge rank systems? (reliability, system level)",
        [
            _clean(ask),
            _two(ask),
            ("no column says who made what (--system)" if not n else "one system" if n < 2 else ""),
        ],
        ask.command("reliability", "--level", "system", "--reference", expert),
        [_few(ask), f"{n} systems: fewer than {MIN_SYSTEMS} give no verdict" * (n < MIN_SYSTEMS)],
    )


def _panel(ask: Asking) -> list[Question]:
    held, experts, judges = ask.held, ask.experts, ask.judges
    several = "" if len(experts) > 1 else (
        f"{len(experts)} expert: at least two must have rated the same items (--expert)"
    )  # fmt: skip
    none = "" if several or _any_two_share(ask) else "no two experts share an item"
    judge = "" if judges else "no judge: add one's ratings of the same items (--judge)"
    command = ask.command("panel", *ask.people())
    least = min((held.shared(e, j, least=True) for e in experts for j in judges), default=0)
    scale = (held.scale.low, held.scale.high)
    systems = len(held.systems)
    return [
        _of("Is the judge as good as one more expert? (panel)",
            [_clean(ask), several, none, judge], command, [_few(ask)]),
        _of("Does it pass the alternative annotator test?",
            [_clean(ask), several, none, judge,
             f"judge and expert share {least} items; at least {MIN_ITEMS} are needed"
             * (not several and bool(judges) and least < MIN_ITEMS)],
            command,
            ["two experts: each is compared with one other only" * (len(experts) == 2)]),
        _of("How far do the experts agree? (alpha, ICC)", [_clean(ask), several, none],
            ask.command("panel", *ask.people(judges=False)), [_few(ask)]),
        _of("Does the judge choose another winner? (ranking)",
            [_clean(ask), several, judge,
             "" if systems > 1 else "fewer than two systems are told apart (--system)"], command),
        _of("Does it miss what an expert rated low? (unsafe)",
            [_clean(ask), several, none, judge],
            command if scale == (1, 5) else f"{command} --threshold {_low(held):g}",
            ["" if scale == (1, 5) else
             f"the scale is {scale[0]:g} to {scale[1]:g}: say with --threshold what is low"]),
    ]  # fmt: skip


def _low(held: Holdings) -> float:
    """Return the lower third of the scale, as a first proposal of what is low."""
    third = held.scale.low + (held.scale.high - held.scale.low) / 3
    return float(int(third)) if held.scale.whole else third


def _severity(ask: Asking) -> Question:
    return _of(
        "How severe is each rater, and what habits has he? (raters)",
        [
            _clean(ask),
            "" if len(ask.experts) > 1 else "fewer than two experts",
            ""
            if ask.held.connected
            else "some raters share no item with the others, not even "
            "through a third: their severity cannot be told from what they rated",
        ],
        ask.command("panel", *ask.people(judges=False)),
        ["one attribute: no halo" if len(ask.held.attributes) < 2 else ""],
    )


def _components(ask: Asking) -> Question:
    return _of(
        "Which part of the variance is the rater's? (variance components)",
        [
            _clean(ask),
            "" if len(ask.experts) > 1 else "fewer than two experts",
            ""
            if _any_two_share(ask) or len(ask.experts) < 2
            else "every item has one expert: raters are nested, and severity and items cannot be "
            "told apart",
        ],
        ask.command("panel", *ask.people(judges=False)),
    )


def _calibrate(ask: Asking) -> Question:
    expert, judge = _pair(ask)
    return _of(
        "What are the judge's ratings in human units? (calibrate)",
        [_clean(ask), _two(ask)],
        ask.command("calibrate", "--reference", expert, "--judge", judge),
        [_few(ask)],
    )


def _plan(ask: Asking) -> Question:
    question = "How large must the next study be? (plan)"
    held = ask.held
    name = ("--name", held.attributes[0] if held.attributes else "rating")
    if _any_two_share(ask):
        of = ask.command("plan", *ask.people(judges=False), *name, "--level", "response")
        return _of(question, [_clean(ask)], of, ["of experts per reply, and of replies"])
    expert, judge = _pair(ask)
    problems = [
        _clean(ask),
        _two(ask),
        "" if held.n_clusters else "no column says which replies belong together (--cluster)",
        "" if len(held.systems) > 1 else "fewer than two systems are told apart (--system)",
        f"{held.n_crossed} conversations have a reply of every system; at least 2 are needed"
        * bool(held.n_clusters and len(held.systems) > 1 and held.n_crossed < 2),
    ]
    return _of(
        question, problems, ask.command("plan", "--reference", expert, "--judge", judge, *name)
    )


def _certify(ask: Asking) -> Question:
    held, (context, reply) = ask.held, ask.texts
    unknown = [a for a in held.attributes if a not in ATTRIBUTES]
    inside = held.scale.low >= 1 and held.scale.high <= 5
    more = ["--reference", ask.experts[0] if ask.experts else ""]
    more += ["--context", context] * (context not in ("", "context"))
    more += ["--response", reply] * (reply not in ("", "response"))
    return _of(
        "May a judge of mine replace this expert on these replies? (certify)",
        [
            _clean(ask),
            "no rater is taken for an expert (--expert)" * (not ask.experts),
            "" if reply else "no column holds the texts of the replies (response)",
            "no column says which attribute was rated" * (not held.attributes),
            f"{unknown[0]!r} is no attribute of the rubric ({', '.join(ATTRIBUTES)})"
            if unknown
            else "",
            "" if inside else "the rubric's scale is 1 to 5",
        ],
        ask.command("certify", *more, "--judge", "JUDGE", "--out", "certified", as_option=True),
    )
