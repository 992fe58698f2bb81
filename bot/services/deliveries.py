"""Ignores events, envelopes and clicks that Slack delivers again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import structlog
from cachetools import LRUCache

from bot.services.claiming import Claiming, Deed
from bot.storage.errors import StorageError
from bot.storage.seen_events import SeenEvents

_MOST_REMEMBERED: Final = 10_000
_log = structlog.get_logger(__name__)


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
        try:
            return await self._seen.is_new(key, self._now())
        except StorageError as error:
            _log.warning("duplicates are told by memory only", error=error.code)
            return True

    async def unserved(self, key: str) -> bool:
        """Whether the caller has to serve a click; waits while a repetition of it is being served.

        If so, the caller serves it within `serving`.
        """
        try:
            mine = await self._clicks.claim_in_turn(key)
        except StorageError as error:
            _log.warning("duplicates are told by memory only", error=error.code)
            mine = key not in self._remembered
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
