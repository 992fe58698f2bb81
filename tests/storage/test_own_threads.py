"""Work in a thread of its own: what it gives, what it raises, and who does not wait for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.storage.own_threads import in_own_thread


async def test_it_gives_what_the_work_gives() -> None:
    """From a thread that keeps no process from ending."""
    assert await in_own_thread(lambda: threading.current_thread().daemon)


async def test_it_raises_what_the_work_raises() -> None:
    """Where it is awaited."""

    def work() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        await in_own_thread(work)


async def test_an_answer_that_nobody_waits_for_is_dropped() -> None:
    """Whoever went away is not told, and nobody else is disturbed."""
    disturbed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: disturbed.append(about))
    within, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        within.set()
        may_end.wait(10)
        ended.set()

    task = asyncio.create_task(in_own_thread(work))
    await asyncio.to_thread(within.wait, 10)
    task.cancel()
    may_end.set()
    await asyncio.to_thread(ended.wait, 10)
    await asyncio.sleep(0.1)

    assert task.cancelled()
    assert [] == disturbed
