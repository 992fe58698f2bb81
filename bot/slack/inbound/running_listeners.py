"""The work that goes on after an acknowledgement; the end of the process waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.domain.timing import Timing

_log = structlog.get_logger(__name__)


class RunningListeners:
    """The listeners that are running.

    Bolt starts each listener in a task of its own and keeps no hold of it; we do.
    """

    def __init__(self, *, timing: Timing = Timing()) -> None:
        self._last_words = timing.last_words
        self._tasks: set[asyncio.Task[object]] = set()

    def track(self) -> None:
        """Keep hold of the running task until it ends, error handling included."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until no listener is running; for whoever runs a bot inside their own process."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def drain(self, seconds: float) -> int:
        """Wait for running work, then cancel it; each listener then says so to the person.

        Returns:
            how many had to be cancelled.
        """
        over = asyncio.get_running_loop().time() + seconds - self._last_words
        # Again and again: what was taken at the last moment enlists while others are awaited.
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
    """Listener middleware: acknowledge at once.

    Bolt looks for an acknowledgement given inside a listener every 10 ms; given here it leaves
    within 0.2 ms. Not for modal submissions, whose acknowledgement carries the errors.
    """
    await ack()
    await next()
