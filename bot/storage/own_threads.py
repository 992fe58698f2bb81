"""Blocking work in a limited number of daemon threads.

Python waits for the threads of the event loop's executor when the process exits, even if they hang.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

_T = TypeVar("_T")


class GivenUpError(Exception):
    """The caller no longer waits for the work."""


class Task:
    """Work that a caller waits for; `check` aborts it once the caller has given up."""

    def __init__(self) -> None:
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """The caller no longer waits."""
        self._given_up.set()

    def check(self) -> None:
        """Continue only if the caller still waits.

        Raises:
            GivenUpError: it does not.
        """
        if self._given_up.is_set():
            raise GivenUpError


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

    async def run(self, work: Callable[[Task], _T], over: Callable[[], object] = bool) -> _T:
        """The result of the work; `over` is called when it ends, even if the caller gave up."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = loop.create_future()
        task = Task()

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
                task.check()
                result = work(task)
            except BaseException as caught:  # noqa: BLE001 - it is raised where it is awaited
                error = caught
            with suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(deliver, result, error)

        self._work.put(run)
        self._have_one_more()
        try:
            return await done
        finally:
            task.give_up()

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
