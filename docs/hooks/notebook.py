"""Run the tutorial notebook while the site is built, and show it with what it printed.

The notebook is kept without outputs, so that what a reader sees is what this version computes. A
cell that fails, or that writes to stderr (a warning, for example), fails the build.
"""

from __future__ import annotations

import base64
import importlib
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbclient
import nbformat
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from traitlets.config import Config

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

NOTEBOOK = "tutorial.ipynb"
_CHECKOUT = Path(__file__).resolve().parents[2]
#: What pandas says about the look of a table; the theme draws the plain ones.
_LOOK = re.compile(r"<(table|tr)\b[^>]*>")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the executed notebook to the pages, and its figures beside it."""
    if files.get_file_from_path(NOTEBOOK) is None:
        return files
    path = Path(config.docs_dir) / NOTEBOOK
    page, figures = as_markdown(executed(path), path.stem)
    files.append(File.generated(config, f"{path.stem}.md", content=page))
    for name, content in figures.items():
        files.append(File.generated(config, name, content=content))
    return files


def executed(path: Path) -> nbformat.NotebookNode:
    """Return the notebook with its outputs; offline, in an empty folder, against this checkout."""
    # On a new machine matplotlib lists the fonts first, and says so on stderr where that is slow.
    importlib.import_module("matplotlib.font_manager")
    notebook = nbformat.read(path, as_version=4)
    paths = [str(_CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    with tempfile.TemporaryDirectory() as folder:
        client = nbclient.NotebookClient(
            notebook,
            timeout=300,
            resources={"metadata": {"path": folder}},
            # The kernel warns of an open channel otherwise, loopback or not.
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
        try:
            client.execute(env=environment)
        except nbclient.exceptions.CellExecutionError as error:
            raise PluginError(f"{path.name}: {error}") from error
    return notebook


def as_markdown(notebook: nbformat.NotebookNode, stem: str) -> tuple[str, dict[str, bytes]]:
    """Return an executed notebook as a page, and its figures by path.

    Raises:
        PluginError: a cell wrote to stderr, or a figure has no text for readers who do not see it
            (the cell's metadata ``alt``).
    """
    parts: list[str] = []
    figures: dict[str, bytes] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            if output.output_type == "stream":
                if output.name == "stderr":
                    raise PluginError(f"{stem}, cell {number} wrote to stderr: {output.text}")
                parts.append(_verbatim(output.text))
            elif "image/png" in output.data:
                name = f"{stem}_files/{len(figures) + 1}.png"
                figures[name] = base64.b64decode(output.data["image/png"])
                alt = cell.metadata.get("alt")
                if not alt:
                    raise PluginError(f"{stem}, cell {number}: the figure has no metadata `alt`")
                parts.append(f"![{alt}]({name})")
            else:
                parts.append(_shown(output.data))
    return "\n\n".join(parts) + "\n", figures


def _shown(data: dict[str, Any]) -> str:
    """Return a value that is no figure: as Markdown, as a table, or as it prints."""
    if "text/markdown" in data:
        return str(data["text/markdown"])
    if "text/html" in data:
        table = _LOOK.sub(r"<\1>", data["text/html"])
        # A block of HTML ends at an empty line.
        return re.sub(r"\n\s*\n", "\n", table).strip()
    return _verbatim(data["text/plain"])


def _verbatim(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"
