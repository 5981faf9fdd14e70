"""Reading a small YAML, JSON or TOML file that a user wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentalbench_hf.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path


def read_document(path: Path, what: str) -> Any:
    """Return the content of a file, by its ending: ``.json``, ``.toml``, else YAML.

    Raises:
        RunError: the file cannot be read or parsed; the message calls it `what`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"The {what} {path} cannot be read: {error}.") from error
    ending = path.suffix.lower()
    if ending in (".json", ".toml"):
        import json
        import tomllib

        try:
            return json.loads(text) if ending == ".json" else tomllib.loads(text)
        except ValueError as error:  # the errors of both parsers are ValueErrors
            raise RunError(
                f"The {what} {path} is not valid {ending[1:].upper()}: {error}."
            ) from error
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RunError(f"The {what} {path} is not valid YAML: {error}.") from error
