"""Read the habits of this package's source that Griffe does not know.

Comments that begin with ``#:`` above a module's names document them, roles such as
``:func:`~package.name``` name other objects in running text, and a metric's arguments stand in the
text that `evaluate` shows, ``KWARGS_DESCRIPTION``.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:func|class|meth|mod|data):`~?\.?([\w.]+)`")


class Docstrings(griffe.Extension):
    """Give names their comments as docstrings, and write roles as code."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Take a metric's text as it is, or the lines of ``#:`` right above a name."""
        if attr.name == "KWARGS_DESCRIPTION":
            text = ast.literal_eval(str(attr.value)).strip()
            attr.docstring = griffe.Docstring(f"``` {{ .text .wrap }}\n{text}\n```", parent=attr)
        if attr.docstring is not None or attr.lineno is None:
            return
        above: list[str] = []
        for line in reversed(attr.lines_collection[attr.filepath][: attr.lineno - 1]):
            if not line.lstrip().startswith("#:"):
                break
            above.insert(0, line.lstrip().removeprefix("#:").strip())
        if above:
            attr.docstring = griffe.Docstring("\n".join(above), parent=attr)

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Write each role as the last part of the name it points to."""
        if obj.docstring is not None:
            obj.docstring.value = _ROLE.sub(_as_code, obj.docstring.value)


def _as_code(role: re.Match[str]) -> str:
    return f"`{role[1].rpartition('.')[2]}`"
