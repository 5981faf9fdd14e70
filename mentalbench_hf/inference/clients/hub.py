"""``huggingface_hub``'s own inference client: Inference Providers by model id."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

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


class _Verbatim(dict[str, Any]):
    """A reply format that is sent as it is.

    For a URL the client looks a ``json_schema`` format up with ``get`` and rewrites it into the
    form of older TGI servers; what it finds here is nothing to rewrite.
    """

    def get(self, key: str, default: Any = None) -> Any:
        return default if key == "type" else super().get(key, default)


class HubClient:
    """One model through ``AsyncInferenceClient``: an Inference Provider, or a TGI address."""

    def __init__(
        self,
        model: str,
        *,
        provider: str | None = None,
        base_url: str | None = None,
        token: str | None = None,
        timeout: float = 120.0,
        max_tokens_field: str = "max_tokens",
        fixed_temperature: bool = False,
    ) -> None:
        """Prepare the client; nothing is sent yet.

        Args:
            model: the model id on the Hub, or the model's name on the server.
            provider: an Inference Provider; None lets the Hub route.
            base_url: a server's address instead of a provider.
            token: a Hub token; None takes the one of ``hf auth login`` or ``HF_TOKEN``, but
                never for a `base_url`.
            timeout: seconds an attempt may take.
            max_tokens_field: what the server calls the bound on the reply.
            fixed_temperature: do not send temperature and top_p.
        """
        from huggingface_hub import AsyncInferenceClient, get_token

        self._model = model
        self._provider = provider
        self._base_url = base_url
        self._where = base_url or "the Hub"
        # Without a key the client sends the Hub token to any URL: a placeholder prevents that.
        self._token = token or ("none" if base_url else get_token())
        if self._token is None:
            raise RunError(
                f"{model!r} is reached through the Hub, which needs a token: set HF_TOKEN or run "
                "`hf auth login`; or give base_url= for a server of your own."
            )
        self._max_tokens_field = max_tokens_field
        self._fixed_temperature = fixed_temperature
        try:
            self._client = AsyncInferenceClient(
                provider=provider,  # type: ignore[arg-type]
                base_url=base_url,
                api_key=self._token,
                timeout=timeout,
            )
        except ValueError as error:
            raise RunError(f"The inference client refused its settings: {error}") from error

    @property
    def identity(self) -> dict[str, Any]:
        """The model id and the provider or address."""
        identity: dict[str, Any] = {"via": "hub", "model": self._model}
        if self._provider:
            identity["provider"] = self._provider
        if self._base_url:
            identity["url"] = self._base_url
        if self._fixed_temperature:
            identity["fixed_temperature"] = True
        return identity

    async def complete(self, request: ChatRequest) -> Completion:
        """Send one request; raises ``CallFailure``."""
        from huggingface_hub.errors import (
            HfHubHTTPError,
            InferenceTimeoutError,
            OfflineModeIsEnabled,
        )

        fields = sampling_fields(request, self._max_tokens_field, self._fixed_temperature)
        if self._base_url and "response_format" in fields:
            fields["response_format"] = _Verbatim(fields["response_format"])
        started = time.perf_counter()
        try:
            reply = await self._client.chat_completion(
                wire_messages(request),
                model=self._model,
                extra_body=fields,
            )
        except OfflineModeIsEnabled as error:
            raise CallFailure(
                'The Hub is switched off (HF_HUB_OFFLINE): unset it, or use via="openai" for a '
                "server of your own.",
                FailureKind.RUN,
            ) from error
        except InferenceTimeoutError as error:
            raise no_reply(self._where, "no answer in time") from error
        except HfHubHTTPError as error:
            response = error.response
            raise from_status(
                response.status_code,
                redact(response.text, self._token),
                response.headers.get("retry-after"),
            ) from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CallFailure(
                "The server answered 200 with a body that is not JSON.", FailureKind.TRANSIENT
            ) from error
        except ValueError as error:  # an unknown provider, or a model it does not serve
            raise CallFailure(redact(str(error), self._token), FailureKind.RUN) from None
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("httpx", "httpx2"):
                raise
            name = type(error).__name__
            text = redact(str(error), self._token)
            raise no_reply(self._where, f"{name}: {text}") from None
        return read_completion(_plain(reply), time.perf_counter() - started)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()  # type: ignore[no-untyped-call]


def _plain(reply: Any) -> Any:
    """Return the client's record as the JSON it came from.

    As a dict the record holds only the fields it knows, all the way down; what the server added
    (``reasoning_content``, ``refusal``) is found in the message itself.
    """
    try:
        choices = [{**choice, "message": dict(choice.message)} for choice in reply.choices]
    except (AttributeError, TypeError):
        return reply
    return {**reply, "choices": choices}
