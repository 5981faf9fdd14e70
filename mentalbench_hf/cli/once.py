"""An option that takes one value is given once; the parser alone would keep the last in silence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class OnceCommand(TyperCommand):
    """A command that refuses an option given twice, unless the option takes several values."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Count the options before they are parsed."""
        takes_value = {
            name: param
            for param in self.params
            if not (getattr(param, "is_flag", False) or getattr(param, "count", False))
            for name in param.opts
            if name.startswith("-")
        }
        found = Counter(_options(args, takes_value))
        for name, times in found.items():
            if times > 1 and not getattr(takes_value[name], "multiple", False):
                raise typer.BadParameter(
                    f"given {times} times, but one {name.lstrip('-')} is taken", param_hint=name
                )
        return super().parse_args(ctx, args)


def _options(args: Sequence[str], takes_value: Collection[str]) -> list[str]:
    """Return the options with a value among the arguments, in full."""
    names: list[str] = []
    left = iter(args)
    for argument in left:
        if argument == "--":
            break
        name, equals, _ = argument.partition("=")
        if name in takes_value:
            names.append(name)
            if not equals:
                next(left, None)
    return names
