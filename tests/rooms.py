"""The arrows between the package's rooms, read from its import lines."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "mentalbench_hf"
#: The line along which dependencies point: a room may import what stands before it.
LINE = (
    "schema", "sources", "parsing", "data", "reliability.core", "reliability", "reliability.trust",
    "reliability.panel", "report", "inference", "hub", "ecosystem", "front", "space", "cli",
)  # fmt: skip
#: Modules beside the rooms, which import no room (the front door does so by name only).
BESIDE = ("choices", "errors", "files", "_version", "callable_room", "")
_STOREYS = ("reliability.core", "reliability.trust", "reliability.panel")


def room_of(module: str) -> str:
    """Return the room of a module named below the package, or the storey it stands in."""
    for storey in _STOREYS:
        if module == storey or module.startswith(f"{storey}."):
            return storey
    return module.split(".")[0]


def imports(path: Path) -> Iterator[str]:
    """Yield the modules of the package that a file imports when it runs, also inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _running(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mentalbench_hf"):
            base = (node.module or "").removeprefix("mentalbench_hf").removeprefix(".")
            for name in node.names:
                inner = f"{base}.{name.name}".strip(".")
                file = PACKAGE / inner.replace(".", "/")
                is_module = file.with_suffix(".py").is_file() or file.is_dir()
                yield inner if is_module else base
        elif isinstance(node, ast.Import):
            for name in node.names:
                if name.name.startswith("mentalbench_hf."):
                    yield name.name.removeprefix("mentalbench_hf.")


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run: not those under ``if TYPE_CHECKING``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from _running(node)


def modules() -> dict[str, Path]:
    """Return every module of the package, named below it, and its file."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "bundled" in path.parts:
            continue
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found[name.removesuffix("__init__").removesuffix(".")] = path
    return found


def arrows() -> dict[tuple[str, str], list[str]]:
    """Return (room, room it imports) -> the import lines as ``module → module``."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, path in modules().items():
        for target in imports(path):
            rooms = room_of(name), room_of(target)
            if rooms[0] != rooms[1]:
                found.setdefault(rooms, []).append(f"{name} → {target}")
    return found


def picture() -> str:
    """Return the rooms in order, each with the rooms it imports, for CONTRIBUTING."""
    used: dict[str, set[str]] = {}
    for room, target in arrows():
        if target in LINE:
            used.setdefault(room, set()).add(target)
    lines = []
    for room in LINE:
        below = [r for r in LINE if r in used.get(room, ())]
        lines.append(f"{room:<18} ← {', '.join(below)}" if below else room)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(picture() + "\n")
