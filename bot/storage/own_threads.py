"""Work that blocks, in threads of its own, so many at once.

Those of the loop's pool are waited for at the end of the process, however long they hang.
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
    """Nobody waits for the work any more."""


class Task:
    """Work that somebody waits for; `check` ends it where nobody does."""

    def __init__(self) -> None:
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """Nobody waits for it any more."""
        self._given_up.set()

    def check(self) -> None:
        """Go on only if somebody waits.

        Raises:
            GivenUpError: nobody does.
        """
        if self._given_up.is_set():
            raise GivenUpError


class OwnThreads:
    """Threads that keep no process from ending.

    Args:
        most: how many at once; further work waits, and is dropped where nobody waits for it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0
        self._idle = 0

    async def run(self, work: Callable[[Task], _T], over: Callable[[], object] = bool) -> _T:
        """What the work gives; `over` is called when it has ended, whoever waits for it then."""
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
        """End the threads, each after what it does now."""
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
