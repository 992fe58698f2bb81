"""The rate limit: how many at a time, how many a second, in which order."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.gate import Admission, Ceilings, Urgency
from bot.gateway.ceiling import Ceiling, GateClosedError, LocalGate, Ticket

# The tolerance for the loop's timer, in seconds.
GRAIN = 0.002


def ceiling_of(rate: float, places: int) -> Ceiling:
    """A rate limit of this process alone."""
    return Ceiling(LocalGate(Ceilings(requests_per_second=rate, max_concurrency=places)))


def ticket(urgency: Urgency = Urgency.PERSON, *, seconds: float = 60) -> Ticket:
    """A right to queue for this long."""
    return Ticket(urgency, asyncio.get_running_loop().time() + seconds)


async def starts(ceiling: Ceiling, count: int) -> list[float]:
    """The times at which simultaneous callers are admitted."""
    clock = asyncio.get_running_loop().time
    moments: list[float] = []

    async def caller() -> None:
        async with ceiling.turn(ticket()):
            moments.append(clock())

    await asyncio.gather(*(caller() for _ in range(count)))
    return moments


async def test_starts_are_evenly_spaced() -> None:
    """Six callers at fifty a second: none before its own fiftieth, so that there is no burst."""
    began = asyncio.get_running_loop().time()
    moments = await starts(ceiling_of(50, 10), 6)
    assert all(at - began >= n * 0.02 - GRAIN for n, at in enumerate(moments))


async def test_the_first_one_goes_at_once() -> None:
    """A single caller never waits, neither at the start nor after a pause."""
    ceiling = ceiling_of(1 / 60, 1)
    clock = asyncio.get_running_loop().time
    began = clock()
    moments = await starts(ceiling, 1)
    assert moments[0] - began < 60


async def test_one_that_nobody_asked_closes() -> None:
    """The queue is empty, so no caller is rejected."""
    await ceiling_of(1, 1).aclose()


async def test_a_rest_saves_up_nothing() -> None:
    """After a second's rest the next two have the usual distance."""
    ceiling = ceiling_of(20, 5)
    await starts(ceiling, 1)
    await asyncio.sleep(0.3)
    first, second = await starts(ceiling, 2)
    assert second - first >= 0.05 - GRAIN


async def test_no_more_than_so_many_are_through_at_once() -> None:
    """The others wait until one leaves, even if it leaves with an error."""
    ceiling = ceiling_of(100_000, 3)
    through = peak = 0

    async def caller() -> None:
        nonlocal through, peak
        async with ceiling.turn(ticket()):
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
    ceiling = ceiling_of(1_000, 2)
    order: list[int] = []

    async def caller(number: int) -> None:
        async with ceiling.turn(ticket()):
            order.append(number)

    await asyncio.gather(*(caller(number) for number in range(10)))
    assert order == list(range(10))


async def test_a_repetition_goes_before_those_who_came_later() -> None:
    """It has the deadline of its look-up, and so overtakes no earlier caller."""
    ceiling = ceiling_of(1_000, 1)
    order: list[str] = []
    released = asyncio.Event()

    async def caller(name: str, seconds: float) -> None:
        async with ceiling.turn(ticket(seconds=seconds)):
            order.append(name)
            await released.wait()

    async with asyncio.TaskGroup() as callers:
        callers.create_task(caller("through", 60))
        while not order:  # noqa: ASYNC110 - asks what other tasks change
            await asyncio.sleep(0.001)
        callers.create_task(caller("before", 30))
        callers.create_task(caller("later", 60))
        callers.create_task(caller("again", 40))
        await asyncio.sleep(0)
        released.set()
    assert ["through", "before", "again", "later"] == order


async def test_one_who_gives_up_takes_nothing_from_the_others() -> None:
    """Neither a place nor a slot is lost to callers that were cancelled while they waited."""
    ceiling = ceiling_of(1 / 0.3, 4)
    clock = asyncio.get_running_loop().time
    began = clock()
    await starts(ceiling, 1)
    waiting = [asyncio.create_task(starts(ceiling, 1)) for _ in range(400)]
    await asyncio.sleep(0.01)
    for task in waiting:
        task.cancel()
    moments = await starts(ceiling, 1)
    # All of them would have taken two minutes.
    assert 0.3 - GRAIN <= moments[0] - began < 60


