"""Keeps watches and bulks alive: beats, takes over from processes that died, finds lost alarms.

A peer counts as dead when it says so, when its process is gone from this host, or when it has been
silent for long by this process' own clock, so that no clock that is set wrong or jumps decides it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Generic

import structlog

from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.watch import Watch
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import alarm_of
from bot.storage.alarms import Alarms, Ringing
from bot.storage.errors import StorageError
from bot.storage.executors import Executor, Executors, is_surely_gone
from bot.storage.jobs import Job, JobTable

# An alarm rings a second or two late, and waits in a line when many are due.
GRACE: Final = timedelta(seconds=20)
_RUNG_KEPT: Final = timedelta(hours=1)

_log = structlog.get_logger(__name__)


class Upkeep(Generic[Job]):
    """Finds what was lost among the jobs of one kind.

    Args:
        longest_wait: no job of this kind is ever put off for longer.
        now: the present moment, aware, UTC.
        page: how many are read at once.
    """

    def __init__(
        self,
        *,
        jobs: JobTable[Job],
        alarms: Alarms,
        longest_wait: timedelta,
        now: Callable[[], datetime],
        page: int = 200,
    ) -> None:
        self._jobs: JobTable[Job] = jobs
        self._alarms = alarms
        self._longest_wait = longest_wait
        self._now = now
        self._page = page
        self._last: Job | None = None

    async def look_after(self) -> None:
        """One round.

        Raises:
            StorageError: the database or the engine could not be used.
        """
        await self._arm_the_overdue()
        await self._wake_the_distant()

    async def _arm_the_overdue(self) -> None:
        """Set alarms that were lost: the process died, or the database was away, before it did.

        They are looked at page by page, because after an outage all may be overdue, and waiting
        in line.
        """
        before = self._now() - GRACE
        page = await self._jobs.due_before(before, self._page, after=self._last)
        self._last = page[-1] if len(page) == self._page else None
        alarms = {alarm_of(job): job for job in page}
        for spent in await self._alarms.arm(alarms) if alarms else ():
            job = alarms[spent]
            again = replace(job, turn=job.turn + 1, due_at=self._now())
            if await self._jobs.replace(job, again):
                await self._alarms.arm([alarm_of(again)])

    async def _wake_the_distant(self) -> None:
        """Let those ring that are due later than any can be: the clock was set back meanwhile."""
        latest = self._now() + self._longest_wait + GRACE
        for job in await self._jobs.due_after(latest, self._page):
            await self._alarms.wake(alarm_of(job))


class Keeper:
    """Looks after the watches and bulks of all processes on one database.

    Args:
        own: the process that uses this object.
        upkeeps: of each kind of jobs.
        now: the present moment, aware, UTC.
        clock: seconds that never go back.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        *,
        own: Executor,
        executors: Executors,
        alarms: Alarms,
        upkeeps: Sequence[Upkeep[Watch] | Upkeep[Bulk]],
        now: Callable[[], datetime],
        clock: Callable[[], float] = monotonic,
        timing: Timing = Timing(),
    ) -> None:
        self._own = own
        self._executors = executors
        self._alarms = alarms
        self._upkeeps = upkeeps
        self._now = now
        self._clock = clock
        self._timing = timing
        self._heard: dict[str, tuple[int, float]] = {}
        self._gone: set[str] = set()
        self._sweep_at = clock()

    def is_gone(self, executor: str) -> bool:
        """Whether a process, by its name, is known to have died."""
        return executor in self._gone

    @asynccontextmanager
    async def keeping(self, ringing: Ringing) -> AsyncIterator[None]:
        """Let alarms ring and look after them while the block runs.

        Raises:
            StorageError: this process could not be entered among its peers.
        """
        await self._executors.beat()
        async with self._alarms.running(ringing):
            task = asyncio.create_task(self._keep())
            try:
                yield
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        with suppress(StorageError):
            await self._executors.end()

    async def _keep(self) -> None:
        while True:
            pause = self._timing.beat
            try:
                await self.look_after()
            except StorageError as error:
                _log.info("jobs are looked after later", error=error.code)
                pause = self._timing.beat_retry
            await asyncio.sleep(pause)

    async def look_after(self) -> None:
        """One round.

        Raises:
            StorageError: the database or the engine could not be used.
        """
        await self._executors.beat()
        await self._take_over()
        for upkeep in self._upkeeps:
            await upkeep.look_after()
        if self._clock() >= self._sweep_at:
            await self._alarms.sweep(self._now() - _RUNG_KEPT)
            self._sweep_at = self._clock() + self._timing.alarm_sweep

    async def _take_over(self) -> None:
        peers = await self._executors.peers()
        dead = [peer.id for peer in peers if self._is_dead(peer)]
        if not dead:
            return
        self._gone.update(dead)
        count = await self._alarms.take_over(dead)
        await self._executors.forget(dead)
        for peer in dead:
            self._heard.pop(peer, None)
        _log.info("took over from a process that has ended", count=count)

    def _is_dead(self, peer: Executor) -> bool:
        if is_surely_gone(peer, self._own):
            return True
        beats, since = self._heard.get(peer.id, (None, 0.0))
        if beats != peer.beats:
            self._heard[peer.id] = (peer.beats, self._clock())
            # One that was only paused may have been given up.
            self._gone.discard(peer.id)
            return False
        return self._clock() - since >= self._timing.silence
