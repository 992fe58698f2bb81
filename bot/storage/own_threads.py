"""Blocking work in a limited number of daemon threads.

Python waits for the threads of the event loop's executor when the process exits, even if they hang.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

_T = TypeVar("_T")
Check: TypeAlias = Callable[[], None]


class GivenUpError(Exception):
    """The caller no longer waits for the work."""


class OwnThreads:
    """Threads that do not keep the process from exiting.

    Args:
        most: how many threads; further work is queued, and dropped once its caller has given up.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0
        self._idle = 0

    async def run(self, work: Callable[[Check], _T], over: Callable[[], object] = bool) -> _T:
        """The result of the work; `over` is called when it ends, even if the caller gave up.

        The work may call its argument, which raises `GivenUpError` once the caller has given up.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = loop.create_future()

        def check() -> None:
            if done.cancelled():
                raise GivenUpError

        def deliver(result: _T | None, error: BaseException | None) -> None:
            self._idle += 1
            over()
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            result, error = None, None
            try:
                check()
                result = work(check)
            except BaseException as caught:  # noqa: BLE001 - it is raised where it is awaited
                error = caught
            with suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(deliver, result, error)

        self._work.put(run)
        self._have_one_more()
        return await done

    def close(self) -> None:
        """End each thread after its current work."""
        for _ in range(self._started):
            self._work.put(None)

    def _have_one_more(self) -> None:
        if self._idle:
            self._idle -= 1
        elif self._started < self._most:
            self._started += 1
            threading.Thread(target=self._serve, name="database", daemon=True).start()

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
