"""What a run may spend: requests and money, counted before a call is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mentalbench_hf.inference.messages import ChatRequest, Completion

# English text has about four characters per token; three makes the estimate an upper one.
_CHARACTERS_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 8


@dataclass(frozen=True, slots=True)
class Prices:
    """What a model costs, in the user's currency per million tokens."""

    per_million_in: float = 0.0
    per_million_out: float = 0.0

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Return the cost of so many tokens."""
        return (tokens_in * self.per_million_in + tokens_out * self.per_million_out) / 1e6


def estimate_tokens(request: ChatRequest) -> int:
    """Return an upper estimate of the tokens of a request's messages."""
    characters = sum(len(message.content) for message in request.messages)
    return characters // _CHARACTERS_PER_TOKEN + _TOKENS_PER_MESSAGE * len(request.messages)


class Budget:
    """Counts requests and cost; says when the next call would go beyond a limit.

    A call reserves its upper estimate (its prompt, and the longest reply it may get) before it
    is sent, so calls in flight cannot overshoot `max_cost` together.
    """

    def __init__(
        self,
        *,
        max_requests: int | None = None,
        max_cost: float | None = None,
        prices: Prices | None = None,
        spent: float = 0.0,
    ) -> None:
        """Start with what the run has `spent` before."""
        self.max_requests = max_requests
        self.max_cost = max_cost
        self.prices = prices or Prices()
        self.requests = 0
        self.spent = spent
        self._reserved = 0.0

    def reserve(self, request: ChatRequest) -> float | None:
        """Reserve one call and return the amount, or None when it would go beyond a limit."""
        amount = self.upper_cost(request)
        if self.max_requests is not None and self.requests >= self.max_requests:
            return None
        if self.max_cost is not None and self.spent + self._reserved + amount > self.max_cost:
            return None
        self.requests += 1
        self._reserved += amount
        return amount

    def settle(self, amount: float, completion: Completion | None) -> float:
        """Replace a reservation by what the call cost, and return that.

        A reply without token counts costs what was reserved; a failed attempt costs nothing.
        """
        self._reserved -= amount
        cost = 0.0 if completion is None else self._cost(completion, amount)
        self.spent += cost
        return cost

    def upper_cost(self, request: ChatRequest) -> float:
        """Return the most that a request can cost."""
        return self.prices.cost(estimate_tokens(request), request.sampling.max_tokens)

    def _cost(self, completion: Completion, amount: float) -> float:
        if completion.prompt_tokens is None or completion.completion_tokens is None:
            return amount
        return self.prices.cost(completion.prompt_tokens, completion.completion_tokens)
