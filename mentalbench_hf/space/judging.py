"""One judgment for one reader: the judges of this server, a queue, and a limit per user."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.ask import JudgeCall, find_format, known_format, read_judgment
from mentalbench_hf.inference.clients.factory import make_client, resolve_model
from mentalbench_hf.inference.clients.openai import chat_url
from mentalbench_hf.inference.prompts import judge_prompt, new_secret
from mentalbench_hf.inference.run.retry import RetryPolicy, complete
from mentalbench_hf.parsing import ParsedJudgment
from mentalbench_hf.schema.models import ModelEntry, Via, find_model, load_models
from mentalbench_hf.schema.rubric import load_rubric
from mentalbench_hf.space.options import SpaceOptions

if TYPE_CHECKING:
    from mentalbench_hf.inference.clients.protocol import ChatClient

#: Longer texts are refused, not cut: a rating of half a reply would be misleading.
MAX_CHARACTERS: Final = 20_000
_HOUR: Final = 3600.0
# A reader waits for this: fewer attempts and shorter pauses than in a run.
_RETRY: Final = RetryPolicy(attempts=3, base=0.5, cap=4.0, patience=15.0)


def judges_of(options: SpaceOptions) -> dict[str, ModelEntry]:
    """Return the judges the operator configured, by name.

    Raises:
        RunError: a name that is not known, or an address that is not usable.
    """
    models = load_models()
    judges: dict[str, ModelEntry] = {}
    for name in filter(None, (n.strip() for n in options.judge_model.split(","))):
        base_url = options.judge_base_url or None
        if name in models:
            entry = resolve_model(name, models, base_url=base_url)
        else:
            if base_url is None and "/" not in name and not Path(name).exists():
                find_model(name, models)  # neither registered, nor owner/name, nor on this disk
            entry = resolve_model(None, models, model=name, base_url=base_url)
        if entry.via is Via.OPENAI:
            chat_url(str(entry.base_url))  # a wrong address shall stop the start, not a reader
        judges[entry.id] = entry
    return judges


class TooManyError(RunError):
    """A user has used up the judgments of the hour."""


class LimitPerUser:
    """So many judgments per user in any hour; nothing is written down."""

    def __init__(self, most: int) -> None:
        """Allow `most` per hour."""
        self.most = most
        self._used: dict[str, deque[float]] = {}

    def take(self, user: str) -> int:
        """Count one judgment and return how many are left; raises ``TooManyError``."""
        now = time.monotonic()
        for name in [n for n, times in self._used.items() if times[-1] < now - _HOUR]:
            del self._used[name]
        times = self._used.setdefault(user, deque())
        while times and times[0] < now - _HOUR:
            times.popleft()
        if len(times) >= self.most:
            minutes = int((times[0] + _HOUR - now) / 60) + 1
            raise TooManyError(
                f"You have used the {self.most} judgments of this hour. "
                f"The next one is free in {minutes} minutes."
            )
        times.append(now)
        return self.most - len(times)


class WaitingLine:
    """First come, first served, `at_once` at a time; everybody can see the length."""

    def __init__(self, at_once: int = 1) -> None:
        """Serve `at_once` at a time."""
        self._at_once = at_once
        self._line: list[object] = []
        self._moved = asyncio.Condition()

    def __len__(self) -> int:
        """Return how many are being served or waiting."""
        return len(self._line)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[AsyncIterator[int]]:
        """Take a place; the value yields the number ahead until it is one's turn.

        The place is given up when the block is left, also by cancellation.
        """
        me = object()
        self._line.append(me)
        try:
            yield self._ahead(me)
        finally:
            self._line.remove(me)
            async with self._moved:
                self._moved.notify_all()

    async def _ahead(self, me: object) -> AsyncIterator[int]:
        shown = -1
        while (ahead := self._line.index(me)) >= self._at_once:
            if ahead != shown:
                shown = ahead
                yield ahead
            async with self._moved:
                if self._line.index(me) == ahead:
                    await self._moved.wait()


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgment and where it came from.

    Attributes:
        judgment: the ratings, each with its status.
        model: the model that the server says has answered.
        prompt: version of prompt and rubric.
        seconds: how long the answer took.
    """

    judgment: ParsedJudgment
    model: str
    prompt: str
    seconds: float


class JudgeDesk:
    """The judges of one server; their clients are made when first used and then kept."""

    def __init__(self, options: SpaceOptions) -> None:
        """Name the judges; nothing is loaded or asked yet. Raises ``RunError``."""
        self.judges = judges_of(options)
        self.limit = LimitPerUser(options.judge_limit)
        self.line = WaitingLine()
        self._clients: dict[str, ChatClient] = {}
        self._formats: dict[str, str] = {}
        self._prompt = judge_prompt(load_rubric())
        self._secret = new_secret()

    def check(self, name: str, context: str, response: str) -> None:
        """Raise ``RunError`` unless this can be asked, before it counts against the limit."""
        if name not in self.judges:
            known = ", ".join(self.judges) or "none"
            raise RunError(f"Choose a judge. The judges of this page: {known}.")
        if not response.strip():
            raise RunError("Paste the response that is to be rated.")
        for what, text in (("context", context), ("response", response)):
            if len(text) > MAX_CHARACTERS:
                raise RunError(
                    f"The {what} has {len(text):,} characters; at most {MAX_CHARACTERS:,} "
                    "are judged here."
                )

    async def rate(
        self, name: str, context: str, response: str, token: str | None = None
    ) -> Judged:
        """Ask a judge for its seven ratings, in the words and the form in which it is certified.

        How a server binds a reply to the schema is tried out before its first judgment.

        Args:
            name: one of `judges`.
            context: what the person wrote; may be empty.
            response: the response to rate.
            token: the user's own Hub token, used for a judge on the Hub only, and not kept.

        Raises:
            RunError: the judge cannot be used. CallFailure: it did not answer.
            MissingExtraError: a local judge without the extra ``local``.
        """
        entry = self.judges[name]
        own = entry.via is Via.HUB and token is not None
        client = _hub_client(entry, str(token)) if own else self._client(entry)
        try:
            if name not in self._formats:
                self._formats[name] = known_format(entry, "auto") or await find_format(
                    entry, client=client, retry=_RETRY
                )
            ask = JudgeCall(self._prompt, self._secret, reply_format=self._formats[name])
            request = ask.request(context, response)
            reply = await complete(client, request, _RETRY)
        finally:
            if own:
                await client.close()
        judgment = read_judgment(reply.text, code=request.code, refusal=reply.refusal)
        return Judged(judgment, reply.model, self._prompt.version, reply.latency)

    def _client(self, entry: ModelEntry) -> ChatClient:
        if entry.id not in self._clients:
            self._clients[entry.id] = make_client(entry)
        return self._clients[entry.id]


def _hub_client(entry: ModelEntry, token: str) -> ChatClient:
    from mentalbench_hf.inference.clients.hub import HubClient

    return HubClient(
        entry.model_id, provider=entry.provider, token=token,
        max_tokens_field=entry.max_tokens_field, fixed_temperature=entry.fixed_temperature,
    )  # fmt: skip
