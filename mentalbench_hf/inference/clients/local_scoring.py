"""Expected ratings of a local model: seven attributes from one shared prefix, in batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

from mentalbench_hf.errors import RunError
from mentalbench_hf.schema import ATTRIBUTES, SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentalbench_hf.inference.clients.local_engine import Engine
    from mentalbench_hf.inference.messages import Message


def score_attributes(
    engine: Engine,
    chats: Sequence[Sequence[Message]],
    attributes: Sequence[str] = ATTRIBUTES,
) -> list[tuple[dict[str, tuple[float, ...]], int]]:
    """Return, for each chat, the probabilities of the scale for each attribute, and its tokens.

    The reply is taken to begin with ``{"<attribute>": `` and the probabilities of its next token
    are read: each attribute by itself, none after another. The chat is computed once; its cache
    is repeated for the attributes, whose few tokens are one more pass.

    Args:
        engine: the model.
        chats: messages up to the reply.
        attributes: what is rated.

    Returns:
        Per chat: attribute -> probabilities of the points 1 to 5 (they sum to the mass on the
        scale, not to one), and the number of prompt tokens.

    Raises:
        RunError: the tokenizer does not write a rating as one token.
    """
    suffixes, digits = rating_tokens(engine.tokenizer, attributes)
    inputs = engine.encode([engine.prompt(messages) for messages in chats])
    mask = inputs["attention_mask"]
    width = max(map(len, suffixes))
    pad = engine.tokenizer.pad_token_id
    n, k = mask.shape[0], len(attributes)
    device = mask.device
    ids = torch.tensor([s + [pad] * (width - len(s)) for s in suffixes], device=device)
    real = torch.tensor([[1] * len(s) + [0] * (width - len(s)) for s in suffixes], device=device)
    last = torch.tensor([len(s) - 1 for s in suffixes], device=device).repeat(n)
    with torch.inference_mode():
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        prefix = engine.model(
            input_ids=inputs["input_ids"], attention_mask=mask, position_ids=positions,
            use_cache=True, logits_to_keep=1,
        )  # fmt: skip
        cache: Any = prefix.past_key_values
        cache.batch_repeat_interleave(k)
        lengths = mask.sum(1).repeat_interleave(k)
        output = engine.model(
            input_ids=ids.repeat(n, 1),
            attention_mask=torch.cat([mask.repeat_interleave(k, 0), real.repeat(n, 1)], 1),
            position_ids=lengths[:, None] + torch.arange(width, device=device)[None, :],
            past_key_values=cache,
            use_cache=True,
        )
        logits = output.logits[torch.arange(n * k, device=device), last].float()
        chosen = torch.tensor(digits, device=device).repeat(n, 1)
        probabilities = logits.softmax(-1).gather(1, chosen).reshape(n, k, len(SCALE)).tolist()
    tokens = mask.sum(1).tolist()
    return [
        ({a: tuple(row[i]) for i, a in enumerate(attributes)}, int(tokens[c]))
        for c, row in enumerate(probabilities)
    ]


def rating_tokens(
    tokenizer: Any, attributes: Sequence[str]
) -> tuple[list[list[int]], list[list[int]]]:
    """Return per attribute the tokens before its rating, and the token of each point.

    Some tokenizers join a blank with the digit after it, so the whole statement is encoded with
    each digit, and what all spellings share is the beginning.

    Raises:
        RunError: the spellings differ in more than their last token.
    """
    suffixes, digits = [], []
    for attribute in attributes:
        spelled = [
            tokenizer(f"{{{json.dumps(attribute)}: {point}", add_special_tokens=False).input_ids
            for point in SCALE
        ]
        heads = {tuple(ids[:-1]) for ids in spelled}
        if len(heads) != 1 or len({ids[-1] for ids in spelled}) != len(SCALE):
            raise RunError(
                "This model's tokenizer does not write a rating as one token, so "
                "--scoring expected cannot be used with it. Use --scoring reply."
            )
        suffixes.append(list(heads.pop()))
        digits.append([ids[-1] for ids in spelled])
    return suffixes, digits
