"""The published figures, as data: what `mentalbench reproduce` compares with."""

from __future__ import annotations

from typing import Final, NamedTuple

from mentalbench_hf.schema import ATTRIBUTES, JUDGE_IDS


class PublishedCell(NamedTuple):
    """One cell of the published reliability tables (system level, n = 9)."""

    icc_c1: float
    icc_a1: float
    bias: float
    mse: float
    verdict: str


#: One line per judge in the order of the schema's JUDGES below; attributes in schema order.
_TABLE: Final = {
    "claude-3.7-sonnet": """.881/.837/+.248/.923/GR .915/.915/-.101/.829/GR .730/.743/+.054/.999/PR
        .685/.597/+.118/.521/PR .906/.474/+.641/1.181/MR .900/.742/+.427/.946/GR
        .791/.806/+.031/1.084/MR""",
    "gpt-4o": """.849/.475/+.771/1.513/GR .856/.681/+.461/.958/GR .532/.243/+.389/.780/MR
        .480/.279/+.218/.451/PR .835/.288/+.817/1.391/MR .800/.457/+.669/1.130/MR
        .823/.485/+.349/.769/GR""",
    "gemini-2.5-flash": """.855/.682/+.486/1.368/MR .878/.877/+.115/1.032/MR
        .306/.137/+.401/.880/PR .377/.222/+.208/.550/PR .838/.380/+.703/1.310/MR
        .734/.385/+.747/1.354/PR .362/.180/+.397/.934/PR""",
    "o4-mini": """.948/.786/+.440/1.114/GR .918/.908/-.144/.846/GR .342/.140/+.431/.804/PR
        .259/.117/+.251/.534/PR .883/.499/+.581/1.117/MR .871/.660/+.474/.912/MR
        .871/.592/+.303/.758/GR""",
}
#: Published tables write MR and PR for moderate (MV) and limited (LR).
_VERDICTS: Final = {"GR": "GR", "MR": "MV", "PR": "LR"}


def _cell(text: str) -> PublishedCell:
    *numbers, label = text.split("/")
    c, a, shift, error = map(float, numbers)
    return PublishedCell(c, a, shift, error, _VERDICTS[label])


#: (judge, attribute) -> the published cell.
PUBLISHED: Final[dict[tuple[str, str], PublishedCell]] = {
    (judge, attribute): _cell(text)
    for judge in JUDGE_IDS
    for attribute, text in zip(ATTRIBUTES, _TABLE[judge].split(), strict=True)
}

_MEANS: Final = {
    "gpt-4o": "4.51 4.76 4.89 4.96 4.60 4.72 4.89 4.76",
    "gemini-2.0-flash": "4.41 4.72 4.84 4.95 4.30 4.49 4.85 4.65",
    "gpt-4o-mini": "4.30 4.64 4.82 4.95 4.31 4.55 4.84 4.63",
    "llama-3.1-8b-instruct": "4.07 4.51 4.76 4.89 4.36 4.42 4.78 4.54",
    "deepseek-llama-8b": "3.72 3.92 4.50 4.76 4.16 3.87 4.49 4.20",
    "qwen2.5-7b-instruct": "3.89 4.08 4.39 4.55 4.01 4.13 4.38 4.20",
    "claude-3.5-haiku": "3.74 4.03 4.53 4.79 3.82 3.81 4.55 4.18",
    "deepseek-qwen-7b": "3.60 3.88 4.45 4.72 4.25 3.80 4.47 4.16",
    "qwen3-4b": "3.07 3.32 4.08 4.46 3.62 3.20 4.07 3.64",
}
#: system -> published human means of the seven attributes, then their published average.
PUBLISHED_MEANS: Final[dict[str, tuple[float, ...]]] = {
    system: tuple(map(float, row.split())) for system, row in _MEANS.items()
}
