"""What the runner needs of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mentalbench_hf.inference.messages import ChatRequest, Completion


class ChatClient(Protocol):
    """One model that answers chats.

    A client makes one attempt per call: retries, waiting and journalling are the runner's.
    """

    @property
    def identity(self) -> dict[str, Any]:
        """Who answers: everything about the model and endpoint that can change a reply."""

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer one request, or raise ``CallFailure``."""

    async def close(self) -> None:
        """Release connections, threads and memory."""
