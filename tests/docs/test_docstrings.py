"""Docstrings name the arguments and fields that there are, in the whole package."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from pathlib import Path

import griffe
import pytest

import mentalbench_hf as mb
from mentalbench_hf.front import agreement, reporting

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def package() -> griffe.Module:
    loaded = griffe.load(
        "mentalbench_hf", search_paths=[str(CHECKOUT)], docstring_parser="google", submodules=True
    )
    assert isinstance(loaded, griffe.Module)
    return loaded


def documented(of: griffe.Module | griffe.Class) -> Iterator[griffe.Object]:
    """Yield everything below with a docstring; what is imported from elsewhere is left out."""
    for member in of.members.values():
        if isinstance(member, griffe.Alias):
            continue
        if member.docstring is not None:
            yield member
        if isinstance(member, griffe.Module | griffe.Class):
            yield from documented(member)


def sections(
    member: griffe.Object, kind: griffe.DocstringSectionKind
) -> list[griffe.DocstringNamedElement]:
    assert member.docstring is not None
    return [item for s in member.docstring.parse("google") if s.kind is kind for item in s.value]


def test_arguments_are_those_of_the_signature(
    package: griffe.Module, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        n = sum(
            len(sections(member, griffe.DocstringSectionKind.parameters))
            for member in documented(package)
        )
    wrong = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert not wrong, "\n".join(wrong)
    assert n > 100


def test_attributes_are_the_fields_in_order(package: griffe.Module) -> None:
    """Griffe does not compare these: a renamed field would keep its old name on the page."""
    checked, wrong = 0, []
    for member in documented(package):
        if not isinstance(member, griffe.Class) or "dataclass" not in member.labels:
            continue
        told = [a.name for a in sections(member, griffe.DocstringSectionKind.attributes)]
        if not told:
            continue
        known = [
            name
            for name, field in member.members.items()
            if isinstance(field, griffe.Attribute)
            and not name.startswith("_")
            and field.annotation is not None
            and "property" not in field.labels
        ]
        if told != [name for name in known if name in told]:
            wrong.append((member.path, told, known))
        checked += 1
    assert wrong == []
    assert checked > 30


def test_every_job_of_the_front_door_has_an_example() -> None:
    """`test_doc_examples` runs them."""
    jobs = [getattr(mb, name) for name in mb.__all__ if name.islower() and "version" not in name]
    rooms = [agreement.reliability, reporting.report]
    jobs = [job for job in jobs if inspect.isfunction(job)] + rooms
    assert len(jobs) > 20
    assert not [
        job.__name__ for job in jobs if ">>> import mentalbench_hf as mb" not in job.__doc__
    ]


def test_a_wrong_name_is_seen(caplog: pytest.LogCaptureFixture) -> None:
    """The check above can fail."""
    code = inspect.cleandoc('''
        def double(number: int) -> int:
            """Double.

            Args:
                nummer: what to double.
            """
    ''')
    with griffe.temporary_visited_module(code, docstring_parser="google") as module:
        found = next(documented(module))
        with caplog.at_level(logging.WARNING):
            sections(found, griffe.DocstringSectionKind.parameters)
    assert "nummer" in caplog.text
