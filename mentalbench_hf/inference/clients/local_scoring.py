"""Expected ratings of a local model: seven attributes from one shared prefix, in batches."""

from __future__ import annotations

import copy
import inspect
import json
from typing import TYPE_CHECKING, Any, Final

import torch
from transformers import DynamicCache

from mentalbench_hf.errors import RunError
from mentalbench_hf.schema import ATTRIBUTES, SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentalbench_hf.inference.clients.local_engine import Engine
    from mentalbench_hf.inference.messages import Message

#: Tokens held in a repeated cache at once: about 2 GB for a model of 8 billion parameters.
_CACHED_TOKENS: Final = 16_384


def score_attributes(
    engine: Engine,
    chats: Sequence[Sequence[Message]],
    attributes: Sequence[str] = ATTRIBUTES,
    openings: Sequence[str] | None = None,
) -> list[tuple[dict[str, tuple[float, ...]], int]]:
    """Return, for each chat, the probabilities of the scale for each attribute, and its tokens.

    The reply is taken to begin with ``{"<attribute>": ``, or with the chat's opening and then
    ``"<attribute>": ``, and the probabilities of its next token
    are read: each attribute by itself, none after another. What all chats begin with is computed
    once, each chat's rest once, and the attributes' few tokens in one more pass.

    Args:
        engine: the model.
        chats: messages up to the reply.
        attributes: what is rated.
        openings: what the reply to each chat begins with, up to its first key; None for a brace.

    Returns:
        Per chat: attribute -> probabilities of the points 1 to 5 (they sum to the mass on the
        scale, not to one), and the number of prompt tokens, the opening's included.

    Raises:
        RunError: the tokenizer does not write a rating as one token.
    """
    suffixes, digits = rating_tokens(engine.tokenizer, attributes, "{" if openings is None else " ")
    encoded = [engine.token_ids(engine.prompt(messages)) for messages in chats]
    for ids, opening in zip(encoded, openings or (), strict=openings is not None):
        ids += engine.tokenizer(opening, add_special_tokens=False).input_ids
    longest = max(map(len, encoded)) + max(map(len, suffixes))
    step = max(1, _CACHED_TOKENS // (len(attributes) * longest))
    rows: list[list[list[float]]] = []
    with torch.inference_mode():
        for start in range(0, len(encoded), step):
            rows += _score(engine, encoded[start : start + step], suffixes, digits)
    return [
        ({a: tuple(row[i]) for i, a in enumerate(attributes)}, len(ids))
        for row, ids in zip(rows, encoded, strict=True)
    ]


def _score(
    engine: Engine, encoded: list[list[int]], suffixes: list[list[int]], digits: list[list[int]]
) -> list[list[list[float]]]:
    """Return probabilities by chat, attribute and point of the scale."""
    head, cache = _instruction(engine, encoded)
    device, n, k = engine.model.device, len(encoded), len(suffixes)
    rest = [ids[head:] for ids in encoded]
    width = max(map(len, rest))
    pad = engine.tokenizer.pad_token_id
    # Padding stands between the shared beginning and the rest, so that every chat ends alike.
    ids = torch.tensor([[pad] * (width - len(r)) + r for r in rest], device=device)
    real = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rest], device=device)
    mask = torch.cat([torch.ones((n, head), dtype=real.dtype, device=device), real], 1)
    cache.batch_repeat_interleave(n)
    prefix = engine.model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(1) - 1)[:, head:].clamp(min=0),
        **_given(engine.model, cache),
        use_cache=True,
        logits_to_keep=1,
    )
    cache = prefix.past_key_values
    cache.batch_repeat_interleave(k)
    width = max(map(len, suffixes))
    ids = torch.tensor([s + [pad] * (width - len(s)) for s in suffixes], device=device)
    real = torch.tensor([[1] * len(s) + [0] * (width - len(s)) for s in suffixes], device=device)
    last = torch.tensor([len(s) - 1 for s in suffixes], device=device).repeat(n)
    lengths = mask.sum(1).repeat_interleave(k)
    output = engine.model(
        input_ids=ids.repeat(n, 1),
        attention_mask=torch.cat([mask.repeat_interleave(k, 0), real.repeat(n, 1)], 1),
        position_ids=lengths[:, None] + torch.arange(width, device=device)[None, :],
        **_given(engine.model, cache),
        use_cache=True,
    )
    logits = output.logits[torch.arange(n * k, device=device), last].float()
    chosen = torch.tensor(digits, device=device).repeat(n, 1)
    probabilities = logits.softmax(-1).gather(1, chosen).reshape(n, k, len(SCALE))
    return list(probabilities.tolist())


def _instruction(engine: Engine, encoded: list[list[int]]) -> tuple[int, Any]:
    """Return the length of what all chats begin with, and a copy of its computed cache.

    The judge's instruction with the rubric is most of a prompt and the same for every response,
    so it is computed once and kept for the next batch.
    """
    shared = min(_common(encoded[0], ids) for ids in encoded)
    shared = min(shared, min(map(len, encoded)) - 1)  # something must be left to compute
    kept = engine.instruction
    if kept is None or _common(kept[0], encoded[0][:shared]) < len(kept[0]):
        if len(encoded) == 1 and kept is not None:
            # Alone, a chat is common with itself; what it shares with the last one will recur.
            shared = _common(kept[0], encoded[0][:shared]) or shared
        ids = torch.tensor([encoded[0][:shared]], device=engine.model.device)
        output = engine.model(input_ids=ids, use_cache=True, logits_to_keep=1) if shared else None
        cache = output.past_key_values if output is not None else DynamicCache()
        kept = (encoded[0][:shared], cache)
        engine.instruction = kept
    return len(kept[0]), copy.deepcopy(kept[1])


def _given(model: Any, cache: Any) -> dict[str, Any]:
    """Return a cache as the argument that this version of transformers takes it by."""
    new = "cache" in inspect.signature(model.forward).parameters
    return {"cache" if new else "past_key_values": cache}


def _common(one: list[int], other: list[int]) -> int:
    """Return how many tokens two sequences begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def rating_tokens(
    tokenizer: Any, attributes: Sequence[str], lead: str = "{"
) -> tuple[list[list[int]], list[list[int]]]:
    """Return per attribute the tokens before its rating, and the token of each point.

    `lead` stands before the attribute's name. Some tokenizers join a blank with the digit after
    it, so the whole statement is encoded with each digit, and what all spellings share is the
    beginning.

    Raises:
        RunError: the spellings differ in more than their last token.
    """
    suffixes, digits = [], []
    for attribute in attributes:
        spelled = [
            tokenizer(f"{lead}{json.dumps(attribute)}: {point}", add_special_tokens=False).input_ids
            for point in SCALE
        ]
        heads = {tuple(ids[:-1]) for ids in spelled}
        if len(heads) != 1 or len({ids[-1] for ids in spelled}) != len(SCALE):
            raise RunError(
                "This model's tokenizer does not write a rating as one token, so "
                'scoring="expected" cannot be used with it. Use scoring="reply".'
            )
        suffixes.append(list(heads.pop()))
        digits.append([ids[-1] for ids in spelled])
    return suffixes, digits
