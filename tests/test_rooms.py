"""Dependencies point one way along the line of rooms, and the core knows arrays only."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest

from tests.rooms import BESIDE, LINE, PACKAGE, arrows, imports, modules, picture, room_of

CONTRIBUTING = PACKAGE.parent / "CONTRIBUTING.md"


def test_every_module_stands_in_a_room_of_the_line() -> None:
    rooms = {room_of(name) for name in modules()}
    assert rooms - set(LINE) - set(BESIDE) - {"sample"} == set()


def test_no_arrow_runs_back_up_the_line() -> None:
    back = {
        f"{room} imports {target}": lines
        for (room, target), lines in arrows().items()
        if room in LINE and target in LINE and LINE.index(target) > LINE.index(room)
    }
    assert back == {}


def test_no_module_is_in_a_circle() -> None:
    known = modules()
    graph = {
        name: {t for t in imports(path) if t in known and t and t != name}
        for name, path in known.items()
        if name
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


def test_the_core_holds_arrays_only() -> None:
    below = {target for (room, target) in arrows() if room == "reliability.core"}
    assert below <= {"choices", "errors"}


def test_the_picture_in_contributing_is_the_code() -> None:
    assert picture() in CONTRIBUTING.read_text(encoding="utf-8")
