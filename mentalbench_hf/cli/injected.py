"""Groups of options that several commands take: written once, and put into each of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, get_type_hints

import typer

Command: TypeAlias = Callable[..., None]
#: Makes the value of a parameter from the values of its options, and from the names of all
#: parameters that stand on the command line.
Make: TypeAlias = Callable[[dict[str, Any], frozenset[str]], Any]


def injects(
    parameter: str,
    holder: Callable[..., None],
    make: Make = lambda values, given: values,
    *,
    defaults: Mapping[str, Any] | None = None,
    annotations: Mapping[str, Any] | None = None,
) -> Callable[[Command], Command]:
    """Return a decorator that gives a command options in the place of one of its parameters.

    Args:
        parameter: of the command; it gets what `make` returns, by default a dict of the values.
        holder: its signature holds the options; it is never called.
        make: from the options' values to the parameter's.
        defaults: of this command, where they differ from the holder's.
        annotations: of this command, where they differ from the holder's.
    """
    extra = {
        name: option.replace(
            kind=inspect.Parameter.KEYWORD_ONLY,
            default=(defaults or {}).get(name, option.default),
            annotation=(annotations or {}).get(name, option.annotation),
        )
        for name, option in inspect.signature(holder, eval_str=True).parameters.items()
    }

    def inject(command: Command) -> Command:
        own = inspect.signature(command).parameters
        hints = get_type_hints(command, include_extras=True)

        @functools.wraps(command)
        def wrapper(ctx: typer.Context, **values: Any) -> None:
            given = frozenset(
                name
                for name in ctx.params
                if (source := ctx.get_parameter_source(name)) and source.name == "COMMANDLINE"
            )
            value = make({name: values.pop(name) for name in extra}, given)
            if "ctx" in own:
                values["ctx"] = ctx
            command(**{parameter: value}, **values)

        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [inspect.Parameter("ctx", keyword, annotation=typer.Context)]
        for name, option in own.items():
            if name == parameter:
                parameters += extra.values()
            elif name != "ctx":
                parameters.append(option.replace(kind=keyword, annotation=hints[name]))
        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
        return wrapper

    return inject
