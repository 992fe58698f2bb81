"""Many calls asked about by a few at a time, and told in the order of the list.

Nothing grows with the length of the list: as many tasks as may ask at once, and a bounded number of
answers that wait for an earlier one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.answer import Answer
from bot.domain.input.message_id import MessageId

# While one answer is late so many later ones, for each that may ask, need not wait for it.
_AHEAD: Final = 10


class AskingInOrder:
    """Asks about a list of calls.

    Args:
        message_ids: the list; taken one by one.
        ask: asks about one; never raises for what the gateway does.
        tell: is given each answer, in the order of the list; when it gives back true nothing more
            is asked, and what is under way is told still.
        at_once: how many may be under way.
    """

    def __init__(
        self,
        message_ids: Iterable[MessageId],
        *,
        ask: Callable[[MessageId], Awaitable[Answer]],
        tell: Callable[[Answer], bool],
        at_once: int,
    ) -> None:
        self._left = enumerate(message_ids)
        self._ask = ask
        self._tell = tell
        self._at_once = at_once
        self._room = asyncio.Semaphore(at_once * _AHEAD)
        self._found: dict[int, Answer] = {}
        self._told = 0
        self._stopped = False

    @property
    def untold(self) -> Mapping[int, Answer]:
        """After an end before its time: the answers that waited for an earlier one, by place."""
        return MappingProxyType(self._found)

    async def run(self) -> None:
        """Ask about all; what `tell` raises comes in an `ExceptionGroup`."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            await self._room.acquire()
            place, message_id = next(self._left, (0, None))
            if self._stopped or message_id is None:
                return
            self._found[place] = await self._ask(message_id)
            self._tell_on()

    def _tell_on(self) -> None:
        while (answer := self._found.pop(self._told, None)) is not None:
            self._told += 1
            self._room.release()
            self._stopped = self._tell(answer) or self._stopped
