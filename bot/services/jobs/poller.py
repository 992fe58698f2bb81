"""Claims the watches and bulks that are due, and those of processes that are gone.

A peer counts as gone when it has left, when its process no longer exists on this host, or when its
heartbeat has not changed for long by this process' monotonic clock, so wrong clocks do not matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Generic, Protocol, TypeVar

import structlog

from bot.domain.timing import Timing
from bot.storage.errors import StorageError
from bot.storage.executors import Executor, is_surely_gone
from bot.storage.jobs.job_queue import JobQueue
from bot.storage.jobs.table import Claimable, Wanted

_SILENT_ROUNDS: Final = 3

_log = structlog.get_logger(__name__)


class End:
    """The time that is left for the shutdown.

    Args:
        seconds: how long the whole shutdown may take.
        clock: monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._over: float | None = None

    def begin(self) -> None:
        """Start the time limit."""
        self._over = self._clock() + self._seconds

    def left(self, most: float | None = None) -> float:
        """How many seconds a step may take, at most `most`."""
        wanted = self._seconds if most is None else most
        if self._over is None:
            return wanted
        return max(0.0, min(wanted, self._over - self._clock()))


class Work(Protocol):
    """What is claimed at once: a job, or several."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the jobs."""


AnyWork = TypeVar("AnyWork", bound=Work)


@dataclass(slots=True, kw_only=True)
class Line(Generic[AnyWork]):
    """Jobs of one kind, with a limit on concurrent ones; a kind never waits for the other.

    Attributes:
        take_up: runs one turn of what was claimed.
        leave: called at shutdown: aborts what the next process can repeat.
        room: how many may run at once.
        chained: more may be due whenever a turn is over, not only after a full round.
        in_hand: those that are running, by their id.
    """

    jobs: Claimable
    take_up: Callable[[AnyWork], Awaitable[None]]
    leave: Callable[[], None]
    room: int
    chained: bool = False
    in_hand: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    more: bool = False

    def wanted(self) -> Wanted:
        """How many it can claim now."""
        room = self.room - len(self.in_hand)
        return Wanted(jobs=self.jobs, room=room, in_hand=tuple(self.in_hand))

    def begin(self, found: Sequence[AnyWork], wanted: Wanted, over: Callable[[], None]) -> None:
        """Start their turns; `over` is called at the end of each."""
        self.more = len(found) == wanted.room or (self.chained and bool(found))
        for work in found:
            turn = asyncio.create_task(self._turn(work, over))
            self.in_hand |= dict.fromkeys(work.ids, turn)

    @property
    def hungry(self) -> bool:
        """Whether more may be due, and at least half of the room is free."""
        return self.more and 2 * len(self.in_hand) <= self.room

    async def _turn(self, work: AnyWork, over: Callable[[], None]) -> None:
        try:
            await self.take_up(work)
        except Exception as error:  # noqa: BLE001 - it is due again after its lease
            _log.error("a turn failed", exc_info=error)
        finally:
            for one in work.ids:
                del self.in_hand[one]
            over()


@dataclass(slots=True, kw_only=True, eq=False)
class Poller:
    """Asks the database once a second what is due, and immediately after `wake`.

    Attributes:
        own: this process.
        clock: monotonic seconds.
        timing: its waits.
    """

    queue: JobQueue
    own: Executor
    clock: Callable[[], float] = monotonic
    timing: Timing = field(default_factory=Timing)
    _lines: Sequence[Line[Any]] = ()
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)
    _leaving: bool = False
    _beat_at: float = 0.0
    _heard: dict[str, tuple[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._beat_at = self.clock()

    def wake(self) -> None:
        """Something may be due: ask immediately."""
        self._quiet.clear()
        self._news.set()

    async def idle(self) -> None:
        """Wait until no job is running; for those who run a bot inside their own process."""
        await self._quiet.wait()

    @property
    def peers(self) -> int:
        """How many other processes were heard lately on this database."""
        now = self.clock()
        heard = [*self._heard.values()]
        return sum(now - since < self.timing.silence for _, since in heard)

    @asynccontextmanager
    async def running(self, lines: Sequence[Line[Any]], end: End) -> AsyncIterator[None]:
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
        now, beats = self.clock(), self.clock() >= self._beat_at
        if now - self._beat_at > _SILENT_ROUNDS * self.timing.beat:
            # The database was unavailable for peers too: give them time for a heartbeat.
            self._heard.clear()
        found = await self.queue.claim(wanted, is_gone=self._is_gone if beats else None)
        if beats:
            self._beat_at = now + self.timing.beat
        for line, asked, jobs in zip(self._lines, wanted, found, strict=True):
            line.begin(jobs, asked, self._over)
        self._settle()

    async def _poll(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.timing.poll):
                    await self._news.wait()
            if self._leaving:
                return
            try:
                await self.round()
                continue
            except StorageError as error:
                _log.info("what is due is looked for later", error=error.code, detail=error.detail)
            except Exception as error:  # noqa: BLE001 - without rounds no result would be sent
                _log.error("a round failed", exc_info=error)
            await asyncio.sleep(self.timing.poll)

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
        with suppress(TimeoutError):
            async with asyncio.timeout(end.left(self.timing.turns_end)):
                # Jobs that a running round claims can be returned only after the round.
                await asyncio.wait({polling})
                await asyncio.wait({polling, *self._turns()})
        unfinished = {polling, *self._turns()}
        for task in unfinished:
            task.cancel()
        await asyncio.wait(unfinished)
        with suppress(StorageError, TimeoutError):
            async with asyncio.timeout(end.left(self.timing.give_back)):
                await self.queue.leave()

    def _turns(self) -> list[asyncio.Task[None]]:
        return [*{task for line in self._lines for task in line.in_hand.values()}]

    def _is_gone(self, peer: Executor) -> bool:
        beats, since = self._heard.get(peer.id, (None, 0.0))
        if beats != peer.beats:
            since = self.clock()
            self._heard[peer.id] = (peer.beats, since)
        silent = self.clock() - since >= self.timing.silence
        if not silent and not is_surely_gone(peer, self.own):
            return False
        del self._heard[peer.id]
        _log.info("what a process had that is gone is taken over")
        return True