@pytest.mark.parametrize(("rate", "places"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_ceiling_on_the_ground_is_refused(rate: float, places: int) -> None:
    """It would make everybody wait for ever."""
    with pytest.raises(ValueError, match="must let something through"):
        Ceilings(requests_per_second=rate, max_concurrency=places)


async def test_a_person_goes_before_the_background() -> None:
    """Regardless of the order of arrival."""
    ceiling = ceiling_of(200, 1)
    order: list[str] = []
    released = asyncio.Event()

    async def caller(name: str, urgency: Urgency) -> None:
        async with ceiling.turn(ticket(urgency)):
            order.append(name)
            await released.wait()

    async with asyncio.TaskGroup() as callers:
        for number in range(4):
            callers.create_task(caller(f"background {number}", Urgency.BACKGROUND))
        while not order:  # noqa: ASYNC110 - asks what other tasks change
            await asyncio.sleep(0.001)
        callers.create_task(caller("person", Urgency.PERSON))
        await asyncio.sleep(0)
        released.set()
    assert ["background 0", "person"] == order[:2]
    assert ["background 0", "background 1", "background 2", "background 3"] == [
        name for name in order if name != "person"
    ]


async def test_one_that_a_person_waits_for_meanwhile_is_hurried() -> None:
    """It starts before background requests that came earlier."""
    ceiling = ceiling_of(100, 1)
    order: list[str] = []
    last = ticket(Urgency.BACKGROUND)

    async def caller(name: str, right: Ticket) -> None:
        async with ceiling.turn(right):
            order.append(name)

    async with asyncio.TaskGroup() as callers:
        for number in range(4):
            callers.create_task(caller(f"background {number}", ticket(Urgency.BACKGROUND)))
        callers.create_task(caller("last", last))
        await asyncio.sleep(0)
        ceiling.hurry(last)
    assert "last" in order[:2]


async def test_a_closed_gate_turns_away_those_who_would_not_wait_so_long() -> None:
    """Immediately, with the time until it opens; callers with enough time stay queued."""
    ceiling = ceiling_of(100, 1)
    seconds = await ceiling.close()

    patient = asyncio.create_task(starts_one(ceiling, ticket(seconds=60)))
    with pytest.raises(GateClosedError) as refused:
        await starts_one(ceiling, ticket(seconds=1))

    assert seconds == pytest.approx(refused.value.seconds, abs=1)
    assert not patient.done()
    patient.cancel()
    await asyncio.gather(patient, return_exceptions=True)
    await ceiling.aclose()


async def starts_one(ceiling: Ceiling, right: Ticket) -> None:
    """Have one turn."""
    async with ceiling.turn(right):
        pass


class _Scripted:
    """A gatekeeper that a test controls."""

    def __init__(self, *admissions: Admission | Exception) -> None:
        self._admissions = [*admissions]
        self.told: list[int] = []
        self.forgiven = 0

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        del urgency, count, running
        admission = self._admissions.pop(0)
        if isinstance(admission, Exception):
            raise admission
        return admission

    def left(self, running: int) -> None:
        self.told.append(running)

    async def close(self) -> float:
        return 1.0

    async def reset_backoff(self) -> None:
        self.forgiven += 1


async def test_what_was_kept_for_one_who_left_is_given_back() -> None:
    """The other processes learn that none of its requests is in progress."""
    gatekeeper = _Scripted(Admission(waits=(0.05, 0.06)))
    ceiling = Ceiling(gatekeeper)
    waiting = [asyncio.create_task(starts_one(ceiling, ticket())) for _ in range(2)]
    await asyncio.sleep(0.01)
    for task in waiting:
        task.cancel()
    await asyncio.sleep(0.08)

    assert [0] == gatekeeper.told


async def test_one_who_is_let_in_and_cancelled_at_once_gives_the_place_back() -> None:
    """Both may happen in the same turn of the loop."""
    gatekeeper = _Scripted(Admission(waits=(0.0,)), Admission(waits=(0.0,)))
    ceiling = Ceiling(gatekeeper)
    task = asyncio.create_task(starts_one(ceiling, ticket()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 1 == ceiling._running
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [0] == gatekeeper.told


async def test_nobody_waits_for_a_doorkeeper_that_broke() -> None:
    """They get its error, and the next caller starts a new dispatcher."""
    ceiling = Ceiling(_Scripted(LookupError("broken"), Admission(waits=(0.0,))))
    with pytest.raises(LookupError):
        await starts_one(ceiling, ticket())

    await starts_one(ceiling, ticket())


async def test_a_good_answer_is_told_only_where_it_forgives_something() -> None:
    """Not once for each look-up."""
    gatekeeper = _Scripted(Admission(waits=(0.0,)), Admission(waits=(0.0,), strikes=2))
    ceiling = Ceiling(gatekeeper)
    await ceiling.reset_backoff()
    await starts_one(ceiling, ticket())
    await ceiling.reset_backoff()
    assert 0 == gatekeeper.forgiven

    await starts_one(ceiling, ticket())
    await ceiling.reset_backoff()
    await ceiling.reset_backoff()
    assert 1 == gatekeeper.forgiven
