"""What all bulks share: the look-ups that run at once, and the updates of progress cards."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Final

from bot.storage.errors import FailureLogged
from bot.storage.jobs.pace import SharedPace

# A name among the conversations that is none of Slack's.
_UPDATES: Final = "progress"


class Room:
    """Limits the concurrent look-ups of all bulks of this process; their users take turns.

    A free place goes to the user with the fewest, so the bulks of one user share what is theirs.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._taken = Counter[str]()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def place(self, user: str) -> AsyncIterator[None]:
        """Wait for a place, and have it during the block."""
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user, deque()).append(mine)
        self._give()
        try:
            await mine
            yield
        finally:
            # One that was cancelled while it waited is left out when its turn comes.
            if not mine.cancelled():
                self._taken[user] -= 1
                self._free += 1
                self._give()

    def _give(self) -> None:
        """Give the free places to those who wait."""
        while self._free and self._waiting:
            user = min(self._waiting, key=self._taken.__getitem__)
            # Those with as many take turns.
            places = self._waiting.pop(user)
            first = places.popleft()
            if places:
                self._waiting[user] = places
            if not first.done():
                self._free -= 1
                self._taken[user] += 1
                first.set_result(None)


class ProgressPace:
    """The pace of the updates of all progress cards, which all processes share.

    Args:
        shared: with the time between two updates as its pace.
    """

    def __init__(self, shared: SharedPace) -> None:
        self._shared = shared

    async def wait(self) -> float:
        """Take the next place; returns in how many seconds it is."""
        with FailureLogged("a place for a progress card is not shared"):
            return max(0.0, await self._shared.reserve(_UPDATES, 0.0) - monotonic())
        return 0.0

    async def refused(self, pause: timedelta) -> None:
        """Slack has refused an update for its rate limit: nobody sends one for so long."""
        with FailureLogged("a rate limit of Slack is not shared"):
            await self._shared.close(_UPDATES, pause.total_seconds())
