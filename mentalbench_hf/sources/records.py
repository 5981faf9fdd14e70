"""What was released, where, and how a copy is recognised: one record per upstream file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from mentalbench_hf.errors import SourceError
from mentalbench_hf.schema import HUMAN_SHEET, RELEASED


@dataclass(frozen=True, slots=True)
class UpstreamFile:
    """One file as it was released.

    Attributes:
        name: its file name; unique among the records, and its name in the cache.
        repo: the GitHub repository, ``owner/name``; empty for a file of the bundled sample.
        commit: the commit it is taken from; empty for a file of the bundled sample.
        path: its path inside the repository, with forward slashes.
        size: its length in bytes, None where only a hash is known.
        sha256: hexadecimal sha256 of its bytes, or None.
        git_blob: hexadecimal git blob id, or None.

    Raises:
        SourceError: if the name is not a plain file name, or no hash at all is given.
    """

    name: str
    repo: str
    commit: str
    path: str
    size: int | None
    sha256: str | None
    git_blob: str | None

    def __post_init__(self) -> None:
        """Refuse a record that could not be verified or would leave its folder."""
        if self.name in {"", ".", ".."} or self.name != PurePosixPath(self.name).name:
            raise SourceError(f"an upstream file needs a plain file name, received {self.name!r}")
        if self.sha256 is None and self.git_blob is None:
            raise SourceError(f"the record of {self.name} needs a sha256 or a git blob id")


REPO: Final = "abeerbadawi/MentalBench-Align"
#: Only the abbreviated id of the released commit is known. GitHub resolves it, and what is
#: fetched is recognised by its hash, not by the commit's name.
COMMIT: Final = "03cfc4b"
#: The same conversations on the Hugging Face Hub.
HUB_DATASET: Final = "abadawi/MentalBench-Align"
#: Totals of single experts from an earlier public revision; a folder of copies may hold it.
INTERIM_NAME: Final = "interim_expert_totals.csv"
#: The table inside the released archive.
CSV_NAME: Final = "MentalBench-100k.csv"

# Sheet -> folder in the repository, bytes, sha256.
_HUMAN_FOLDER: Final = "MentalAlign-70k/Human_Judge"
_JUDGE_FOLDER: Final = "MentalAlign-70k/LLMs_as_a_judge"
_KNOWN_SHEETS: Final[dict[str, tuple[int, str]]] = {
    "Human_judge.xlsx": (
        237045,
        "3582e4a36db7c6788d54266c82967ebee5e7b7910d41cff752db0e79d97b74b5",
    ),
    "claude_llm_judge.xlsx": (
        1174042,
        "86555b88e979598c73a6d6e2ea984ff0e053d8192d0739a57dc5868ea2377ec2",
    ),
    "gpt-4o_llm_judge.xlsx": (
        975972,
        "93a9cc7454e3dfd5e13da724bcdcccec5d72768ee417c43b63b24f69da28a5cb",
    ),
    "gemini_llm_judge.xlsx": (
        836659,
        "607627587c81e82de5555a6a4d5c1e183a214db35aae85643637100f73d2b561",
    ),
    "o4-mini_llm_judge.xlsx": (
        819487,
        "f99eb6dece161b654f3ed11988fbc9495b3653aa5b8b1b9ee6547f4bd79d070c",
    ),
}


def _sheet(name: str) -> UpstreamFile:
    size, sha256 = _KNOWN_SHEETS[name]
    folder = _HUMAN_FOLDER if name == HUMAN_SHEET else _JUDGE_FOLDER
    return UpstreamFile(name, REPO, COMMIT, f"{folder}/{name}", size, sha256, git_blob=None)


#: The five rating sheets by file name, in the order of the raters.
SHEETS: Final[dict[str, UpstreamFile]] = {name: _sheet(name) for name in RELEASED.sheet_of.values()}

#: The released MentalBench-100k. Its size and sha256 are not known, its git blob id is.
ARCHIVE: Final = UpstreamFile(
    name="MentalBench-100k.zip",
    repo=REPO,
    commit=COMMIT,
    path="MentalBench-100k/MentalBench-100k.zip",
    size=None,
    sha256=None,
    git_blob="e1d5cdb70ecdec9856efac384bc5746eccb8db81",
)
