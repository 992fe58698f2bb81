"""Many calls asked about by a few at a time: order, bounds, and an end before its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bot.domain.call_status import Answer, read_result
from bot.domain.input.message_id import MessageId
from bot.services.ordered_look_ups import OrderedLookUps

NOW = datetime(2026, 5, 12, 15, tzinfo=UTC)


def answer(message_id: MessageId) -> Answer:
    """Some answer."""
    return Answer(message_id=message_id, finding=read_result("ok:85"), checked_at=NOW)


class Gateway:
    """Answers when it is told to, and notes what is under way."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.most = 0
        self.held: dict[str, asyncio.Event] = {}
        self._running = 0

    def hold(self, idmsg: str) -> asyncio.Event:
        """Answer this one when the event is set."""
        return self.held.setdefault(idmsg, asyncio.Event())

    async def ask(self, message_id: MessageId) -> Answer:
        """Answer one."""
        self.asked.append(message_id.value)
        self._running += 1
        self.most = max(self.most, self._running)
        try:
            await asyncio.sleep(0)
            if (event := self.held.get(message_id.value)) is not None:
                await event.wait()
        finally:
            self._running -= 1
        return answer(message_id)


def ids(count: int) -> Iterator[MessageId]:
    """As many ids, made one by one."""
    return (MessageId(f"ID-{number}") for number in range(count))


def names(count: int) -> list[str]:
    """The same as texts."""
    return [one.value for one in ids(count)]


def into(told: list[str]) -> Callable[[Answer], bool]:
    """A listener that notes what it is told, and never stops."""

    def tell(one: Answer) -> bool:
        told.append(one.message_id.value)
        return False

    return tell


async def until(condition: Callable[[], bool]) -> None:
    """Let the others go on until it holds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 100])
async def test_each_is_asked_once_and_told_in_order(count: int) -> None:
    """Whether there are more or fewer than may be asked at once."""
    gateway, told = Gateway(), list[str]()
    asking = OrderedLookUps(
        ids(count),
        ask=gateway.ask,
        report=into(told),
        at_once=4,
    )
    async with asyncio.timeout(20):
        await asking.run()
    assert names(count) == told == sorted(gateway.asked, key=lambda one: int(one[3:]))
    assert gateway.most == min(4, count)
    assert {} == asking.waiting


async def test_a_late_answer_keeps_the_others_waiting_but_not_unasked() -> None:
    """Others are asked meanwhile, a bounded number of them, and told after it."""
    gateway, told = Gateway(), list[str]()
    late = gateway.hold("ID-0")
    asking = OrderedLookUps(
        ids(100),
        ask=gateway.ask,
        report=into(told),
        at_once=2,
    )
    task = asyncio.create_task(asking.run())
    await until(lambda: len(asking.waiting) == 19)
    for _ in range(20):
        await asyncio.sleep(0)
    assert (20, []) == (len(gateway.asked), told)
    late.set()
    async with asyncio.timeout(20):
        await task
    assert names(100) == told


async def test_nothing_more_is_asked_after_a_stop_nor_waited_for() -> None:
    """Those that wait for their turn are given up; what was answered out of turn is kept."""
    gateway, told = Gateway(), list[str]()
    gateway.hold("ID-5")

    def tell(one: Answer) -> bool:
        told.append(one.message_id.value)
        return one.message_id.value == "ID-3"

    asking = OrderedLookUps(ids(1_000), ask=gateway.ask, report=tell, at_once=4)
    task = asyncio.create_task(asking.run())
    async with asyncio.timeout(20):
        await task
    assert (names(4), True) == (told, len(gateway.asked) <= 12)
    assert {int(one[3:]) for one in gateway.asked} - set(asking.waiting) >= {0, 1, 2, 3, 5}


async def test_cancelled_it_gives_what_waited() -> None:
    """Answers behind a late one are known, and not lost."""
    gateway, told = Gateway(), list[str]()
    gateway.hold("ID-1")
    asking = OrderedLookUps(
        ids(6),
        ask=gateway.ask,
        report=into(told),
        at_once=2,
    )
    task = asyncio.create_task(asking.run())
    await until(lambda: len(asking.waiting) == 4)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert ["ID-0"] == told
    assert [2, 3, 4, 5] == sorted(asking.waiting)


async def test_no_more_tasks_than_may_ask() -> None:
    """A list of thousands needs as many tasks as a short one."""
    gateway = Gateway()
    tasks: set[int] = set()

    def tell(_: Answer) -> bool:
        tasks.add(len(asyncio.all_tasks()))
        return False

    before = len(asyncio.all_tasks())
    await OrderedLookUps(ids(5_000), ask=gateway.ask, report=tell, at_once=20).run()
    assert before + 20 >= max(tasks)


async def test_what_the_listener_raises_ends_it() -> None:
    """As when nobody reads the result any more."""

    def tell(_: Answer) -> bool:
        raise BrokenPipeError

    asking = OrderedLookUps(ids(100), ask=Gateway().ask, report=tell, at_once=3)
    with pytest.raises(ExceptionGroup) as raised:
        await asking.run()
    assert raised.group_contains(BrokenPipeError)
