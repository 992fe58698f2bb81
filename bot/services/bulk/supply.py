"""The calls of a bulk that are left to ask, page by page, each handed out once at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from bot.domain.jobs.bulk import BulkItem

PAGE: Final = 200


class Supply:
    """Hands out calls until none is left.

    Args:
        read: so many of those that have no answer in the table, in the order of asking.

    Attributes:
        exhausted: every call has its answer in the table.
    """

    def __init__(self, read: Callable[[int], Awaitable[tuple[BulkItem, ...]]]) -> None:
        self._read = read
        self._waiting: deque[BulkItem] = deque()
        # Handed out, and without an answer in the table.
        self._out: set[int] = set()
        self._news = asyncio.Event()
        self._reading = asyncio.Lock()
        self._closed = False
        self.exhausted = False

    async def take(self) -> BulkItem | None:
        """The next one, after a wait where one that is out may come back; `None` at the end."""
        async with self._reading:
            while not (self._waiting or self.exhausted or self._closed):
                await self._fetch()
            if self._closed or not self._waiting:
                return None
            item = self._waiting.popleft()
            self._out.add(item.position)
            return item

    def written(self, items: Iterable[BulkItem]) -> None:
        """These have their answers in the table."""
        self._out.difference_update(item.position for item in items)
        self._news.set()

    def put_back(self, item: BulkItem) -> None:
        """It was not asked; somebody is to take it again."""
        self._out.discard(item.position)
        self._waiting.append(item)
        self._news.set()

    def close(self) -> None:
        """Hand out no more."""
        self._closed = True
        self._news.set()

    async def _fetch(self) -> None:
        # As it is before the table is read: what is written meanwhile is not asked again.
        out = frozenset(self._out)
        self._news.clear()
        page = await self._read(PAGE + len(out))
        self._waiting.extend(item for item in page if item.position not in out)
        if self._waiting:
            return
        if out:
            await self._news.wait()
        else:
            self.exhausted = True
