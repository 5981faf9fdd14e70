"""Expected ratings: the scale weighted by the probability a model gives each of its points."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.inference.run.retry import CallFailure, FailureKind
from mentalbench_hf.schema import ATTRIBUTES, SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.messages import ChatRequest, Completion, TokenLogprobs

#: As many alternatives as OpenAI-compatible servers commonly return.
TOP_LOGPROBS: Final = 20
#: Below this share of probability on the scale a score says little about the model's opinion.
LOW_MASS: Final = 0.5
#: Servers round log-probabilities; by this much they may sum to more than 1.
_ROUNDING: Final = 0.01
_POINTS: Final = {str(point): i for i, point in enumerate(SCALE)}


@dataclass(frozen=True, slots=True)
class ExpectedRating:
    """One expected rating.

    Attributes:
        value: the mean of the scale under the model's probabilities, from 1 to 5.
        mass: the probability the model gave to the scale at all, from 0 to 1.
        entropy: of the probabilities on the scale, in bits, from 0 to log2(5).
    """

    value: float
    mass: float
    entropy: float


def expected_rating(probabilities: Sequence[float]) -> ExpectedRating | None:
    """Return the expected rating of five probabilities, or None for what are no probabilities.

    The probabilities are of the points 1 to 5 and need not sum to one: the rest went to other
    tokens, and is what `mass` reports. None are those that are all zero, of which one is negative
    or not a number, or that sum to more than 1 by more than rounding.
    """
    mass = math.fsum(probabilities)
    if not 0 < mass <= 1 + _ROUNDING or min(probabilities) < 0:
        return None
    shares = [p / mass for p in probabilities]
    value = math.fsum(point * share for point, share in zip(SCALE, shares, strict=True))
    entropy = -math.fsum(share * math.log2(share) for share in shares if share > 0)
    return ExpectedRating(value, min(mass, 1.0), max(entropy, 0.0))


def read_distributions(
    tokens: Sequence[TokenLogprobs],
    attributes: Sequence[str] = ATTRIBUTES,
    code: str | None = None,
) -> dict[str, tuple[float, ...]]:
    """Return the probabilities of the scale where a reply states each attribute's rating.

    The reply must be a JSON object; the statements after its `code` count, or, where it does not
    carry one, the last ones. An attribute whose value is not one token holding one digit of the
    scale is left out.
    """
    text = "".join(token.token for token in tokens)
    owner: list[int] = []
    for number, token in enumerate(tokens):
        owner += [number] * len(token.token)
    carried = -1 if code is None else text.rfind(code)
    found: dict[str, tuple[float, ...]] = {}
    for attribute in attributes:
        key = json.dumps(attribute)
        start = text.find(key, carried) if carried >= 0 else -1
        # Without a code the last statement counts: one repeated in thinking comes before.
        start = text.rfind(key) if start < 0 else start
        if start < 0:
            continue
        position = start + len(key)
        while position < len(text) and text[position] in ' :\n\t"':
            position += 1
        if position >= len(text) or text[position] not in _POINTS:
            continue
        token = tokens[owner[position]]
        lead = token.token[: len(token.token) - len(token.token.lstrip(' :\n\t"'))]
        if token.token.strip(' :\n\t",}') not in _POINTS:
            continue
        found[attribute] = _scale(token, lead)
    return found


def _scale(token: TokenLogprobs, lead: str) -> tuple[float, ...]:
    probabilities = [0.0] * len(SCALE)
    for text, logprob in token.top:
        # An alternative counts when it puts one digit in the same place.
        bare = text[len(lead) :] if text.startswith(lead) else text.lstrip()
        bare = bare.rstrip(' \n\t",}')
        if bare in _POINTS:
            probabilities[_POINTS[bare]] += math.exp(logprob)
    return tuple(probabilities)


class ReplyScoring:
    """A client whose replies carry the distributions of their ratings.

    One call per response: the server returns the probabilities of each token of its reply, and
    those of the seven digits are kept. Each attribute is thus rated after those before it.
    """

    def __init__(self, client: ChatClient) -> None:
        """Wrap a client of a server that returns log-probabilities."""
        self._client = client

    @property
    def identity(self) -> dict[str, Any]:
        """The identity of the client underneath, and the kind of scoring."""
        return {**self._client.identity, "scoring": "expected"}

    async def complete(self, request: ChatRequest) -> Completion:
        """Ask with log-probabilities; raises ``CallFailure`` when there are none in the reply."""
        reply = await self._client.complete(replace(request, logprobs=TOP_LOGPROBS))
        if reply.distributions is not None:
            return reply
        if reply.logprobs is None:
            raise CallFailure(
                'The server returns no log-probabilities, which scoring="expected" needs. Use '
                'scoring="reply", a local model, or a server that returns them.',
                FailureKind.RUN,
            )
        found = read_distributions(reply.logprobs, code=request.code)
        return replace(reply, logprobs=None, distributions=found)

    async def close(self) -> None:
        """Close the client underneath."""
        await self._client.close()


def ratings_from(distributions: Mapping[str, Sequence[float]]) -> dict[str, ExpectedRating]:
    """Return the expected rating of every attribute that has a distribution."""
    rated = {name: expected_rating(values) for name, values in distributions.items()}
    return {name: value for name, value in rated.items() if value is not None}
