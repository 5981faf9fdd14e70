"""Library messages name parameters as Python does (``base_url=``); here they become options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import typer

#: ``name=`` or ``name="value"``, not part of a longer word and not followed by another value.
_NAMED: Final = re.compile(r'(?<![\w.?&-])([a-z][a-z_]*)=(?:"([^"\s]*)")?(?=[\s,.;:)]|$)')


def flags_of(app: typer.Typer) -> dict[str, str]:
    """Return parameter -> option of all commands."""
    return {
        str(param.name): param.opts[0]
        for command in typer.main.get_group(app).commands.values()
        for param in command.params
        if param.opts[0].startswith("--")
    }


def with_flags(message: str, flags: Mapping[str, str]) -> str:
    """Return a message with the options of the command line in place of parameters.

    Args:
        message: of an error or a warning of this package.
        flags: parameter -> option.
    """

    def flag(match: re.Match[str]) -> str:
        name, value = match.groups()
        return " ".join(filter(None, (flags[name], value))) if name in flags else match[0]

    return _NAMED.sub(flag, message)
