"""What Slack delivered already: an event, an envelope or a click that comes again is left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from cachetools import LRUCache

from bot.storage.errors import StorageError
from bot.storage.seen_events import SeenEvents

_MOST_REMEMBERED: Final = 10_000
_log = structlog.get_logger("bot.deliveries")


class Deliveries:
    """Tells a first delivery from a repetition, over all processes on one database."""

    def __init__(self, *, seen: SeenEvents, now: Callable[[], datetime]) -> None:
        self._seen = seen
        self._now = now
        self._remembered: LRUCache[str, bool] = LRUCache(_MOST_REMEMBERED)

    async def first_time(self, key: str) -> bool:
        """Whether this is the first delivery.

        Without a database this process' memory decides: better to answer twice than not at all.
        """
        if key in self._remembered:
            return False
        self._remembered[key] = True
        try:
            return await self._seen.first_time(key, self._now())
        except StorageError as error:
            _log.warning("duplicates are told by memory only", error=error.code)
            return True

    async def forget(self, key: str) -> None:
        """What was taken up came to nothing: the next time is the first again."""
        self._remembered.pop(key, None)
        try:
            await self._seen.forget(key)
        except StorageError as error:
            _log.warning("duplicates are told by memory only", error=error.code)
