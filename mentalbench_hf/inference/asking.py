"""How models are asked, whatever they are asked for: reached, sampled, paced and paid."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.clients.factory import ClientSettings, resolve_model
from mentalbench_hf.inference.messages import JUDGE_SAMPLING, Sampling
from mentalbench_hf.inference.run.budget import Budget, Prices
from mentalbench_hf.inference.run.calls import Limits
from mentalbench_hf.inference.run.retry import RetryPolicy
from mentalbench_hf.schema.models import ModelEntry, Via, load_models

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """The options of everything that asks a model.

    Attributes:
        temperature: 0 takes the likeliest reply; None is not sent. Judges get 0 and writers of
            replies 0.7 unless something else is asked for.
        max_tokens: longest reply, in tokens, thinking included.
        top_p: nucleus size, in (0, 1].
        seed: for servers that sample reproducibly.
        model: its id on the Hub or server, or a local folder or GGUF file.
        base_url: address of an OpenAI-compatible server (TGI, vLLM, llama.cpp, a vendor).
        provider: Inference Provider on the Hub; by default the Hub routes.
        via: ``hub``, ``openai``, ``local`` or a registered backend; by default what fits.
        token_env: environment variable that holds the key; None means the usual place.
        models: YAML or TOML file with models of your own.
        device: local model: ``cpu``, ``cuda``, ``mps``; by default the best there is.
        dtype: local model: ``float32``, ``bfloat16`` or ``float16``.
        batch_size: local model: calls per batch.
        concurrency: calls in flight.
        timeout: seconds an attempt may take.
        attempts: attempts per call: 429, 5xx and timeouts are repeated.
        max_requests: stop before more requests than this (repeats count).
        max_cost: stop before the run costs more; needs prices.
        price_in: of a million prompt tokens.
        price_out: of a million reply tokens.
        retry_failed: ask again what was refused for good.
        progress: show the progress bar.
        dry_run: count calls, tokens and cost; nothing is asked and no key is needed.
    """

    temperature: float | None = JUDGE_SAMPLING.temperature
    max_tokens: int = JUDGE_SAMPLING.max_tokens
    top_p: float | None = JUDGE_SAMPLING.top_p
    seed: int | None = JUDGE_SAMPLING.seed
    model: str | None = None
    base_url: str | None = None
    provider: str | None = None
    via: str | None = None
    token_env: str | None = None
    models: Path | str | None = None
    device: str | None = None
    dtype: str | None = None
    batch_size: int = 8
    concurrency: int = 8
    timeout: float = 120.0
    attempts: int = 6
    max_requests: int | None = None
    max_cost: float | None = None
    price_in: float = 0.0
    price_out: float = 0.0
    retry_failed: bool = False
    progress: bool = True
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers with which nothing can be asked."""
        for name in ("max_tokens", "batch_size", "concurrency", "attempts"):
            if getattr(self, name) < 1:
                raise RunError(f"{name}= must be at least 1, got {getattr(self, name)}.")
        if self.timeout <= 0:
            raise RunError(f"timeout= must be above 0 seconds, got {self.timeout}.")
        if self.max_cost is not None and not (self.price_in or self.price_out):
            raise RunError("max_cost= needs price_in= and price_out= (per million tokens).")

    @classmethod
    def of(cls, options: dict[str, Any], sampling: Sampling = JUDGE_SAMPLING) -> Self:
        """Return the options given by name; `sampling` holds where nothing else is given.

        Raises:
            RunError: an unknown name, or a number with which nothing can be asked.
        """
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(options) - set(known)):
            raise RunError(
                f"Unknown option {', '.join(unknown)}; known are {', '.join(sorted(known))}."
            )
        return cls(**{**sampling.fields(), **options})

    @property
    def known(self) -> dict[str, ModelEntry]:
        """Every model that is known by name, the user's own on top."""
        return load_models(self.models)

    def entry(self, who: str | ModelEntry | None) -> ModelEntry:
        """Return who is asked; see ``resolve_model``.

        An entry is taken as it is, but for the options that say how it is reached.
        """
        name = who.id if isinstance(who, ModelEntry) else who
        models = {who.id: who} if isinstance(who, ModelEntry) else self.known
        return resolve_model(
            name, models, model=self.model, base_url=self.base_url, provider=self.provider,
            via=self.via, token_env=self.token_env,
        )  # fmt: skip

    @property
    def sampling(self) -> Sampling:
        """How replies are sampled."""
        return Sampling(self.max_tokens, self.temperature, self.top_p, self.seed)

    @property
    def client(self) -> ClientSettings:
        """How a client is run."""
        return ClientSettings(
            self.concurrency, self.timeout, self.batch_size, self.device, self.dtype, self.dry_run
        )

    def limits(self, asked: Iterable[ModelEntry]) -> Limits:
        """Return how a run is conducted; a local model gets its batches filled."""
        local = any(entry.via == Via.LOCAL for entry in asked)
        return Limits(
            concurrency=max(self.concurrency, self.batch_size if local else 1),
            retry=RetryPolicy(attempts=self.attempts),
            retry_failed=self.retry_failed,
            progress=self.progress,
        )

    @property
    def prices(self) -> Prices:
        """What tokens cost."""
        return Prices(self.price_in, self.price_out)

    @property
    def budget(self) -> Budget:
        """What the run may spend; a new count each time."""
        return Budget(max_requests=self.max_requests, max_cost=self.max_cost, prices=self.prices)
