"""Ignores events, envelopes and clicks that Slack delivers again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from cachetools import LRUCache

from bot.services.claiming import Claiming, Deed
from bot.storage.claims import SeenEvents
from bot.storage.errors import FailureLogged

_MOST_REMEMBERED: Final = 10_000
_BY_MEMORY: Final = "duplicates are recognised by memory only"


class EventDeduplicator:
    """Tells a first delivery from a repetition, across all processes on one database.

    While the database is unavailable, this process' memory decides: two answers beat none.
    """

    def __init__(self, *, seen: SeenEvents, clicks: Claiming, now: Callable[[], datetime]) -> None:
        self._seen = seen
        self._clicks = clicks
        self._now = now
        self._remembered: LRUCache[str, bool] = LRUCache(_MOST_REMEMBERED)

    async def is_new(self, key: str) -> bool:
        """Whether this is the first delivery of an event."""
        if key in self._remembered:
            return False
        self._remembered[key] = True
        with FailureLogged(_BY_MEMORY):
            return await self._seen.is_new(key, self._now())
        return True

    async def unserved(self, key: str) -> bool:
        """Whether the caller has to serve a click; waits while a repetition of it is being served.

        If so, the caller serves it within `serving`.
        """
        mine = key not in self._remembered
        with FailureLogged(_BY_MEMORY):
            mine = await self._clicks.claim_in_turn(key)
        if mine:
            self._remembered[key] = True
        return mine

    @asynccontextmanager
    async def serving(self, key: str) -> AsyncIterator[Deed]:
        """Serve a click; unless it is `done` at the end of the block, a repetition is served."""
        async with self._clicks.doing(key) as deed:
            try:
                yield deed
            finally:
                if not deed.done:
                    self._remembered.pop(key, None)
