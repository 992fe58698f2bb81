"""The rate limit on the gateway: shared by all processes, or local without the database.

Users get their answers while the database is unavailable: each process then applies the limits to
its own requests only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
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
    """Uses the shared gate, or for a while after it failed the local one."""

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
        # One at a time: a count from before an admission must not be published after it.
        self._counting = asyncio.Lock()
        self._publishing: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[Any]] = set()

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        """Admit some of the requests that wait in this process."""
        async with self._counting:
            admission = await self._ask(
                partial(self._shared.admit, urgency, count=count, running=running)
            )
            if admission is None:
                admission = await self._local.admit(urgency, count=count, running=running)
            self._running += len(admission.waits)
        return admission

    def left(self, running: int) -> None:
        """Publish the count of running requests soon."""
        self._running = running
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.create_task(self._publish())

    async def close(self) -> float:
        """Pause the requests of all processes; returns for how many seconds."""
        # The local one as well: the database may be unavailable the next time.
        alone = await self._local.close()
        shared = await self._ask(self._shared.close)
        return alone if shared is None else shared

    async def reset_backoff(self) -> None:
        """Let the next pause be as short as a first one."""
        await self._local.reset_backoff()
        await self._ask(self._shared.reset_backoff)

    async def aclose(self) -> None:
        """Remove this process from the shared gate."""
        if self._publishing is not None:
            self._publishing.cancel()
            with suppress(asyncio.CancelledError):
                await self._publishing
        await self._ask(self._shared.leave)

    async def _publish(self) -> None:
        """Publish the count, and again if it changes meanwhile."""
        published = -1
        while published != self._running:
            await asyncio.sleep(self._timing.publish)
            async with self._counting:
                published = self._running
                await self._ask(partial(self._shared.publish, published))

    async def _ask(self, shared: Callable[[], Coroutine[Any, Any, _Found]]) -> _Found | None:
        """What the shared gate returns; `None` while the database is unavailable."""
        if self._clock() >= self._alone_until:
            try:
                return await self._in_time(shared())
            except StorageError as error:
                self._alone_until = self._clock() + self._timing.alone
                _log.warning("the ceilings are held by this process alone", error=error.code)
        return None

    async def _in_time(self, asking: Coroutine[Any, Any, _Found]) -> _Found:
        """The result, or an error at the deadline, because cancelling may hang on a silent server.

        Raises:
            StorageError: there is no result in time.
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
            # Retrieved, so that asyncio does not log an error that came too late.
            task.exception()


@asynccontextmanager
async def sharing(
    shared: SharedGate, local: LocalGate, *, timing: Timing = Timing()
) -> AsyncIterator[SharingGatekeeper]:
    """A gatekeeper that leaves the shared gate at the end of the block."""
    gatekeeper = SharingGatekeeper(shared, local, timing=timing)
    try:
        yield gatekeeper
    finally:
        await gatekeeper.aclose()
