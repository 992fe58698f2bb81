"""What wakes watches and bulks when they are due: the narrow port to the engine, and a plain one.

The plain one forgets everything at the end of the process. It serves a database in memory, which
does so too, and tests. The durable one is in `durable`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol


class Work(StrEnum):
    """What is woken. Each kind has a line of its own, so that neither waits for the other."""

    WATCH = "watch"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A watch or a bulk is to be taken up, in this turn, at this moment."""

    job_id: str
    turn: int
    due_at: datetime
    work: Work = Work.WATCH

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.work.value}:{self.job_id}:{self.turn}"


# What is called when an alarm rings. An alarm counts as rung only when the call has returned; it is
# called again, perhaps in another process, if this one dies before.
OnDue = Callable[[str, int], Coroutine[Any, Any, None]]
# For each kind of work that this process does, what is called.
Ringing = Mapping[Work, OnDue]
# For each kind of work how many alarms may be ringing at once in this process.
AtOnce = Mapping[Work, int]


class Alarms(Protocol):
    """The verbs of the engine. All but `running` raise `StorageError`."""

    def running(self, ringing: Ringing) -> AbstractAsyncContextManager[None]:
        """Ring while the block runs; at its end wait a little for those that are ringing."""

    async def arm(self, alarms: Collection[Alarm]) -> tuple[Alarm, ...]:
        """Set these; one that is set, or is ringing, stays as it is.

        Returns:
            those that have rung already, and so cannot be set: an alarm rings once.
        """

    async def wake(self, alarm: Alarm) -> None:
        """Let it ring now."""

    async def take_over(self, executors: Sequence[str]) -> int:
        """Let ring again what was ringing in processes that have died; how many these were."""

    async def sweep(self, older_than: datetime) -> int:
        """Forget alarms that rang before that moment; how many these were."""


class FleetingAlarms:
    """Alarms in the memory of this process.

    Args:
        concurrency: how many may be ringing at once.
        now: the present moment, aware.
    """

    def __init__(self, *, concurrency: AtOnce, now: Callable[[], datetime]) -> None:
        self._now = now
        self._room = {work: asyncio.Semaphore(most) for work, most in concurrency.items()}
        self._set: dict[str, asyncio.Task[None]] = {}
        self._wakened: dict[str, asyncio.Event] = {}
        self._ringing: Ringing = MappingProxyType({})
        self._under_way: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self, ringing: Ringing) -> AsyncIterator[None]:
        """Ring while the block runs."""
        self._ringing = ringing
        try:
            yield
        finally:
            tasks = [*self._set.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until none is ringing; for whoever runs a bot inside their own process."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def arm(self, alarms: Collection[Alarm]) -> tuple[Alarm, ...]:
        """Set these. None is ever told to have rung: what rang is forgotten."""
        for alarm in alarms:
            if alarm.name not in self._set:
                self._wakened[alarm.name] = asyncio.Event()
                self._set[alarm.name] = asyncio.create_task(self._ring(alarm))
        return ()

    async def wake(self, alarm: Alarm) -> None:
        """Let it ring now."""
        if alarm.name in self._wakened:
            self._wakened[alarm.name].set()

    async def take_over(self, executors: Sequence[str]) -> int:
        """Nothing outlives its process here."""
        del executors
        return 0

    async def sweep(self, older_than: datetime) -> int:
        """Nothing is kept here."""
        del older_than
        return 0

    async def _ring(self, alarm: Alarm) -> None:
        try:
            wait = (alarm.due_at - self._now()).total_seconds()
            try:
                async with asyncio.timeout(max(wait, 0)):
                    await self._wakened[alarm.name].wait()
            except TimeoutError:
                pass
            async with self._room[alarm.work]:
                self._under_way.add(self._set[alarm.name])
                if (on_due := self._ringing.get(alarm.work)) is not None:
                    await on_due(alarm.job_id, alarm.turn)
        finally:
            self._under_way.discard(self._set[alarm.name])
            del self._set[alarm.name], self._wakened[alarm.name]
