"""Claims the watches and bulks that are due, and those of processes that are gone.

A peer counts as gone when it has left, when its process no longer exists on this host, or when its
heartbeat has not changed for long by this process' monotonic clock, so wrong clocks do not matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Final

import structlog

from bot.domain.timing import Timing
from bot.services.ending import End
from bot.storage.errors import StorageError
from bot.storage.executors import Executor, is_surely_gone
from bot.storage.job_queue import JobQueue, Wanted
from bot.storage.jobs import Job, JobTable

_SILENT_ROUNDS: Final = 3

_log = structlog.get_logger(__name__)


class Line:
    """Jobs of one kind, with a limit on concurrent ones; a kind never waits for the other.

    Args:
        take_up: runs one turn of a job.
        leave: called at shutdown: aborts what the next process can repeat.
        room: how many may run at once.
    """

    def __init__(
        self,
        jobs: JobTable[Job],
        *,
        take_up: Callable[[Job], Awaitable[None]],
        leave: Callable[[], None],
        room: int,
    ) -> None:
        self.leave = leave
        self.in_hand: dict[str, asyncio.Task[None]] = {}
        self._jobs: JobTable[Any] = jobs
        self._take_up: Callable[[Any], Awaitable[None]] = take_up
        self._room = room
        self._more = False

    def wanted(self) -> Wanted:
        """How many it can claim now."""
        room = self._room - len(self.in_hand)
        return Wanted(jobs=self._jobs, room=room, in_hand=tuple(self.in_hand))

    def begin(self, jobs: Sequence[Any], wanted: Wanted, over: Callable[[], None]) -> None:
        """Start their turns; `over` is called at the end of each."""
        self._more = len(jobs) == wanted.room
        for job in jobs:
            self.in_hand[job.id] = asyncio.create_task(self._turn(job, over))

    @property
    def hungry(self) -> bool:
        """Whether more may be due, and at least half of the room is free."""
        return self._more and 2 * len(self.in_hand) <= self._room

    async def _turn(self, job: Any, over: Callable[[], None]) -> None:
        try:
            await self._take_up(job)
        except Exception as error:  # noqa: BLE001 - it is due again after its lease
            _log.error("a turn failed", exc_info=error)
        finally:
            del self.in_hand[job.id]
            over()


class Poller:
    """Asks the database once a second what is due, and immediately after `wake`.

    Args:
        own: this process.
        clock: monotonic seconds.
        timing: its waits.
    """

    def __init__(
        self,
        queue: JobQueue,
        *,
        own: Executor,
        clock: Callable[[], float] = monotonic,
        timing: Timing = Timing(),
    ) -> None:
        self._queue = queue
        self._own = own
        self._clock = clock
        self._timing = timing
        self._lines: Sequence[Line] = ()
        self._news = asyncio.Event()
        self._quiet = asyncio.Event()
        self._leaving = False
        self._beat_at = clock()
        self._heard: dict[str, tuple[int, float]] = {}

    def wake(self) -> None:
        """Something may be due: ask immediately."""
        self._quiet.clear()
        self._news.set()

    async def idle(self) -> None:
        """Wait until no job is running; for those who run a bot inside their own process."""
        await self._quiet.wait()

    @asynccontextmanager
    async def running(self, lines: Sequence[Line], end: End) -> AsyncIterator[None]:
        """Run what is due during the block; then return unfinished jobs within the time limit.

        Raises:
            StorageError: this process could not be registered.
        """
        self._lines = lines
        await self.round()
        polling = asyncio.create_task(self._poll())
        try:
            yield
        finally:
            await self._end(polling, end)

    async def round(self) -> None:
        """Claim what is due, and start it.

        Raises:
            StorageError: the database could not be used.
        """
        self._quiet.clear()
        self._news.clear()
        wanted = [line.wanted() for line in self._lines]
        now, beats = self._clock(), self._clock() >= self._beat_at
        if now - self._beat_at > _SILENT_ROUNDS * self._timing.beat:
            # The database was unavailable for peers too: give them time for a heartbeat.
            self._heard.clear()
        found = await self._queue.claim(wanted, is_gone=self._is_gone if beats else None)
        if beats:
            self._beat_at = now + self._timing.beat
        for line, asked, jobs in zip(self._lines, wanted, found, strict=True):
            line.begin(jobs, asked, self._over)
        self._settle()

    async def _poll(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timing.poll):
                    await self._news.wait()
            if self._leaving:
                return
            try:
                await self.round()
                continue
            except StorageError as error:
                _log.info("what is due is looked for later", error=error.code)
            except Exception as error:  # noqa: BLE001 - without rounds no result would be sent
                _log.error("a round failed", exc_info=error)
            await asyncio.sleep(self._timing.poll)

    def _over(self) -> None:
        if any(line.hungry for line in self._lines):
            self.wake()
        self._settle()

    def _settle(self) -> None:
        if not self._news.is_set() and not any(line.in_hand for line in self._lines):
            self._quiet.set()

    async def _end(self, polling: asyncio.Task[None], end: End) -> None:
        self._leaving = True
        self.wake()
        for line in self._lines:
            line.leave()
        # Jobs that a running round claims are known, and can be returned, only after the round.
        until = asyncio.get_running_loop().time() + end.left(self._timing.turns_end)
        await self._until(until, polling)
        turns = [task for line in self._lines for task in line.in_hand.values()]
        await self._until(until, *turns)
        with suppress(StorageError, TimeoutError):
            async with asyncio.timeout(end.left(self._timing.give_back)):
                await self._queue.leave()

    async def _until(self, until: float, *tasks: asyncio.Task[None]) -> None:
        if tasks:
            left = max(0.0, until - asyncio.get_running_loop().time())
            await asyncio.wait(tasks, timeout=left)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _is_gone(self, peer: Executor) -> bool:
        beats, since = self._heard.get(peer.id, (None, 0.0))
        if beats != peer.beats:
            since = self._clock()
            self._heard[peer.id] = (peer.beats, since)
        silent = self._clock() - since >= self._timing.silence
        if not silent and not is_surely_gone(peer, self._own):
            return False
        del self._heard[peer.id]
        _log.info("what a process had that is gone is taken over")
        return True
