"""How each system and judge is reached, and the user's own additions.

The nine systems and four judges of the benchmarks are known by name. A YAML, TOML or JSON file
(``--models FILE`` or ``MENTALBENCH_MODELS``) adds more, or changes how one is reached::

    models:
      my-tuned-llama:
        model_id: my-org/my-tuned-llama
        family: meta
        via: openai
        base_url: http://127.0.0.1:8000/v1
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.schema.documents import read_document
from mentalbench_hf.schema.raters import JUDGES, SYSTEMS

MODELS_VARIABLE: Final = "MENTALBENCH_MODELS"


class Via(StrEnum):
    """The way to a model.

    ``hub``: huggingface_hub's inference client (Inference Providers, by model id);
    ``openai``: an OpenAI-compatible server by base URL (TGI, vLLM, llama.cpp, a vendor's API,
    an Inference Endpoint); ``local``: transformers, in this process.
    """

    HUB = "hub"
    OPENAI = "openai"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model that can write or judge responses.

    Attributes:
        id: the name used everywhere in this package.
        model_id: what the Hub, the server or the disk calls it.
        via: how it is reached: a ``Via``, or the name of a registered backend.
        family: the maker, to flag judges and systems of one family; ``""`` when unknown.
        open: whether the weights are public; None when unknown.
        base_url: the server's address for ``openai``.
        provider: the Inference Provider for ``hub``; None lets the Hub route.
        token_env: the environment variable that holds the key; None means the usual place.
        max_tokens_field: the request field that bounds the reply (reasoning models of some
            vendors know only ``max_completion_tokens``).
        fixed_temperature: True when the model refuses the temperature field altogether.
        counterpart: the system that is this judge's own model line; ``""`` when none.
    """

    id: str
    model_id: str
    via: Via | str = Via.HUB
    family: str = ""
    open: bool | None = None
    base_url: str | None = None
    provider: str | None = None
    token_env: str | None = None
    max_tokens_field: str = "max_tokens"
    fixed_temperature: bool = False
    counterpart: str = ""


#: Maker -> (OpenAI-compatible address, variable of the key) of the closed models.
_VENDORS: Final = {
    "anthropic": ("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "google": ("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
}
_FIELDS: Final = tuple(f for f in ModelEntry.__dataclass_fields__ if f != "id")


def _published() -> dict[str, ModelEntry]:
    entries: dict[str, ModelEntry] = {}
    for system in SYSTEMS:
        if system.model_id is None:
            continue
        entry = ModelEntry(
            system.id, system.model_id, family=system.family, open=system.open,
            counterpart=system.id,
        )  # fmt: skip
        entries[system.id] = entry if system.open else _by_vendor(entry)
    for judge in JUDGES:
        entry = ModelEntry(
            judge.id, judge.model_id, family=judge.family, open=False,
            counterpart=judge.counterpart,
        )  # fmt: skip
        if judge.id == "o4-mini":
            entry = replace(entry, max_tokens_field="max_completion_tokens", fixed_temperature=True)
        entries[judge.id] = _by_vendor(entry)
    return entries


def _by_vendor(entry: ModelEntry) -> ModelEntry:
    base_url, token_env = _VENDORS[entry.family]
    return replace(entry, via=Via.OPENAI, base_url=base_url, token_env=token_env)


def load_models(path: Path | str | None = None) -> dict[str, ModelEntry]:
    """Return every known model by id: the published ones, then the user's file on top.

    Without `path`, the file named by ``MENTALBENCH_MODELS`` is read when that is set.

    Raises:
        RunError: the file cannot be read, or an entry has an unknown field or a wrong type.
    """
    models = _published()
    path = path or os.environ.get(MODELS_VARIABLE) or None
    if path is None:
        return models
    for name, fields in _read(Path(path)).items():
        models[name] = _entry(name, fields, models.get(name), str(path))
    return models


def find_model(name: str, models: dict[str, ModelEntry]) -> ModelEntry:
    """Return the entry of a known name, or raise ``RunError`` naming the known ones."""
    try:
        return models[name]
    except KeyError:
        raise RunError(
            f"Unknown model {name!r}. Known: {', '.join(sorted(models))}. Give model= (and "
            f"base_url=) to reach another one, or add it to a file named by {MODELS_VARIABLE}."
        ) from None


def _read(path: Path) -> dict[str, Any]:
    content = read_document(path, "models file")
    models = content.get("models") if isinstance(content, dict) else None
    if not isinstance(models, dict):
        raise RunError(f"The models file {path} has no table `models` (name -> fields).")
    return {str(name): fields for name, fields in models.items()}


def _entry(name: str, fields: Any, known: ModelEntry | None, where: str) -> ModelEntry:
    if not isinstance(fields, dict):
        raise RunError(f"{where}: the entry {name!r} is not a table of fields.")
    unknown = sorted(set(map(str, fields)) - set(_FIELDS))
    if unknown:
        raise RunError(
            f"{where}: {name!r} has unknown fields {', '.join(unknown)}; "
            f"known: {', '.join(_FIELDS)}. (Keys are never stored here: name a variable in "
            "token_env.)"
        )
    if known is None and not isinstance(fields.get("model_id"), str):
        raise RunError(f"{where}: {name!r} needs a `model_id` (text).")
    values = dict(fields)
    if "via" in values:
        try:
            values["via"] = Via(values["via"])
        except ValueError:
            raise RunError(
                f"{where}: {name!r} has via {values['via']!r}; valid: {', '.join(Via)}."
            ) from None
    elif values.get("base_url"):
        values["via"] = Via.OPENAI
    for field, value in values.items():
        if field in ("open", "fixed_temperature"):
            wanted: Any = bool
        else:
            wanted = str
        if value is not None and not isinstance(value, wanted):
            raise RunError(f"{where}: {name!r}.{field} must be {wanted.__name__}, got {value!r}.")
    base = known or ModelEntry(name, str(fields["model_id"]))
    entry = replace(base, **values)
    if entry.via is Via.OPENAI and not entry.base_url:
        raise RunError(f"{where}: {name!r} is reached via openai and needs a `base_url`.")
    return entry
