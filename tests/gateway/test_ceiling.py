"""The ceiling: how many at once, how many a second, in which order."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from bot.gateway.ceiling import Ceiling

# What the loop's timer may be off by, in seconds.
GRAIN = 0.002


async def starts(ceiling: Ceiling, count: int) -> list[float]:
    """The moments at which so many callers, come at once, are let through."""
    clock = asyncio.get_running_loop().time
    moments: list[float] = []

    async def caller() -> None:
        async with ceiling.turn():
            moments.append(clock())

    await asyncio.gather(*(caller() for _ in range(count)))
    return moments


async def test_starts_are_evenly_spaced() -> None:
    """Six callers at fifty a second: no two closer than a fiftieth, and no burst."""
    moments = await starts(Ceiling(requests_per_second=50, max_concurrency=10), 6)
    assert all(later - earlier >= 0.02 - GRAIN for earlier, later in pairwise(moments))


async def test_the_first_one_goes_at_once() -> None:
    """Nobody waits who is alone, neither at the start nor after a rest."""
    ceiling = Ceiling(requests_per_second=10, max_concurrency=1)
    clock = asyncio.get_running_loop().time
    for _ in range(2):
        began = clock()
        moments = await starts(ceiling, 1)
        assert moments[0] - began < 0.05
        await asyncio.sleep(0.12)


async def test_a_rest_saves_up_nothing() -> None:
    """After a second's rest the next two are as far apart as ever."""
    ceiling = Ceiling(requests_per_second=20, max_concurrency=5)
    await starts(ceiling, 1)
    await asyncio.sleep(0.3)
    first, second = await starts(ceiling, 2)
    assert second - first >= 0.05 - GRAIN


async def test_no_more_than_so_many_are_through_at_once() -> None:
    """The others wait until one leaves, even if it leaves with an error."""
    ceiling = Ceiling(requests_per_second=100_000, max_concurrency=3)
    through = peak = 0

    async def caller() -> None:
        nonlocal through, peak
        async with ceiling.turn():
            through += 1
            peak = max(peak, through)
            await asyncio.sleep(0.005)
            through -= 1
            raise LookupError

    done = await asyncio.gather(*(caller() for _ in range(10)), return_exceptions=True)
    assert peak == 3
    assert [LookupError] * 10 == [type(outcome) for outcome in done]


async def test_callers_are_let_through_in_their_order() -> None:
    """First come, first served."""
    ceiling = Ceiling(requests_per_second=1_000, max_concurrency=2)
    order: list[int] = []

    async def caller(number: int) -> None:
        async with ceiling.turn():
            order.append(number)

    await asyncio.gather(*(caller(number) for number in range(10)))
    assert order == list(range(10))


async def test_a_repetition_goes_before_those_who_have_not_asked_yet() -> None:
    """One of them at most, who stands at the door already, is let through before it."""
    ceiling = Ceiling(requests_per_second=1_000, max_concurrency=1)
    order: list[str] = []

    async def caller(name: str, *, repetition: bool = False) -> None:
        async with ceiling.turn(repetition=repetition):
            order.append(name)
            await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as callers:
        for number in range(6):
            callers.create_task(caller(f"first {number}"))
        await asyncio.sleep(0.002)
        for number in range(2):
            callers.create_task(caller(f"again {number}", repetition=True))
    assert ["first 0", "first 1", "again 0", "again 1", "first 2"] == order[:5]
    assert ["first 3", "first 4", "first 5"] == order[5:]


async def test_first_requests_have_their_turn_among_repetitions() -> None:
    """Nobody waits for ever: between two repetitions that come one after the other goes one."""
    ceiling = Ceiling(requests_per_second=1_000, max_concurrency=1)
    order: list[str] = []

    async def repeat() -> None:
        for _ in range(20):
            async with ceiling.turn(repetition=True):
                order.append("again")
                await asyncio.sleep(0.002)

    async def ask() -> None:
        async with ceiling.turn():
            order.append("first")

    await asyncio.gather(repeat(), repeat(), ask())
    assert order.index("first") < 5


async def test_one_who_gives_up_takes_nothing_from_the_others() -> None:
    """Neither a place nor a slot is lost to callers that were cancelled while they waited."""
    ceiling = Ceiling(requests_per_second=10, max_concurrency=4)
    clock = asyncio.get_running_loop().time
    began = clock()
    await starts(ceiling, 1)
    waiting = [asyncio.create_task(starts(ceiling, 1)) for _ in range(20)]
    await asyncio.sleep(0.01)
    for task in waiting:
        task.cancel()
    moments = await starts(ceiling, 1)
    assert moments[0] - began < 0.19


@pytest.mark.parametrize(("rate", "places"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_ceiling_on_the_ground_is_refused(rate: float, places: int) -> None:
    """It would make everybody wait for ever."""
    with pytest.raises(ValueError, match="must let something through"):
        Ceiling(requests_per_second=rate, max_concurrency=places)
