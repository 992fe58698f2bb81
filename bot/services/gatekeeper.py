"""The rate limit on the gateway: shared by all processes, or local without the database.

Users get their answers while the database is unavailable: each process then applies the limits to
its own requests only, until an attempt in the background reaches the shared gate again. A pause
that began meanwhile is passed on by that attempt.
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
from bot.storage.errors import StorageError, failure
from bot.storage.gate import SharedGate

_log = structlog.get_logger(__name__)
_Found = TypeVar("_Found")


class SharingGatekeeper:
    """Uses the shared gate, or the local one while that fails. It has to be closed."""

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
        # The end of the longest pause that this process knows of, by its own clock.
        self._closed_until = 0.0
        self._rejoining: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[Any]] = set()

    async def ask(self, demand: Demand) -> Admission:
        """Ask for a block, or only report how many requests are in progress."""
        admission = await self._in_time(lambda: self._shared.ask(demand))
        if admission is None:
            return await self._ask_alone(demand)
        if admission.closed:
            self._know(admission.again)
        if not admission.strikes:
            # Another process may have got the good answer.
            await self._local.reset_backoff()
        return admission

    async def close(self) -> float:
        """Pause the requests of all processes; returns for how many seconds."""
        # The local one as well: the database may be unavailable now, or the next time.
        alone = self._clock() + await self._local.close()
        shared = await self._in_time(self._shared.close)
        self._know(alone - self._clock() if shared is None else shared)
        return self._rest()

    async def reset_backoff(self) -> None:
        """Make the next pause as short as the first one."""
        await self._local.reset_backoff()
        await self._in_time(self._shared.reset_backoff)

    async def aclose(self) -> None:
        """Remove this process from the shared gate."""
        await self._in_time(lambda: self._shared.ask(Demand()))
        if self._rejoining is not None:
            self._rejoining.cancel()

    async def _ask_alone(self, demand: Demand) -> Admission:
        rest = self._rest()
        if demand.waiting and rest:
            return Admission(places=demand.running, again=rest, closed=True, strikes=1)
        return await self._local.ask(demand)

    def _know(self, seconds: float) -> None:
        """Remember a pause, unless a known one ends later."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)

    def _rest(self) -> float:
        return max(0.0, self._closed_until - self._clock())

    async def _in_time(self, ask: Callable[[], Coroutine[Any, Any, _Found]]) -> _Found | None:
        """What the shared gate returns; `None` while the database is unavailable."""
        if self._is_alone():
            return None
        with suppress(StorageError):
            return await self._attempt(ask())
        # Two calls may fail at the same time.
        if not self._is_alone():
            _log.warning(
                "the rate limits are applied by this process alone", error=StorageError.code
            )
            self._rejoining = asyncio.create_task(self._rejoin())
        return None

    def _is_alone(self) -> bool:
        return self._rejoining is not None and not self._rejoining.done()

    async def _rejoin(self) -> None:
        """Try the shared gate until it has stored the longest pause known, if there is one."""
        stored: float | None = None
        while stored != self._closed_until:
            await asyncio.sleep(self._timing.alone)
            known = self._closed_until
            with suppress(StorageError):
                await self._attempt(self._shared.keep_closed(self._rest))
                stored = known
        _log.info("the processes share the rate limits again")

    async def _attempt(self, asking: Coroutine[Any, Any, _Found]) -> _Found:
        """What the shared gate returns.

        Raises:
            StorageError: it failed, or takes too long.
        """
        task = asyncio.create_task(asking)
        self._asking.add(task)
        task.add_done_callback(self._forget)
        # Not a timeout around it: cancelling may hang on a silent server.
        done, _ = await asyncio.wait({task}, timeout=2 * self._timing.gate)
        if not done:
            task.cancel()
            raise failure("too_slow")
        return task.result()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._asking.discard(task)
        if not task.cancelled():
            # Retrieved, so that asyncio does not log an error that came too late.
            task.exception()
