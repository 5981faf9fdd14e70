"""How the Space is run: what its operator chooses, by options or environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mentalbench_hf.errors import RunError

#: Environment variable -> field, for a deployed Space, where there is no command line.
VARIABLES: Final = {
    "MENTALBENCH_SPACE_SOURCE": "source",
    "MENTALBENCH_RATINGS_DIR": "ratings_dir",
    "MENTALBENCH_RATINGS_REPO": "ratings_repo",
    "MENTALBENCH_JUDGE_MODEL": "judge_model",
    "MENTALBENCH_JUDGE_BASE_URL": "judge_base_url",
    "MENTALBENCH_JUDGE_LIMIT": "judge_limit",
    "MENTALBENCH_CERTIFIED_DIR": "certified_dir",
}


@dataclass(frozen=True, slots=True)
class SpaceOptions:
    """What the operator of the page chooses.

    Attributes:
        source: ``auto`` (what is installed, else the sample), ``upstream``, ``sample``, or a
            folder of released files or of datasets that ``mentalbench build`` made.
        ratings_dir: where readers' ratings are kept.
        ratings_repo: a dataset repository that receives them too, empty for none.
        judge_model: what the judge is called by its server, the Hub or the disk, or a registered
            name; empty for no judge. Several are separated by commas.
        judge_base_url: an OpenAI-compatible server for the judge; empty for the Hub or the disk.
        judge_limit: judgments per user and hour.
        certified_dir: folder of reliability tables (``reliability_response.json``) of judges.
    """

    source: str = "auto"
    ratings_dir: Path = Path("ratings")
    ratings_repo: str = ""
    judge_model: str = ""
    judge_base_url: str = ""
    judge_limit: int = 20
    certified_dir: Path | None = None


def options_from_environment(**given: object) -> SpaceOptions:
    """Return the options: what is given (not None), else the environment, else the defaults.

    Raises:
        RunError: a limit that is not a whole number of at least 1.
    """
    values: dict[str, object] = {
        field: os.environ[name] for name, field in VARIABLES.items() if os.environ.get(name)
    }
    values |= {field: value for field, value in given.items() if value is not None}
    limit = values.get("judge_limit", 20)
    if not str(limit).isdecimal() or int(str(limit)) < 1:
        raise RunError(
            f"the judge limit must be a whole number of at least 1, got {limit!r} "
            "(--judge-limit or MENTALBENCH_JUDGE_LIMIT)"
        )
    values["judge_limit"] = int(str(limit))
    for name in ("ratings_dir", "certified_dir"):
        if values.get(name):
            values[name] = Path(str(values[name]))
    return SpaceOptions(**values)  # type: ignore[arg-type]
