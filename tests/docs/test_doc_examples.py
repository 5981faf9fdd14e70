"""The examples of the docstrings and of the API reference give what they say."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mentalbench_hf.cli import app

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "mentalbench_hf"
BLOCK = re.compile(r"^```pycon\n(.*?)^```", re.MULTILINE | re.DOTALL)
MODULES = sorted(
    ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if re.search(r"^\s*>>>", path.read_text(encoding="utf-8"), re.MULTILINE)
)
PAGES = sorted(
    path for path in (CHECKOUT / "docs").rglob("*.md") if BLOCK.search(path.read_text("utf-8"))
)
#: The metrics' help is no docstring; tests/hub runs it through `evaluate`.
ELSEWHERE = {"mentalbench_hf.reliability.metric"}


def run(test: doctest.DocTest) -> int:
    """Run the examples in one namespace and return how many there were."""
    result = doctest.DocTestRunner(verbose=False).run(test)
    assert result.failed == 0
    return result.attempted


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ELSEWHERE])
def test_the_examples_of_a_module(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.DocTestFinder().find(importlib.import_module(name))
    assert sum(run(test) for test in found) > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
    assert run(doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)) > 0


def test_examples_are_found() -> None:
    """An empty list would pass everything."""
    assert "mentalbench_hf.reliability.core.icc" in MODULES
    assert "reliability" in {page.stem for page in PAGES}


def test_the_commands_of_the_page_on_own_ratings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (CHECKOUT / "docs" / "own_ratings.md").read_text(encoding="utf-8")
    # The first example writes the file that the commands read.
    made = BLOCK.findall(text)[0]
    run(doctest.DocTestParser().get_doctest(made, {}, "own_ratings.md", None, 0))
    commands = re.findall(r"^mentalbench (.+)$", text, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command))
        assert result.exit_code == 0, f"{command}: {result.output}"
    assert (tmp_path / "report" / "report.html").is_file()
