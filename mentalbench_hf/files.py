"""Find the thin folders that travel with the package: dataset_scripts, metrics, space."""

from __future__ import annotations

from pathlib import Path

from mentalbench_hf.errors import MentalBenchError


def bundled(*parts: str) -> Path:
    """Return a bundled file or folder: from the wheel, or from the checkout it is installed from.

    Raises:
        MentalBenchError: neither holds it.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "bundled", package.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise MentalBenchError(
        f"{'/'.join(parts)} is not in this installation of mentalbench-hf; reinstall it"
    )
