"""Models that run in this process, through transformers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentalbench_hf.errors import MissingExtraError, RunError
from mentalbench_hf.inference.messages import ChatRequest, Completion
from mentalbench_hf.inference.prompts import judgment_opening
from mentalbench_hf.inference.run.retry import CallFailure, FailureKind
from mentalbench_hf.parsing.unwrap import split_thinking

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)
#: Seconds to wait for more requests before a batch that is not full is run.
_GATHER = 0.02


class LocalClient:
    """One local model. Concurrent requests are answered in batches.

    The model is loaded at the first request, in the thread that runs it.
    """

    def __init__(
        self,
        model: str,
        *,
        batch_size: int = 8,
        device: str | None = None,
        dtype: str | None = None,
        scoring: str = "reply",
        cache: Path | None = None,
    ) -> None:
        """Name the model; nothing is loaded yet.

        Args:
            model: a Hub id, a folder, a GGUF file, or a folder with one GGUF file.
            batch_size: requests per batch at most.
            device: ``cpu``, ``cuda``, ``mps`` …; None takes the best there is.
            dtype: ``float32``, ``bfloat16`` or ``float16``; None takes bfloat16 on a GPU and
                float32 on a CPU, where it is faster for batches.
            scoring: ``expected`` answers with distributions instead of text.
            cache: where converted GGUF models are kept; None takes the package's cache.

        Raises:
            MissingExtraError: transformers or torch is not installed.
            RunError: batch_size below 1.
        """
        import importlib.util

        if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
            raise MissingExtraError("A local model", "local")
        if batch_size < 1:
            raise RunError(f"The batch size must be at least 1, got {batch_size}.")
        self._name = model
        self._batch_size = batch_size
        self._device = device
        self._dtype = dtype
        self._scoring = scoring
        self._cache = cache
        self._identity = {"via": "local", **_identity(model), "dtype": dtype or "default"}
        if scoring == "expected":
            self._identity["scoring"] = "expected"
        self._engine: Any = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="local-model")
        self._waiting: list[tuple[ChatRequest, asyncio.Future[Completion]]] = []
        self._pump: asyncio.Task[None] | None = None
        self._closing = threading.Event()

    @property
    def identity(self) -> dict[str, Any]:
        """The model by name and content, and the precision; never a path of this machine."""
        return dict(self._identity)

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer one request, together with others that are waiting.

        Raises:
            RunError: the model cannot be loaded. CallFailure: this request does not fit it.
        """
        future: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run_batches())
        return await future

    async def close(self) -> None:
        """Stop generating and forget the model."""
        self._closing.set()
        if self._pump is not None:
            await asyncio.gather(self._pump, return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown, wait=True)
        self._engine = None

    async def _run_batches(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            if len(self._waiting) < self._batch_size:
                await asyncio.sleep(_GATHER)
            batch = self._next_batch()
            if not batch:
                continue
            requests = [request for request, _ in batch]
            try:
                replies = await loop.run_in_executor(self._thread, self._answer, requests)
            except Exception as error:  # every waiting call must hear of it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), reply in zip(batch, replies, strict=True):
                if future.done():
                    continue
                if isinstance(reply, CallFailure):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)

    def _next_batch(self) -> list[tuple[ChatRequest, asyncio.Future[Completion]]]:
        """Take the next requests that can run together: sampled and bound in the same way."""
        self._waiting = [(r, f) for r, f in self._waiting if not f.done()]
        if not self._waiting:
            return []
        first = self._waiting[0][0]
        fits = [
            pair
            for pair in self._waiting
            if pair[0].sampling == first.sampling
            and (pair[0].schema is None) == (first.schema is None)
            and (pair[0].code is None) == (first.code is None)
        ][: self._batch_size]
        if first.sampling.seed is not None and (first.sampling.temperature or 0) > 0:
            fits = fits[:1]  # a seed means the same reply whatever else is in the batch
        self._waiting = [pair for pair in self._waiting if pair not in fits]
        return fits

    def _answer(self, requests: Sequence[ChatRequest]) -> list[Completion | CallFailure]:
        if self._engine is None:
            from mentalbench_hf.inference.clients.local_engine import Engine

            self._engine = Engine.load(
                self._name, device=self._device, dtype=self._dtype, cache=self._cache
            )
        started = time.perf_counter()
        if self._scoring == "expected":
            from mentalbench_hf.inference.clients.local_scoring import score_attributes

            openings = [judgment_opening(r.code) for r in requests if r.code is not None]
            scored = score_attributes(
                self._engine, [r.messages for r in requests], openings=openings or None
            )
            seconds = time.perf_counter() - started
            return [
                Completion(
                    "",
                    finish_reason="scored",
                    prompt_tokens=tokens,
                    completion_tokens=0,
                    model=self._identity["model"],
                    latency=seconds,
                    distributions=distributions,
                )
                for distributions, tokens in scored
            ]
        replies = self._engine.generate(
            [r.messages for r in requests],
            requests[0].sampling,
            [r.schema for r in requests if r.schema is not None] or None,
            self._closing,
        )
        seconds = time.perf_counter() - started
        answers: list[Completion | CallFailure] = []
        for reply in replies:
            if reply is None:
                answers.append(CallFailure("The prompt does not fit the model.", FailureKind.ITEM))
                continue
            text, thinking = split_thinking(reply.text)
            answers.append(
                Completion(
                    text, thinking, reply.finish_reason, reply.prompt_tokens,
                    reply.completion_tokens, self._identity["model"], seconds,
                )
            )  # fmt: skip
        if self._closing.is_set():
            raise CallFailure("The run was interrupted.", FailureKind.TRANSIENT)
        return answers


def _identity(model: str) -> dict[str, str]:
    """Return the model's name and, for one on disk, a fingerprint of its content."""
    path = Path(model).expanduser()
    if not path.exists():
        return {"model": model}
    from mentalbench_hf.inference.clients.gguf import file_digest, find_gguf

    gguf = find_gguf(path)
    if gguf is not None:
        return {"model": gguf.name, "sha256": file_digest(gguf)}
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if file.suffix in (".safetensors", ".bin", ".json", ".jinja", ".model"):
            digest.update(f"{file.name}\x00{file.stat().st_size}\x00".encode())
            if file.suffix in (".json", ".jinja") and file.stat().st_size < 1_000_000:
                digest.update(file.read_bytes())
    return {"model": path.resolve().name, "fingerprint": digest.hexdigest()}
