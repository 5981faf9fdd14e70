"""A room that is also a job: ``mb.reliability(ratings)`` beside ``mentalbench_hf.reliability``.

The front door's two most wanted names are names of rooms. Importing a room binds its module under
that name in the package, whatever stood there before, so the module itself answers the call.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def make_callable(room: str, home: str) -> None:
    """Let a room's module be called as the job of the same name in `home`.

    Args:
        room: full name of the room's module, already imported.
        home: full name of the module that holds the job; imported at the first call.
    """

    class Room(ModuleType):
        """A module that is called."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Do the job of the room's name."""
            return getattr(import_module(home), room.rpartition(".")[2])(*args, **kwargs)

    sys.modules[room].__class__ = Room
