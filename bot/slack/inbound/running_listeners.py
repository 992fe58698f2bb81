"""The listeners that run after their acknowledgement; shutdown waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.domain.timing import Timing

_log = structlog.get_logger(__name__)


class RunningListeners:
    """The listeners that are running.

    Bolt starts each listener in a new task without a reference; shutdown needs one to wait for it.
    """

    def __init__(self, *, timing: Timing = Timing()) -> None:
        self._last_words = timing.last_words
        self._tasks: set[asyncio.Task[object]] = set()

    def track(self) -> None:
        """Track the running task until it ends, including error handling."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until no listener is running; for tests."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def drain(self, seconds: float) -> int:
        """Wait for running listeners, then cancel them; each shows the user a note.

        Returns:
            how many were cancelled.
        """
        over = asyncio.get_running_loop().time() + seconds - self._last_words
        # In a loop, because a request taken at the last moment is tracked during the wait.
        while self._tasks and (left := over - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        late = set(self._tasks)
        for task in late:
            task.cancel()
        if late:
            _, lost = await asyncio.wait(late, timeout=self._last_words)
            if lost:
                _log.error("answers were lost at the end", count=len(lost))
        return len(late)


async def ack_first(
    ack: Callable[[], Awaitable[object]],
    next: Callable[[], Awaitable[object]],  # noqa: A002
) -> None:
    """Listener middleware: acknowledge immediately.

    Bolt polls every 10 ms for an acknowledgement made in a listener; one made in middleware is sent
    within 0.2 ms. Not for modal submissions, whose acknowledgement contains the errors.
    """
    await ack()
    await next()
