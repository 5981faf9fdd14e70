"""The tutorial is kept without outputs, and cannot be shown with a failure in it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from mkdocs.exceptions import PluginError

CHECKOUT = Path(__file__).resolve().parents[2]
NOTEBOOK = CHECKOUT / "docs" / "tutorial.ipynb"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "notebook_hook", CHECKOUT / "docs" / "hooks" / "notebook.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) >= 10
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert "SYNTHETIC SAMPLE" in notebook.cells[0].source


def written(folder: Path, source: str, **metadata: str) -> Path:
    cell = nbformat.v4.new_code_cell(source, metadata=metadata)
    path = folder / "made.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import warnings\nwarnings.warn('old')", "stderr"),
        ("from IPython.display import Image\nImage(data=b'\\x89PNG', format='png')", "alt"),
    ],
)
def test_a_fault_stops_the_build(hook: ModuleType, tmp_path: Path, source: str, says: str) -> None:
    with pytest.raises(PluginError, match=says):
        hook.as_markdown(hook.executed(written(tmp_path, source)), "made")


@pytest.mark.slow
def test_it_runs_this_checkout_offline_in_an_empty_folder(hook: ModuleType, tmp_path: Path) -> None:
    source = (
        "import os, mentalbench_hf\n"
        "print(mentalbench_hf.__file__, os.environ['HF_HUB_OFFLINE'], os.listdir())"
    )
    page, figures = hook.as_markdown(hook.executed(written(tmp_path, source)), "made")
    assert f"{CHECKOUT / 'mentalbench_hf' / '__init__.py'} 1 []" in page
    assert figures == {}
