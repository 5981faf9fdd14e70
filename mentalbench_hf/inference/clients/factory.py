"""From a model's name to a client."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from mentalbench_hf.errors import RunError
from mentalbench_hf.schema.models import ModelEntry, Via, find_model

if TYPE_CHECKING:
    from mentalbench_hf.inference.clients.protocol import ChatClient

TOKEN_VARIABLE: Final = "MENTALBENCH_API_KEY"  # noqa: S105 - the name of a variable
#: Hosts of Hugging Face, the only ones that may see a Hub token.
_HUB_HOSTS: Final = ("huggingface.co", "huggingface.cloud", "hf.space", "hf.co")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How a client is run; nothing here changes a reply.

    Attributes:
        concurrency: calls in flight to expect.
        timeout: seconds an attempt may take.
        batch_size: for local models.
        device: for local models; None chooses.
        dtype: for local models; None chooses.
        keyless: look no key up, for a plan that is only shown.
    """

    concurrency: int = 8
    timeout: float = 120.0
    batch_size: int = 8
    device: str | None = None
    dtype: str | None = None
    keyless: bool = False


def resolve_model(
    name: str | None,
    models: dict[str, ModelEntry],
    *,
    model: str | None = None,
    base_url: str | None = None,
    provider: str | None = None,
    via: str | None = None,
    token_env: str | None = None,
) -> ModelEntry:
    """Return the entry for the options of a command.

    A registered `name` gives the defaults; the other options change how it is reached. A name
    that is not registered needs `model`. A path that exists is a local model, `base_url` means
    an OpenAI-compatible server, anything else is a model id on the Hub.

    Raises:
        RunError: no name and no model, an unknown name, a path where nothing is, or options that
            exclude each other.
    """
    if via is not None and via not in _BACKENDS:
        raise RunError(f"Unknown way via={via!r}; choose one of {', '.join(_BACKENDS)}.")
    if name is None and model is None:
        raise RunError("Give a registered name, or model= with what the server or Hub calls it.")
    if name is not None and (name in models or model is None):
        entry = find_model(name, models)
    else:
        entry = ModelEntry(name or str(model), str(model))
    if model is not None:
        entry = replace(entry, model_id=model)
        if name is None or name not in models:
            local = Path(model).expanduser().exists()
            entry = replace(entry, via=Via.LOCAL if local else Via.HUB)
    if base_url is not None:
        entry = replace(entry, via=Via.OPENAI, base_url=base_url, token_env=None)
    if provider is not None:
        entry = replace(entry, via=Via.HUB, provider=provider, base_url=None)
    if via is not None:
        entry = replace(entry, via=Via(via) if via in tuple(Via) else via)
    if token_env is not None:
        entry = replace(entry, token_env=token_env)
    if entry.via is Via.OPENAI and not entry.base_url:
        raise RunError(f"{entry.id} via openai needs base_url=.")
    if entry.via in (Via.HUB, Via.LOCAL) and not entry.base_url and _missing_path(entry.model_id):
        raise RunError(
            f"There is no file or folder {entry.model_id}. Give the path of a model on this "
            "machine, a model id on the Hub (owner/name), or base_url= for a server."
        )
    return entry


def _missing_path(model: str) -> bool:
    """Whether a model's name can only be a path, and nothing is there."""
    looks = model.startswith(("/", "./", "../", "~")) or model.lower().endswith(".gguf")
    return looks and not Path(model).expanduser().exists()


def token_for(entry: ModelEntry) -> str | None:
    """Return the key for a model, from the environment or the Hub's login; None when there is none.

    A Hub token is given to Hugging Face's own hosts only.

    Raises:
        RunError: the variable that was named is not set.
    """
    if entry.token_env:
        token = os.environ.get(entry.token_env, "").strip()
        if not token:
            raise RunError(
                f"{entry.id} needs a key: set the variable {entry.token_env}, or name another "
                "one with token_env=."
            )
        return token
    if entry.via is Via.HUB and not entry.base_url:
        from huggingface_hub import get_token

        return get_token()
    if token := os.environ.get(TOKEN_VARIABLE, "").strip():
        return token
    parts = urlsplit(entry.base_url or "")
    host = parts.hostname or ""
    hub = any(host == known or host.endswith("." + known) for known in _HUB_HOSTS)
    if hub and parts.scheme == "https":
        from huggingface_hub import get_token

        return get_token()
    return None


