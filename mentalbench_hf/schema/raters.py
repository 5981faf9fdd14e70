"""Who wrote the responses (systems) and who rated them (raters)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HUMAN: Final = "human"


@dataclass(frozen=True, slots=True)
class System:
    """One writer of responses.

    Attributes:
        id: the name used everywhere in this package.
        label: the name to show.
        column: its column in the released MentalBench-100k.
        suffix: the ending of its column in the released rating sheets.
        family: the maker; judges and systems of one family are flagged.
        open: whether the weights are public; None for the human writers.
        model_id: how the Hub or the provider calls it; None for the human writers.
    """

    id: str
    label: str
    column: str
    suffix: str
    family: str
    open: bool | None
    model_id: str | None


@dataclass(frozen=True, slots=True)
class Judge:
    """One language model that rated the responses.

    Attributes:
        id: the name used everywhere in this package.
        label: the name to show.
        sheet: its released file.
        family: the maker.
        counterpart: the system that the published protocol leaves out for this judge.
        model_id: how its provider calls it.
    """

    id: str
    label: str
    sheet: str
    family: str
    counterpart: str
    model_id: str


SYSTEMS: Final[tuple[System, ...]] = (
    System(HUMAN, "Human", "response", "original", "human", None, None),
    System(
        "claude-3.5-haiku", "Claude-3.5-Haiku", "Claude-3.5-Haiku", "claude",
        "anthropic", False, "claude-3-5-haiku-20241022",
    ),
    System(
        "deepseek-llama-8b", "DeepSeek-R1-Llama-8B", "deepseek-llama", "ds_llama",
        "deepseek", True, "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
    ),
    System(
        "deepseek-qwen-7b", "DeepSeek-R1-Qwen-7B", "deepseek-qwen", "ds_qwen",
        "deepseek", True, "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    ),
    System(
        "gemini-2.0-flash", "Gemini-2.0-Flash", "Gemini", "gemini",
        "google", False, "gemini-2.0-flash",
    ),
    System("gpt-4o", "GPT-4o", "gpt-4o", "gpt4o", "openai", False, "gpt-4o"),
    System("gpt-4o-mini", "GPT-4o-mini", "gpt-4omini", "gpt4omini", "openai", False, "gpt-4o-mini"),
    System(
        "llama-3.1-8b-instruct", "Llama-3.1-8B-Instruct", "Llama-3.1", "llama_3",
        "meta", True, "meta-llama/Llama-3.1-8B-Instruct",
    ),
    System(
        "qwen2.5-7b-instruct", "Qwen2.5-7B-Instruct", "Qwen-2.5", "qwen_2",
        "qwen", True, "Qwen/Qwen2.5-7B-Instruct",
    ),
    System("qwen3-4b", "Qwen3-4B", "Qwen-3", "qwen_3", "qwen", True, "Qwen/Qwen3-4B"),
)  # fmt: skip

JUDGES: Final[tuple[Judge, ...]] = (
    Judge(
        "claude-3.7-sonnet", "Claude-3.7-Sonnet", "claude_llm_judge.xlsx",
        "anthropic", "claude-3.5-haiku", "claude-3-7-sonnet-20250219",
    ),
    Judge("gpt-4o", "GPT-4o", "gpt-4o_llm_judge.xlsx", "openai", "gpt-4o", "gpt-4o"),
    Judge(
        "gemini-2.5-flash", "Gemini-2.5-Flash", "gemini_llm_judge.xlsx",
        "google", "gemini-2.0-flash", "gemini-2.5-flash-preview-04-17",
    ),
    Judge("o4-mini", "o4-mini", "o4-mini_llm_judge.xlsx", "openai", "gpt-4o-mini", "o4-mini"),
)  # fmt: skip

HUMAN_SHEET: Final = "Human_judge.xlsx"


@dataclass(frozen=True, slots=True)
class Roster:
    """Who wrote and who rated in one body of data.

    Attributes:
        systems: the writers, in the order of every table.
        judges: the rating models, in the order of every table.
        reference: the rater the judges are compared with.
        reference_sheet: the file that holds the reference ratings.
    """

    systems: tuple[System, ...]
    judges: tuple[Judge, ...]
    reference: str
    reference_sheet: str

    @property
    def system_ids(self) -> tuple[str, ...]:
        """The systems' names, in order."""
        return tuple(s.id for s in self.systems)

    @property
    def judge_ids(self) -> tuple[str, ...]:
        """The judges' names, in order."""
        return tuple(j.id for j in self.judges)

    @property
    def raters(self) -> tuple[str, ...]:
        """The reference rater first, then the judges."""
        return (self.reference, *self.judge_ids)

    @property
    def sheet_of(self) -> dict[str, str]:
        """Rater -> its file."""
        return {self.reference: self.reference_sheet, **{j.id: j.sheet for j in self.judges}}

    @property
    def columns(self) -> dict[str, str]:
        """Column of the conversations' file -> name in the tables."""
        return {"context": "context", **{s.column: s.id for s in self.systems}}


#: The released benchmarks.
RELEASED: Final = Roster(SYSTEMS, JUDGES, HUMAN, HUMAN_SHEET)
#: The bundled synthetic sample: the same design under names of its own, so that invented text and
#: ratings are never shown under the name of a real model or person.
SAMPLE: Final = Roster(
    systems=(
        System("sample-human", "Sample human", "sample-human", "human", "human", None, None),
        *(
            System(f"sample-model-{i}", f"Sample model {i}", f"sample-model-{i}", f"model_{i}",
                   f"sample-family-{i}", None, None)
            for i in range(1, 10)
        ),
    ),
    judges=tuple(
        Judge(f"sample-judge-{i}", f"Sample judge {i}", f"sample_judge_{i}.xlsx",
              f"sample-family-{i}", f"sample-model-{i}", f"sample-judge-{i}")
        for i in range(1, 5)
    ),
    reference="sample-expert",
    reference_sheet="sample_expert.xlsx",
)  # fmt: skip

SYSTEM_IDS: Final[tuple[str, ...]] = RELEASED.system_ids
JUDGE_IDS: Final[tuple[str, ...]] = RELEASED.judge_ids
#: The human experts' one released score first, then the judges.
RATERS: Final[tuple[str, ...]] = RELEASED.raters


def get_system(system_id: str) -> System:
    """Return the registered system, or raise ``KeyError`` naming the known ones."""
    for system in SYSTEMS:
        if system.id == system_id:
            return system
    raise KeyError(f"unknown system {system_id!r}; known: {', '.join(SYSTEM_IDS)}")


def get_judge(judge_id: str) -> Judge:
    """Return the registered judge, or raise ``KeyError`` naming the known ones."""
    for judge in JUDGES:
        if judge.id == judge_id:
            return judge
    raise KeyError(f"unknown judge {judge_id!r}; known: {', '.join(JUDGE_IDS)}")
