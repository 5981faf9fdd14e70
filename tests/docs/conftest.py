"""The site's tools are not of the default install."""

from __future__ import annotations

import importlib.util
import os

collect_ignore = []
if os.environ.get("MENTALBENCH_DEFAULT_INSTALL") == "1" and not importlib.util.find_spec("mkdocs"):
    collect_ignore = ["test_docstrings.py", "test_site.py", "test_tutorial.py"]
