"""The rate limit on the gateway: shared by all processes, or local without the database.

Users get their answers while the database is unavailable: each process then applies the limits to
its own requests only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

import structlog

from bot.domain.gate import Admission, Demand
from bot.domain.timing import Timing
from bot.gateway.request_queue import LocalGate
from bot.storage.errors import StorageError
from bot.storage.gate import SharedGate

_log = structlog.get_logger(__name__)
_Found = TypeVar("_Found")


class SharingGatekeeper:
    """Uses the shared gate, or for a while after it failed the local one; to be closed."""

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
        self._asking: set[asyncio.Task[Any]] = set()

    async def ask(self, demand: Demand) -> Admission:
        """Ask for a block, or only tell how many requests are still in progress."""
        admission = await self._in_time(lambda: self._shared.ask(demand))
        return admission if admission is not None else await self._local.ask(demand)

    async def close(self) -> float:
        """Pause the requests of all processes; returns for how many seconds."""
        # The local one as well: the database may be unavailable the next time.
        alone = await self._local.close()
        shared = await self._in_time(self._shared.close)
        return alone if shared is None else shared

    async def reset_backoff(self) -> None:
        """Let the next pause be as short as a first one."""
        await self._local.reset_backoff()
        await self._in_time(self._shared.reset_backoff)

    async def aclose(self) -> None:
        """Remove this process from the shared gate."""
        await self._in_time(lambda: self._shared.ask(Demand()))

    async def _in_time(self, ask: Callable[[], Coroutine[Any, Any, _Found]]) -> _Found | None:
        """What the shared gate returns; `None` while the database is unavailable."""
        if self._clock() < self._alone_until:
            return None
        task = asyncio.create_task(ask())
        self._asking.add(task)
        task.add_done_callback(self._forget)
        # Not a timeout around it: cancelling may hang on a silent server.
        done, _ = await asyncio.wait({task}, timeout=2 * self._timing.gate)
        with suppress(StorageError):
            if done:
                return task.result()
        task.cancel()
        self._alone_until = self._clock() + self._timing.alone
        _log.warning("the rate limits are applied by this process alone", error=StorageError.code)
        return None

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._asking.discard(task)
        if not task.cancelled():
            # Retrieved, so that asyncio does not log an error that came too late.
            task.exception()
