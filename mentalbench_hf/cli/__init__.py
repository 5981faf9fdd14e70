"""The command `mentalbench`. Only this room knows about exit codes and terminals."""

from mentalbench_hf.cli.main import app, main

__all__ = ["app", "main"]
