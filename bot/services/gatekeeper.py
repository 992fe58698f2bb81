"""The gatekeeper of the bot: the gate that all processes share, and a gate of its own without it.

A database that is away keeps no answer from people: then each process holds the ceilings alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import monotonic
from typing import Any, TypeVar

import structlog

from bot.domain.gate import Admission, Urgency
from bot.domain.timing import Timing
from bot.gateway.ceiling import LocalGate
from bot.storage.errors import StorageError
from bot.storage.gate import SharedGate

_log = structlog.get_logger(__name__)
_Found = TypeVar("_Found")


class SharingGatekeeper:
    """Asks the shared gate, or for a while the local one after that failed."""

    def __init__(
        self,
        shared: SharedGate,
        local: LocalGate,
        clock: Callable[[], float] = monotonic,
        *,
        timing: Timing = Timing(),
    ) -> None:
        self._shared = shared
        self._local = local
        self._clock = clock
        self._timing = timing
        self._alone_until = 0.0
        self._running = 0
        # One after the other: a count that was true before an admission must not be told after it.
        self._telling = asyncio.Lock()
        self._publishing: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[Any]] = set()

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        """Let some of those through who wait in this process."""
        async with self._telling:
            admission = await self._either(
                lambda: self._shared.admit(urgency, count=count, running=running),
                lambda: self._local.admit(urgency, count=count, running=running),
            )
            self._running += len(admission.waits)
        return admission

    def left(self, running: int) -> None:
        """Tell the others, soon."""
        self._running = running
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.create_task(self._publish())

    async def close(self) -> float:
        """Close the gate for all; for how many seconds."""
        # This one as well: the database may be away the next time.
        alone = await self._local.close()
        return await self._either(self._shared.close, lambda: _given(alone))

    async def reset_backoff(self) -> None:
        """Make the next pause a first one again."""
        await self._local.reset_backoff()
        await self._either(self._shared.reset_backoff, lambda: _given(None))

    async def aclose(self) -> None:
        """Ask no more."""
        if self._publishing is not None:
            self._publishing.cancel()
            with suppress(asyncio.CancelledError):
                await self._publishing
        await self._either(self._shared.leave, lambda: _given(None))

    async def _publish(self) -> None:
        """Tell how many are through, and again what ends while it is told."""
        told = -1
        while told != self._running:
            await asyncio.sleep(self._timing.publish)
            async with self._telling:
                told = self._running
                await self._either(partial(self._shared.publish, told), lambda: _given(None))

    async def _either(
        self,
        shared: Callable[[], Coroutine[Any, Any, _Found]],
        local: Callable[[], Awaitable[_Found]],
    ) -> _Found:
        if self._clock() >= self._alone_until:
            try:
                return await self._in_time(shared())
            except StorageError as error:
                self._alone_until = self._clock() + self._timing.alone
                _log.warning("the ceilings are held by this process alone", error=error.code)
        return await local()

    async def _in_time(self, asking: Coroutine[Any, Any, _Found]) -> _Found:
        """The answer, or an error as soon as it is due: a silent server may take longer to cancel.

        Raises:
            StorageError: there is no answer in time.
        """
        task = asyncio.create_task(asking)
        self._asking.add(task)
        task.add_done_callback(self._forget)
        done, _ = await asyncio.wait({task}, timeout=2 * self._timing.gate)
        if done:
            return task.result()
        task.cancel()
        raise StorageError("The database does not answer.")

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._asking.discard(task)
        if not task.cancelled():
            # Read, so that nobody is told of an error that came too late.
            task.exception()


async def _given(value: _Found) -> _Found:
    return value


@asynccontextmanager
async def sharing(
    shared: SharedGate, local: LocalGate, *, timing: Timing = Timing()
) -> AsyncIterator[SharingGatekeeper]:
    """A gatekeeper that takes its leave at the end of the block."""
    gatekeeper = SharingGatekeeper(shared, local, timing=timing)
    try:
        yield gatekeeper
    finally:
        await gatekeeper.aclose()
