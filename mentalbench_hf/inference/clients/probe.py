"""Does a server honour a JSON schema? Some accept one and ignore it, so it is tried out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.inference.messages import ChatRequest, Message, Sampling
from mentalbench_hf.inference.run.retry import CallFailure, FailureKind, RetryPolicy, complete

if TYPE_CHECKING:
    from mentalbench_hf.inference.clients.protocol import ChatClient

#: The two ways in which servers take a schema, best first.
FORMS: Final = ("json_schema", "tgi")
_PROBE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"probe": {"type": "string", "enum": ["honoured"]}},
    "required": ["probe"],
    "additionalProperties": False,
}


def response_format(form: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the request field for a schema, in OpenAI's form or in that of older TGI."""
    if form == "tgi":
        return {"type": "json_object", "value": schema}
    return {
        "type": "json_schema",
        "json_schema": {"name": "judgment", "strict": True, "schema": schema},
    }


async def probe_schema(
    client: ChatClient, sampling: Sampling, retry: RetryPolicy | None = None
) -> str | None:
    """Return the form in which the server honours a schema, or None.

    The question asks for something that the schema forbids; only a server that binds the reply
    to the schema answers with the one object it allows.

    Raises:
        CallFailure: the server cannot be reached, or refuses the key or the model.
    """
    for form in FORMS:
        request = ChatRequest(
            messages=(Message("user", "Say hello in one plain word. Do not use JSON."),),
            sampling=sampling,
            response_format=response_format(form, _PROBE_SCHEMA),
        )
        try:
            text = (await complete(client, request, retry)).text
        except CallFailure as failure:
            if failure.kind is FailureKind.ITEM:  # this form is refused
                continue
            raise
        try:
            if json.loads(text) == {"probe": "honoured"}:
                return form
        except ValueError:
            continue
    return None
