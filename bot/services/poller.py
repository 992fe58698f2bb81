"""Takes up what is due of watches and bulks, and what processes that are gone had in hand.

A peer counts as gone when it says so, when its process is gone from this host, or when it has been
silent for long by this process' own clock, so that no clock that is set wrong or jumps decides it.
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
    """Jobs of one kind, so many in hand at once; a kind never waits for the other.

    Args:
        take_up: does what a job needs.
        leave: called when this process ends: what can be left to the next is broken off.
        room: how many may be in hand.
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
        """What it can take up now."""
        room = self._room - len(self.in_hand)
        return Wanted(jobs=self._jobs, room=room, in_hand=tuple(self.in_hand))

    def begin(self, jobs: Sequence[Any], wanted: Wanted, over: Callable[[], None]) -> None:
        """Take these up; `over` is called at the end of each."""
        self._more = len(jobs) == wanted.room
        for job in jobs:
            self.in_hand[job.id] = asyncio.create_task(self._turn(job, over))

    @property
    def hungry(self) -> bool:
        """Whether more may be due, and there is room for a good part of it again."""
        return self._more and 2 * len(self.in_hand) <= self._room

    async def _turn(self, job: Any, over: Callable[[], None]) -> None:
        try:
            await self._take_up(job)
        except Exception as error:  # noqa: BLE001 - it is due again when its lease is over
            _log.error("a turn failed", exc_info=error)
        finally:
            del self.in_hand[job.id]
            over()


class Poller:
    """Asks the database once a second what is due, and at once when it is woken.

    Args:
        own: this process.
        clock: seconds that never go back.
        timing: how long it waits for what.
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
        """Something may be due: ask at once."""
        self._quiet.clear()
        self._news.set()

    async def idle(self) -> None:
        """Wait until nothing is in hand; for whoever runs a bot inside their own process."""
        await self._quiet.wait()

    @asynccontextmanager
    async def running(self, lines: Sequence[Line], end: End) -> AsyncIterator[None]:
        """Take up what is due while the block runs; give back in time what is not done then.

        Raises:
            StorageError: this process could not be entered among its peers.
        """
        self._lines = lines
        await self.round()
        polling = asyncio.create_task(self._poll())
        try:
            yield
        finally:
            await self._end(polling, end)

    async def round(self) -> None:
        """Take up what is due.

        Raises:
            StorageError: the database could not be used.
        """
        self._quiet.clear()
        self._news.clear()
        wanted = [line.wanted() for line in self._lines]
        now, beats = self._clock(), self._clock() >= self._beat_at
        if now - self._beat_at > _SILENT_ROUNDS * self._timing.beat:
            # The database was away, for others too: whoever lives has to be given time to say so.
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
            except Exception as error:  # noqa: BLE001 - without rounds nothing would ever be told
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
        # What a round still takes up is known, and given back, only when the round is over.
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
