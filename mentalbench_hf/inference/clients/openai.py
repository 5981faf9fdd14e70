"""Any OpenAI-compatible server by base URL: TGI, vLLM, llama.cpp, an Endpoint, a vendor's API.

The connections are those of ``huggingface_hub`` (its session factory, so that proxies and
certificates set there hold here). The requests are built here and not by its inference client,
for three reasons seen in version 2.4: for a URL the client rewrites ``json_schema`` into TGI's own
form, which other servers refuse; without a key it sends the user's Hub token to whatever the URL
is; and it costs a quarter of the throughput at 64 calls in flight. `clients/hub.py` uses the
client itself, for model ids and providers.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.clients.payload import (
    read_completion,
    redact,
    sampling_fields,
    wire_messages,
)
from mentalbench_hf.inference.run.retry import CallFailure, FailureKind, from_status, no_reply

if TYPE_CHECKING:
    from mentalbench_hf.inference.messages import ChatRequest, Completion

# The connection pool walks through all its connections for every request: eight small pools
# are a tenth faster than one with sixty-four connections.
_CONNECTIONS_PER_POOL = 8
_SECRET_FIELD = re.compile(r"(?i)(key|token|secret|sig|signature|password)=")


def chat_url(base_url: str) -> str:
    """Return the address of the chat endpoint for a server's address, with or without ``/v1``.

    Raises:
        RunError: it is not an http(s) address, or holds a user name, password or key.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise RunError(f"base_url= must be an http:// or https:// address, got {base_url!r}.")
    if "@" in parts.netloc:
        raise RunError("base_url= must not hold a user name or password; use token_env=.")
    if _SECRET_FIELD.search(parts.query):
        # The address stands in the run's record; a key does not.
        raise RunError("base_url= must not hold a key in its query; use token_env=.")
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path = (path or "/v1") + "/chat/completions"
    return parts._replace(path=path, fragment="").geturl()


class OpenAIClient:
    """One model behind an OpenAI-compatible chat endpoint."""

    def __init__(
        self,
        model: str,
        base_url: str,
        *,
        token: str | None = None,
        timeout: float = 120.0,
        concurrency: int = 8,
        max_tokens_field: str = "max_tokens",
        fixed_temperature: bool = False,
    ) -> None:
        """Prepare connections; nothing is sent yet.

        Args:
            model: the model's name on that server.
            base_url: the server's address, with or without ``/v1``.
            token: sent as a bearer token; None sends no token at all.
            timeout: seconds an attempt may take without a byte arriving.
            concurrency: calls in flight to expect.
            max_tokens_field: what the server calls the bound on the reply.
            fixed_temperature: do not send temperature and top_p.
        """
        from huggingface_hub import get_async_session

        self._model = model
        self._url = chat_url(base_url)
        self._token = token
        self._max_tokens_field = max_tokens_field
        self._fixed_temperature = fixed_temperature
        headers = {"content-type": "application/json", "accept": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        pools = max(1, -(-concurrency // _CONNECTIONS_PER_POOL))
        self._sessions: list[Any] = [get_async_session() for _ in range(pools)]
        for session in self._sessions:
            # The Hub's hooks refuse every address when the Hub is switched off (HF_HUB_OFFLINE),
            # also a server on this machine.
            session.event_hooks = {}
            # Set once instead of merged into every request.
            session.headers.update(headers)
            session.timeout = timeout
        # Parsed once as well.
        self._target = self._sessions[0].build_request("POST", self._url).url
        self._turn = 0

    @property
    def identity(self) -> dict[str, Any]:
        """The address and the model's name there."""
        identity: dict[str, Any] = {"via": "openai", "url": self._url, "model": self._model}
        if self._fixed_temperature:
            identity["fixed_temperature"] = True
        return identity

    async def complete(self, request: ChatRequest) -> Completion:
        """Send one request; raises ``CallFailure``."""
        content = {
            "model": self._model,
            "messages": wire_messages(request),
            **sampling_fields(request, self._max_tokens_field, self._fixed_temperature),
        }
        self._turn += 1
        session = self._sessions[self._turn % len(self._sessions)]
        started = time.perf_counter()
        try:
            response = await session.post(self._target, content=json.dumps(content).encode())
        except Exception as error:
            # httpx or httpx2, whichever huggingface_hub brings: neither is imported here.
            if type(error).__module__.partition(".")[0] not in ("httpx", "httpx2"):
                raise
            name = type(error).__name__
            text = redact(str(error), self._token)
            raise no_reply(self._url, f"{name}: {text}") from None
        if response.status_code >= 300:
            raise from_status(
                response.status_code,
                redact(response.text, self._token),
                response.headers.get("retry-after"),
            )
        try:
            reply = json.loads(response.content)
        except ValueError as error:
            raise CallFailure(
                "The server answered 200 with a body that is not JSON.", FailureKind.TRANSIENT
            ) from error
        return read_completion(reply, time.perf_counter() - started)

    async def close(self) -> None:
        """Close the connections."""
        for session in self._sessions:
            await session.aclose()
