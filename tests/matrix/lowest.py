"""Print the lowest declared version of every dependency, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
EXTRAS = ("local", "space", "pingouin", "inspect")
_DECLARED = re.compile(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?>=([\d.]+)")


def lowest() -> Iterator[tuple[str, str]]:
    """Yield name and lowest version of what the package and its extras need."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for line in [*project["dependencies"], *(d for e in EXTRAS for d in extras.get(e, ()))]:
        match = _DECLARED.match(line)
        if match is None:
            raise SystemExit(f"{line!r} in pyproject.toml declares no lowest version (name>=X)")
        yield match[1], match[2]


if __name__ == "__main__":
    print("\n".join(f"{name}=={version}" for name, version in lowest()))  # noqa: T201
