"""Constrained decoding: only tokens that keep the reply inside a JSON schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import llguidance
import llguidance.numpy
import numpy as np
import torch

from mentalbench_hf.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class SchemaConstraint:
    """A logits processor for one batch, with one matcher per reply."""

    def __init__(
        self, tokenizer: Any, schemas: Sequence[str], width: int, ends: Collection[int]
    ) -> None:
        """Prepare.

        Args:
            tokenizer: llguidance's tokenizer.
            schemas: the JSON schema of each reply, as text.
            ends: the tokens that end a reply.
            width: tokens of the padded prompt; the reply begins after them.
        """
        self._tokenizer = tokenizer
        # One spelling per object: without this a small model writes blanks until its limit.
        self._grammars = [
            llguidance.LLMatcher.grammar_from_json_schema(
                schema, overrides={"whitespace_flexible": False}
            )
            for schema in schemas
        ]
        self._width = width
        self._ends = sorted(ends)
        self._matchers: list[Any] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores with every token outside the schema at minus infinity.

        Raises:
            RunError: the schema cannot be followed.
        """
        batch = input_ids.shape[0]
        if not self._matchers:
            self._matchers = [
                llguidance.LLMatcher(self._tokenizer, grammar) for grammar in self._grammars
            ]
        elif input_ids.shape[1] > self._width:
            for matcher, token in zip(self._matchers, input_ids[:, -1].tolist(), strict=True):
                if not matcher.is_stopped():
                    matcher.consume_token(token)
        # llguidance's own torch helpers are compiled at first use, which takes longer than most
        # batches; the mask is the same from numpy.
        mask = llguidance.numpy.allocate_token_bitmask(batch, self._tokenizer.vocab_size)
        for row, matcher in enumerate(self._matchers):
            if matcher.is_error():
                raise RunError(f"Constrained decoding failed: {matcher.get_error()}")
            if not matcher.is_stopped():
                llguidance.numpy.fill_next_token_bitmask(matcher, mask, row)
        bits = np.unpackbits(mask.view(np.uint8), axis=1, bitorder="little")
        allowed = torch.from_numpy(bits[:, : scores.shape[1]].astype(np.bool_)).to(scores.device)
        for row, matcher in enumerate(self._matchers):
            if matcher.is_stopped():  # the object is whole: nothing may follow it
                allowed[row] = False
                allowed[row, self._ends] = True
        return scores.masked_fill(~allowed, float("-inf"))
