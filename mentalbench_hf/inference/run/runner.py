"""The one runner under generate, judge, certify and the metric.

It pulls calls from an iterator, keeps a bounded number in flight, retries what can be retried,
writes every reply to the journal the moment it arrives, and skips what the journal already holds.
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.run.budget import Budget
from mentalbench_hf.inference.run.calls import Call, Limits, RunSummary, journal_state
from mentalbench_hf.inference.run.progress import Progress
from mentalbench_hf.inference.run.retry import CallFailure, FailureKind, Gate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mentalbench_hf.inference.clients.protocol import ChatClient
    from mentalbench_hf.inference.messages import Completion
    from mentalbench_hf.inference.run.journal import Journal

logger = logging.getLogger(__name__)

#: So many requests refused for good before any worked: the request itself is wrong.
_HOPELESS = 16


def run_calls(
    calls: Iterator[Call],
    clients: Mapping[str, ChatClient],
    journal: Journal,
    *,
    total: int | None = None,
    limits: Limits | None = None,
    budget: Budget | None = None,
    prompt_version: str = "",
) -> RunSummary:
    """Make the calls that the journal does not hold yet; blocks until done or stopped.

    Ctrl-C ends the run cleanly: no new call is sent, calls in flight get `limits.grace` seconds;
    a second ctrl-C ends them at once.

    Raises:
        RunError: wrong limits, or the journal cannot be written.
        CallFailure: a failure that no further call could escape (key refused, no such model);
            replies in flight are journalled first.
    """
    limits = limits or Limits()
    if limits.concurrency < 1:
        raise RunError(f"concurrency must be at least 1, got {limits.concurrency}.")
    runner = _Runner(calls, clients, journal, limits, budget or Budget(), total, prompt_version)
    return asyncio.run(runner.run())


class _Runner:
    def __init__(
        self,
        calls: Iterator[Call],
        clients: Mapping[str, ChatClient],
        journal: Journal,
        limits: Limits,
        budget: Budget,
        total: int | None,
        prompt_version: str,
    ) -> None:
        self.calls = calls
        self.clients = clients
        self.journal = journal
        self.limits = limits
        self.budget = budget
        self.prompt_version = prompt_version
        self.state = journal_state(journal.path, retry_failed=limits.retry_failed)
        self.budget.spent += self.state.spent
        self.summary = RunSummary()
        self.progress = Progress(total, enabled=limits.progress)
        self.gates = {who: Gate() for who in clients}
        self.asking: dict[str, list[Call]] = {}
        self.fatal: BaseException | None = None
        self.exhausted_in_a_row = 0

    async def run(self) -> RunSummary:
        stop = asyncio.Event()
        self.stopping = stop
        workers = [asyncio.create_task(self.work()) for _ in range(self.limits.concurrency)]
        keeper = asyncio.create_task(self.keep_synced())
        restore = self.listen(workers)
        try:
            await self.wait_for(workers)
        finally:
            restore()
            keeper.cancel()
            self.progress.close()
            with suppress(asyncio.CancelledError):
                await keeper
            for client in self.clients.values():
                await client.close()
        if self.fatal is not None:
            raise self.fatal
        return self.summary

    async def wait_for(self, workers: list[asyncio.Task[None]]) -> None:
        """Wait for the workers; after an interruption only for the time of grace."""
        everyone = asyncio.ensure_future(asyncio.wait(workers))
        stopped = asyncio.ensure_future(self.stopping.wait())
        await asyncio.wait({everyone, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if self.summary.interrupted and not everyone.done():
            await asyncio.wait({everyone}, timeout=self.limits.grace)
            for worker in workers:
                worker.cancel()
        await everyone
        stopped.cancel()

    def listen(self, workers: list[asyncio.Task[None]]) -> Any:
        """Take ctrl-C over while the run lasts (only the main thread of a process can)."""
        if threading.current_thread() is not threading.main_thread():
            return lambda: None
        loop = asyncio.get_running_loop()

        def interrupt(*_: object) -> None:
            if self.summary.interrupted:
                loop.call_soon_threadsafe(lambda: [worker.cancel() for worker in workers])
                return
            self.summary.interrupted = True
            loop.call_soon_threadsafe(self.stop, "interrupted; do the same again to go on")

        before = {number: signal.signal(number, interrupt) for number in (
            signal.SIGINT, signal.SIGTERM,
        )}  # fmt: skip
        return lambda: [signal.signal(number, handler) for number, handler in before.items()]

    def stop(self, reason: str) -> None:
        if not self.stopping.is_set():
            self.summary.stopped = reason
            self.stopping.set()

    async def keep_synced(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            await asyncio.to_thread(self.journal.sync_if_due)

    async def work(self) -> None:
        try:
            for call in self.calls:
                if self.stopping.is_set():
                    return
                await self.handle(call)
        except Exception as error:  # a full disk, a broken source: no other worker may go on
            self.fatal = self.fatal or error
            self.stop(str(error))

    async def handle(self, call: Call) -> None:
        if call.unit in self.state.units:
            self.summary.skipped += 1
            self.progress.step(skipped=True)
        elif call.key in self.state.answered:
            self.share(call)
        elif call.key in self.asking:
            self.asking[call.key].append(call)
        else:
            self.asking[call.key] = []
            try:
                await self.ask(call)
            finally:
                self.asking.pop(call.key, None)

    async def ask(self, call: Call) -> None:
        attempt = 0
        gate = self.gates[call.who]
        while True:
            attempt += 1
            while (seconds := gate.remaining()) > 0 and not self.stopping.is_set():
                await self.sleep(seconds)
            if self.stopping.is_set():
                return
            reserved = self.budget.reserve(call.request)
            if reserved is None:
                self.stop("the limit on requests or cost is reached")
                return
            completion: Completion | None = None
            failure: CallFailure | None = None
            try:
                completion = await self.clients[call.who].complete(call.request)
            except CallFailure as error:
                failure = error
            finally:
                cost = self.budget.settle(reserved, completion)
            if completion is not None:
                self.keep(call, completion, attempt, cost)
                return
            assert failure is not None
            if self.limits.retry.gives_up(attempt, failure):
                self.give_up(call, failure, attempt)
                return
            self.progress.retry()
            delay = self.limits.retry.delay(attempt, failure, random.random)
            logger.info("attempt %d failed (status %s)", attempt, failure.status)
            if failure.retry_after is not None:
                gate.close_for(delay)
            else:
                await self.sleep(delay)

    async def sleep(self, seconds: float) -> None:
        """Sleep, but wake up when the run stops."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    def keep(self, call: Call, completion: Completion, attempt: int, cost: float) -> None:
        record = self.record(call, "ok", attempt) | {
            "text": completion.text,
            "thinking": completion.thinking,
            "finish_reason": completion.finish_reason,
            "refusal": completion.refusal,
            "prompt_tokens": completion.prompt_tokens,
            "completion_tokens": completion.completion_tokens,
            "latency": round(completion.latency, 4),
            "model": completion.model,
            "sampling": call.request.sampling.fields(),
        }
        if cost:
            record["cost"] = cost
        if completion.distributions is not None:
            record["distributions"] = completion.distributions
        self.journal.append(record)
        self.state.answered.add(call.key)
        self.state.units.add(call.unit)
        self.summary.done += 1
        self.summary.cost += cost
        self.exhausted_in_a_row = 0
        self.progress.step()
        for other in self.asking.get(call.key, ()):
            self.share(other)

    def give_up(self, call: Call, failure: CallFailure, attempt: int) -> None:
        if failure.kind is FailureKind.RUN:
            self.fatal = self.fatal or failure
            self.stop(str(failure))
            return
        for_good = failure.kind is FailureKind.ITEM
        self.journal.append(
            self.record(call, "failed" if for_good else "exhausted", attempt)
            | {"error": str(failure), "http_status": failure.status}
        )
        self.summary.failed += 1
        self.progress.step(failed=True)
        if for_good:
            self.state.answered.add(call.key)
            self.state.units.add(call.unit)
            for other in self.asking.get(call.key, ()):
                self.share(other)
            if not self.summary.done and self.summary.failed >= _HOPELESS:
                self.fatal = failure
                self.stop(str(failure))
            return
        self.exhausted_in_a_row += 1
        if self.exhausted_in_a_row >= max(2, self.limits.concurrency):
            self.stop(f"the server keeps failing ({failure}); do the same again to go on")

    def share(self, call: Call) -> None:
        """Note that an item is answered by an identical call."""
        self.journal.append(
            {
                "key": call.key, "who": call.who, "item": call.item,
                "replicate": call.replicate, "status": "same",
            }
        )  # fmt: skip
        self.state.units.add(call.unit)
        self.summary.shared += 1
        self.progress.step()

    def record(self, call: Call, status: str, attempt: int) -> dict[str, Any]:
        return {
            "key": call.key,
            "who": call.who,
            "item": call.item,
            "replicate": call.replicate,
            "status": status,
            "attempts": attempt,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "prompt": self.prompt_version,
        }
