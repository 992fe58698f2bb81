"""Looks up a list of calls, a few at a time, and reports the answers in the order of the list.

Memory does not grow with the list: there are as many tasks as look-ups at once, and a bounded
number of answers waits for an earlier one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from bot.domain.call_status import Answer
from bot.domain.input.message_id import MessageId

# While one answer is late, each task may get this many later ones before it waits.
_AHEAD: Final = 10


class OrderedLookUps:
    """Looks up a list of calls.

    Args:
        message_ids: the list; taken one by one.
        ask: looks one up; never raises for what the gateway does.
        report: gets each answer, in the order of the list; after it returned true, nothing more
            is looked up, and the look-ups under way are given up.
        at_once: how many may be looked up at once.

    Attributes:
        waiting: the answers that wait for an earlier one, by place in the list.
    """

    def __init__(
        self,
        message_ids: Iterable[MessageId],
        *,
        ask: Callable[[MessageId], Awaitable[Answer]],
        report: Callable[[Answer], bool],
        at_once: int,
    ) -> None:
        self._left = enumerate(message_ids)
        self._ask = ask
        self._report = report
        self._at_once = at_once
        self._room = asyncio.Semaphore(at_once * _AHEAD)
        self.waiting: dict[int, Answer] = {}
        self._reported = 0
        self._workers: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Look all of them up; what `report` raises comes in an `ExceptionGroup`."""
        async with asyncio.TaskGroup() as group:
            self._workers = [group.create_task(self._work()) for _ in range(self._at_once)]

    async def _work(self) -> None:
        while True:
            await self._room.acquire()
            place, message_id = next(self._left, (0, None))
            if message_id is None:
                return
            self.waiting[place] = await self._ask(message_id)
            self._report_next()

    def _report_next(self) -> None:
        while (answer := self.waiting.pop(self._reported, None)) is not None:
            self._reported += 1
            self._room.release()
            if self._report(answer):
                self._left = enumerate(())
                for worker in self._workers:
                    worker.cancel()
                return