class Backend(Protocol):
    """A way to models: makes the client of one."""

    def __call__(self, entry: ModelEntry, settings: ClientSettings, scoring: str) -> ChatClient:
        """Return a client; nothing is sent yet.

        Args:
            entry: the model and how it is reached.
            settings: how to run it.
            scoring: ``expected`` when the replies must carry log-probabilities or distributions.
        """


def register_backend(name: str, make: Backend) -> None:
    """Add a way to models, for entries whose `via` is `name`; a known name gets another maker.

    Example:
        >>> def reached(entry: ModelEntry, settings: ClientSettings, scoring: str) -> ChatClient:
        ...     raise RunError(f"no way to {entry.id} yet")
        >>> register_backend("post", reached)
        >>> make_client(ModelEntry("mine", "mine-7b", via="post"))
        Traceback (most recent call last):
        ...
        mentalbench_hf.errors.RunError: no way to mine yet
    """
    _BACKENDS[name] = make


def make_client(
    entry: ModelEntry, settings: ClientSettings | None = None, *, scoring: str = "reply"
) -> ChatClient:
    """Return a client for a model.

    Args:
        entry: the model and how it is reached.
        settings: how to run it.
        scoring: ``reply``, or ``expected`` for replies that carry distributions.

    Raises:
        RunError: the way is unknown, or the key or the address is missing. MissingExtraError: a
            local model without the extra ``local``.
    """
    if entry.via not in _BACKENDS:
        raise RunError(
            f"{entry.id} is reached via {entry.via!r}, which is not known; known: "
            f"{', '.join(_BACKENDS)}."
        )
    client = _BACKENDS[entry.via](entry, settings or ClientSettings(), scoring)
    return scored(client, scoring)


def scored(client: ChatClient, scoring: str) -> ChatClient:
    """Return a client whose replies carry distributions where `scoring` is ``expected``."""
    if scoring != "expected":
        return client
    from mentalbench_hf.inference.expected import ReplyScoring

    return ReplyScoring(client)


def _hub(entry: ModelEntry, settings: ClientSettings, scoring: str) -> ChatClient:
    from mentalbench_hf.inference.clients.hub import HubClient

    return HubClient(
        entry.model_id,
        provider=entry.provider,
        base_url=entry.base_url,
        token="none" if settings.keyless else token_for(entry),
        timeout=settings.timeout,
        max_tokens_field=entry.max_tokens_field,
        fixed_temperature=entry.fixed_temperature,
    )


def _openai(entry: ModelEntry, settings: ClientSettings, scoring: str) -> ChatClient:
    from mentalbench_hf.inference.clients.openai import OpenAIClient

    return OpenAIClient(
        entry.model_id,
        str(entry.base_url),
        token="none" if settings.keyless else token_for(entry),
        timeout=settings.timeout,
        concurrency=settings.concurrency,
        max_tokens_field=entry.max_tokens_field,
        fixed_temperature=entry.fixed_temperature,
    )


def _local(entry: ModelEntry, settings: ClientSettings, scoring: str) -> ChatClient:
    from mentalbench_hf.inference.clients.local import LocalClient

    return LocalClient(
        entry.model_id,
        batch_size=settings.batch_size,
        device=settings.device,
        dtype=settings.dtype,
        scoring=scoring,
    )


#: The ways to models by name; what a way needs is imported when a model is reached by it.
_BACKENDS: Final[dict[str, Backend]] = {Via.HUB: _hub, Via.OPENAI: _openai, Via.LOCAL: _local}
