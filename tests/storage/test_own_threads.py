"""Work in threads of its own: what it gives, what it raises, and who does not wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from bot.storage.own_threads import Check, GivenUpError, OwnThreads
from tests.storage.holding import eventually

PATIENCE_SECONDS = 30.0


@pytest.fixture
def threads() -> Iterator[OwnThreads]:
    """Two of them."""
    made = OwnThreads(2)
    yield made
    made.close()


async def test_it_gives_what_the_work_gives(threads: OwnThreads) -> None:
    """From a thread that keeps no process from ending."""
    assert await threads.run(lambda _: threading.current_thread().daemon)


async def test_it_raises_what_the_work_raises(threads: OwnThreads) -> None:
    """Where it is awaited."""

    def work(_: Check) -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        await threads.run(work)


async def test_a_thread_is_used_again(threads: OwnThreads) -> None:
    """Where it has nothing else to do."""
    names = [await threads.run(lambda _: threading.get_ident()) for _ in range(3)]
    assert 1 == len({*names})


async def test_so_many_at_once(threads: OwnThreads) -> None:
    """What is more waits in line."""
    running, most = 0, 0
    lock = threading.Lock()

    def work(_: Check) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1

    await asyncio.gather(*(threads.run(work) for _ in range(8)))
    assert 2 == most


async def test_work_that_nobody_waits_for(threads: OwnThreads) -> None:
    """It can see that, whoever went away is not told, and what follows on its end follows."""
    disturbed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: disturbed.append(about))
    within, may_end = threading.Event(), threading.Event()
    ended, over = list[bool](), list[bool]()

    def work(check: Check) -> None:
        within.set()
        may_end.wait(PATIENCE_SECONDS)
        with pytest.raises(GivenUpError):
            check()
        ended.append(True)

    waiting = asyncio.create_task(threads.run(work, lambda: over.append(True)))
    await eventually(within.is_set)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert ([], []) == (ended, over)
    may_end.set()
    await eventually(lambda: bool(over))

    assert waiting.cancelled()
    assert ([True], []) == (ended, disturbed)


async def test_work_that_nobody_waits_for_before_it_began(threads: OwnThreads) -> None:
    """It is not begun at all."""
    may_end = threading.Event()
    hanging = [
        asyncio.create_task(threads.run(lambda _: may_end.wait(PATIENCE_SECONDS))) for _ in range(2)
    ]
    begun, over = list[bool](), list[bool]()
    waiting = asyncio.create_task(
        threads.run(lambda _: begun.append(True), lambda: over.append(True))
    )
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait({waiting})
    may_end.set()
    await asyncio.wait(hanging)
    await eventually(lambda: bool(over))
    assert [] == begun


def test_a_loop_that_is_closed_meanwhile() -> None:
    """The thread ends without a word."""
    made, may_end, ended = OwnThreads(1), threading.Event(), threading.Event()

    async def begin() -> None:
        asyncio.get_running_loop().call_later(0.05, asyncio.current_task().cancel)  # type: ignore[union-attr]
        await made.run(lambda _: may_end.wait(PATIENCE_SECONDS))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(begin())
    may_end.set()
    made._work.put(ended.set)
    assert ended.wait(PATIENCE_SECONDS)
    made.close()
