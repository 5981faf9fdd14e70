"""A transformers model with its tokenizer: loading, chat templates, batched generation."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from mentalbench_hf.errors import MissingExtraError, RunError
from mentalbench_hf.inference.clients.gguf import converted_folder, find_gguf

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from mentalbench_hf.inference.messages import Message, Sampling


@dataclass(frozen=True, slots=True)
class RawReply:
    """What the model wrote: text with its thinking, why it ended, and the token counts."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


class Engine:
    """A loaded model. Not thread-safe: one thread uses it."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """Take a model in evaluation mode and its tokenizer."""
        self.model = model
        self.tokenizer = tokenizer
        tokenizer.padding_side = "left"
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        self._grammar_tokenizer: Any = None
        #: Tokens and computed cache of the instruction that scoring met last.
        self.instruction: tuple[list[int], Any] | None = None

    @classmethod
    def load(
        cls, name: str, *, device: str | None = None, dtype: str | None = None,
        cache: Path | None = None,
    ) -> Engine:  # fmt: skip
        """Load a model by Hub id, folder or GGUF.

        Raises:
            RunError: it cannot be found or read, or device or dtype is unknown.
        """
        device = device or _best_device()
        dtype = dtype or ("float32" if device == "cpu" else "bfloat16")
        if dtype not in ("float32", "bfloat16", "float16"):
            raise RunError(f"Unknown dtype {dtype!r}; choose float32, bfloat16 or float16.")
        path = Path(name).expanduser()
        where: str | Path = path if path.exists() else name
        if isinstance(where, Path) and (gguf := find_gguf(where)):
            if cache is None:
                from mentalbench_hf.sources.locations import cache_dir

                cache = cache_dir()
            where = converted_folder(gguf, cache)
        try:
            tokenizer = AutoTokenizer.from_pretrained(where)
            model: Any = AutoModelForCausalLM.from_pretrained(where, dtype=getattr(torch, dtype))
            model = model.to(device).eval()
        except (OSError, ValueError, RuntimeError) as error:
            raise RunError(f"The model {name!r} cannot be loaded: {error}") from error
        return cls(model, tokenizer)

    def prompt(self, messages: Sequence[Message]) -> str:
        """Return the text of a chat up to where the reply begins.

        A model without a chat template gets a plain one; a template that knows no system role
        gets the system message at the head of the user's.
        """
        chat = [{"role": m.role, "content": m.content} for m in messages]
        if not getattr(self.tokenizer, "chat_template", None):
            return "\n\n".join(m["content"] for m in chat) + "\n\n"
        try:
            return str(
                self.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
            )
        except Exception as error:
            # The template itself refuses (jinja2's TemplateError).
            if type(error).__name__ != "TemplateError" or chat[0]["role"] != "system":
                raise
            head, user, *rest = chat
            merged = {"role": "user", "content": f"{head['content']}\n\n{user['content']}"}
            return str(
                self.tokenizer.apply_chat_template(
                    [merged, *rest], tokenize=False, add_generation_prompt=True
                )
            )

    def encode(self, texts: Sequence[str]) -> Any:
        """Return left-padded token ids and mask on the model's device.

        The chat template writes the special tokens, so the tokenizer must not add them again.
        """
        special = not getattr(self.tokenizer, "chat_template", None)
        return self.tokenizer(
            list(texts), return_tensors="pt", padding=True, add_special_tokens=special
        ).to(self.model.device)

    def token_ids(self, text: str) -> list[int]:
        """Return the token ids of one prompt."""
        special = not getattr(self.tokenizer, "chat_template", None)
        return list(self.tokenizer(text, add_special_tokens=special).input_ids)

    @property
    def context_length(self) -> int | None:
        """The most tokens that prompt and reply may have together, if the model says."""
        return getattr(self.model.config, "max_position_embeddings", None)

    def generate(
        self,
        chats: Sequence[Sequence[Message]],
        sampling: Sampling,
        schemas: Sequence[dict[str, Any]] | None,
        stop: threading.Event,
    ) -> list[RawReply | None]:
        """Reply to a batch of chats, each under its schema; None for one that leaves no room."""
        prompts = [self.prompt(messages) for messages in chats]
        limit = self.context_length
        lengths = [len(self.tokenizer(p, add_special_tokens=False).input_ids) for p in prompts]
        fits = [limit is None or n + 16 <= limit for n in lengths]
        kept = [p for p, fit in zip(prompts, fits, strict=True) if fit]
        if schemas is not None:
            schemas = [s for s, fit in zip(schemas, fits, strict=True) if fit]
        replies = iter(self._generate(kept, sampling, schemas, stop) if kept else [])
        return [next(replies) if fit else None for fit in fits]

    def _generate(
        self,
        prompts: list[str],
        sampling: Sampling,
        schemas: Sequence[dict[str, Any]] | None,
        stop: threading.Event,
    ) -> list[RawReply]:
        inputs = self.encode(prompts)
        width = inputs["input_ids"].shape[1]
        room = sampling.max_tokens
        if self.context_length is not None:
            room = max(1, min(room, self.context_length - width))
        sampled = bool(sampling.temperature)
        options: dict[str, Any] = {"do_sample": sampled, "temperature": None, "top_p": None}
        options["top_k"] = None
        if sampled:
            options |= {"temperature": sampling.temperature, "top_p": sampling.top_p or 1.0}
            options["top_k"] = 0
            if sampling.seed is not None:
                torch.manual_seed(sampling.seed)
        if schemas is not None:
            options["logits_processor"] = [self._constraint(schemas, width)]
        with torch.inference_mode(), _quiet():
            output = self.model.generate(
                **inputs,
                max_new_tokens=room,
                pad_token_id=self.tokenizer.pad_token_id,
                stopping_criteria=[lambda *_, **__: stop.is_set()],
                **options,
            )
        ends = self._ends()
        replies = []
        for row, mask in zip(output, inputs["attention_mask"], strict=True):
            ids = row[width:].tolist()
            end = next((i for i, token in enumerate(ids) if token in ends), None)
            text = self.tokenizer.decode(ids[:end], skip_special_tokens=True)
            replies.append(
                RawReply(
                    text, "length" if end is None else "stop", int(mask.sum()),
                    len(ids) if end is None else end + 1,
                )
            )  # fmt: skip
        return replies

    def _ends(self) -> set[int]:
        ends = self.model.generation_config.eos_token_id or self.tokenizer.eos_token_id
        return set(ends if isinstance(ends, list) else [ends])

    def _constraint(self, schemas: Sequence[dict[str, Any]], width: int) -> Any:
        try:
            import llguidance.hf
        except ImportError as error:
            raise MissingExtraError("Constrained decoding of a local model", "local") from error
        from mentalbench_hf.inference.clients.local_constraint import SchemaConstraint

        if self._grammar_tokenizer is None:
            self._grammar_tokenizer = llguidance.hf.from_tokenizer(
                self.tokenizer, n_vocab=self.model.config.vocab_size
            )
        return SchemaConstraint(
            self._grammar_tokenizer, [json.dumps(s) for s in schemas], width, self._ends()
        )


@contextlib.contextmanager
def _quiet() -> Any:
    """Keep transformers' remarks about generation settings off the user's terminal."""
    before = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(before)


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
