"""What must hold before a release: run by ``make release-check``, each line a check.

Exits 1 and names every check that failed. It uploads nothing.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from mentalbench_hf._version import __version__
from mentalbench_hf.sources import SHEETS

CHECKOUT = Path(__file__).resolve().parents[1]
#: Files of the released data, which never leave the machine they were fetched to.
RELEASED = {*SHEETS, "interim_expert_totals.csv"}


def git(*arguments: str) -> str:
    """Return what git prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def checks(made: Path) -> Iterator[tuple[str, bool, str]]:
    """Yield each check, whether it holds, and what to do where it does not."""
    changes = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    cited = yaml.safe_load((CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))["version"]
    yield "the checkout is clean", not git("status", "--porcelain"), "commit or remove what is left"
    yield (
        f"CHANGELOG.md has a section {__version__}",
        bool(re.search(rf"^## {re.escape(__version__)}( |$)", changes, re.MULTILINE)),
        "give the section Unreleased the version and the date",
    )
    yield f"CITATION.cff says {__version__}", cited == __version__, f"it says {cited}"
    tagged = git("tag", "--list", f"v{__version__}")
    here = not tagged or git("rev-list", "-1", tagged) == git("rev-parse", "HEAD")
    yield f"v{__version__} is free or names this commit", here, "raise mentalbench_hf/_version.py"
    wheels, sdists = sorted(made.glob("*.whl")), sorted(made.glob("*.tar.gz"))
    yield "a wheel and an sdist are built", len(wheels) == len(sdists) == 1, "see python -m build"
    if not wheels or not sdists:
        return
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = wheel.namelist()
        (metadata,) = (n for n in names if n.endswith(".dist-info/METADATA"))
        about = wheel.read(metadata).decode("utf-8")
    wanted = ("py.typed", "bundled/space/app.py", "bundled/DATASET_CARD.md", "schema/rubric.yaml")
    missing = [n for n in wanted if f"mentalbench_hf/{n}" not in names]
    yield "the wheel carries what it needs", not missing, f"missing: {', '.join(missing)}"
    stray = sorted({n.split("/")[0] for n in names} - {"mentalbench_hf", metadata.split("/")[0]})
    yield "the wheel has one top-level module", not stray, f"also there: {', '.join(stray)}"
    with tarfile.open(sdists[0]) as sdist:
        released = [n for n in sdist.getnames() if Path(n).name in RELEASED]
    yield "the sdist holds no released sheet", not released, ", ".join(released)
    yield "the README is the package's page", "# mentalbench-hf" in about, "see pyproject's readme"
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    lost = [
        link
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", readme)
        if not (CHECKOUT / link).exists()
    ]
    yield "every file that README names is there", not lost, ", ".join(lost)


def main() -> int:
    """Build, check, print a line per check."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mentalbench-release-") as work:
        build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", work, str(CHECKOUT)]
        done = subprocess.run(build, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stderr.write(done.stdout[-2000:] + done.stderr[-2000:])
        for name, holds, otherwise in checks(Path(work)):
            sys.stdout.write(f"{'ok    ' if holds else 'FAILED'} {name}\n")
            if not holds:
                failed += 1
                sys.stdout.write(f"       {otherwise}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
