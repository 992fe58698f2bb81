"""The ceiling on requests of one process: so many at once, and so many a second, evenly spaced.

It waits and counts; it knows neither requests nor errors. The limit behind the gateway's code 900
is not published, so requests go out one by one rather than a second's worth in a burst.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager


class Ceiling:
    """Lets callers through in the order in which they came, repetitions before first requests.

    Args:
        requests_per_second: starts are at least the inverse of this apart.
        max_concurrency: how many may be through at the same time.

    Raises:
        ValueError: one of the two is not positive.
    """

    def __init__(self, *, requests_per_second: float, max_concurrency: int) -> None:
        if requests_per_second <= 0 or max_concurrency <= 0:
            raise ValueError("the ceiling must let something through")
        self._interval = 1 / requests_per_second
        self._room = asyncio.Semaphore(max_concurrency)
        # A first request waits in a line of its own until it is the next of them. So a repetition,
        # which joins the line at the door at once, has one of them before it at most.
        self._first_requests = asyncio.Lock()
        self._door = asyncio.Lock()
        self._opens_at = 0.0

    @asynccontextmanager
    async def turn(self, *, repetition: bool = False) -> AsyncIterator[None]:
        """Wait for a turn, and hold a place until the block ends.

        A caller that is cancelled while it waits takes nothing from those behind it.

        Args:
            repetition: this look-up has had a turn before; it does not queue behind those that
                have not, or a busy bot would never come to repeat one.
        """
        if repetition:
            await self._enter()
        else:
            async with self._first_requests:
                await self._enter()
        try:
            yield
        finally:
            self._room.release()

    async def _enter(self) -> None:
        """Take a place, at the moment at which the door opens."""
        async with self._door, AsyncExitStack() as place:
            await self._room.acquire()
            place.callback(self._room.release)
            await self._wait_for_the_door()
            place.pop_all()

    async def _wait_for_the_door(self) -> None:
        clock = asyncio.get_running_loop().time
        wait = self._opens_at - clock()
        if wait > 0:
            await asyncio.sleep(wait)
        # The loop may wake a sleeper a little early; that must not shorten the next wait.
        self._opens_at = max(self._opens_at, clock()) + self._interval
