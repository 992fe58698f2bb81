"""The queue of one process: how many at a time, how many a second, in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from bot.domain.gate import Admission, Block, Demand, RateLimits, Urgency
from bot.domain.timing import Timing
from bot.gateway.line import Ticket
from bot.gateway.request_queue import GateClosedError, LocalGate, RequestQueue, TooLateError
from tests.gateway.processes import now, played

PERSON, BACKGROUND = Urgency.PERSON, Urgency.BACKGROUND


def queue_of(rate: float, places: int) -> RequestQueue:
    """The queue of a process that shares with nobody."""
    limits = RateLimits(requests_per_second=rate, max_concurrency=places)
    return RequestQueue(LocalGate(limits, clock=now))


def ticket(urgency: Urgency = PERSON, *, seconds: float = 600, asker: str = "") -> Ticket:
    """A right to queue for this long."""
    return Ticket(urgency, now() + seconds, {asker})


async def pass_through(queue: RequestQueue, right: Ticket, seconds: float = 0.0) -> float:
    """Have one turn of so many seconds; when it began."""
    async with queue.turn(right):
        began = now()
        await asyncio.sleep(seconds)
    return began


async def order_of(queue: RequestQueue, rights: Iterable[tuple[str, Ticket]]) -> list[str]:
    """The names in the order of their turns; they came in the given order, while all was taken."""
    order: list[str] = []

    async def one(name: str, right: Ticket) -> None:
        async with queue.turn(right):
            order.append(name)

    async with queue.turn(ticket()):
        tasks = [asyncio.create_task(one(*each)) for each in rights]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    return order


def test_starts_are_evenly_spaced() -> None:
    """Twenty callers at once at fifty a second: none of them brings a burst."""

    async def scene() -> list[float]:
        queue = queue_of(50, 100)
        return await asyncio.gather(*(pass_through(queue, ticket()) for _ in range(20)))

    assert [n * 0.021 for n in range(20)] == pytest.approx(played(scene()), abs=1e-3)


def test_a_rest_saves_up_nothing() -> None:
    """After a rest the next two have the usual distance."""

    async def scene() -> float:
        queue = queue_of(20, 5)
        await asyncio.gather(*(pass_through(queue, ticket()) for _ in range(2)))
        await asyncio.sleep(0.2)
        first, second = await asyncio.gather(*(pass_through(queue, ticket()) for _ in range(2)))
        return second - first

    assert played(scene()) >= 1.05 / 20 - 1e-6


def test_one_that_finds_a_block_open_asks_nobody() -> None:
    """In steady state the gatekeeper is asked for a small part of the requests only."""
    gatekeeper = _Scripted(_block(1_000))

    async def scene() -> None:
        queue = RequestQueue(gatekeeper)
        for _ in range(100):
            await pass_through(queue, ticket())

    played(scene())
    assert 1 == len([demand for demand in gatekeeper.asked if demand.waiting])


def test_no_more_than_so_many_are_through_at_once() -> None:
    """The others wait until one leaves, even if it leaves with an error."""
    through = peak = 0

    async def caller(queue: RequestQueue) -> None:
        nonlocal through, peak
        async with queue.turn(ticket()):
            through += 1
            peak = max(peak, through)
            await asyncio.sleep(0.3)
            through -= 1
            raise LookupError

    async def scene() -> list[object]:
        queue = queue_of(100_000, 3)
        return await asyncio.gather(*(caller(queue) for _ in range(10)), return_exceptions=True)

    assert [LookupError] * 10 == [type(outcome) for outcome in played(scene())]
    assert peak == 3


def test_callers_are_let_through_in_their_order() -> None:
    """First come, first served, as long as all are of one asker."""

    async def scene() -> list[str]:
        rights = [(str(n), ticket()) for n in range(10)]
        return await order_of(queue_of(1_000, 1), rights)

    assert [str(n) for n in range(10)] == played(scene())


def test_a_repetition_goes_before_those_who_came_later() -> None:
    """It has the deadline of its look-up, and so overtakes no earlier caller."""

    async def scene() -> list[str]:
        rights = [("before", 30.0), ("later", 60.0), ("again", 40.0)]
        return await order_of(queue_of(1, 1), [(n, ticket(seconds=s)) for n, s in rights])

    assert ["before", "again", "later"] == played(scene())


def test_askers_take_turns() -> None:
    """One with many calls waits for one with few, and not the other way round."""

    async def scene() -> list[str]:
        rights = [("a", "a"), ("a", "a"), ("a", "a"), ("b", "b"), ("b", "b"), ("c", "c")]
        return await order_of(queue_of(1, 1), [(n, ticket(asker=who)) for n, who in rights])

    assert ["a", "b", "c", "a", "b", "a"] == played(scene())


def test_a_call_that_several_wait_for_has_the_turn_of_the_first_of_them() -> None:
    """The last call of one with many goes as soon as another person asks for it, too."""

    async def scene() -> list[str]:
        queue = queue_of(1, 1)
        many = [(f"a{n}", ticket(asker="a")) for n in range(4)]
        order = asyncio.create_task(order_of(queue, many))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        queue.join(many[3][1], "b", PERSON)
        return await order

    assert ["a0", "a3", "a1", "a2"] == played(scene())


def test_what_was_long_ago_does_not_count() -> None:
    """Once nothing waits and nothing runs, all are equal again."""

    async def scene() -> dict[str, int]:
        queue = queue_of(10, 1)
        await asyncio.gather(*(pass_through(queue, ticket(asker=who)) for who in "ab"))
        assert {"a", "b"} == set(queue._line._last_start_of)
        await asyncio.sleep(Timing().renew * 2)
        return queue._line._last_start_of

    assert {} == played(scene())


def test_one_who_gives_up_takes_nothing_from_the_others() -> None:
    """Neither a place nor a start is lost to callers that were cancelled while they waited."""

    async def scene() -> float:
        queue = queue_of(1, 4)
        await pass_through(queue, ticket())
        waiting = [asyncio.create_task(pass_through(queue, ticket())) for _ in range(400)]
        await asyncio.sleep(0.01)
        for task in waiting:
            task.cancel()
        return await pass_through(queue, ticket())

    assert 1.05 == pytest.approx(played(scene()), abs=0.01)


def test_one_who_gives_up_right_before_the_start_takes_nothing() -> None:
    """The dispatcher may run before the cancelled task does; the next one starts in its place."""

    class Cancelling(_Scripted):
        async def ask(self, demand: Demand) -> Admission:
            admission = await super().ask(demand)
            leaving[0].cancel()
            return admission

    leaving: list[asyncio.Task[float]] = []

    async def scene() -> tuple[float, int]:
        queue = RequestQueue(Cancelling(_block(1), answering=0.1))
        leaving.append(asyncio.create_task(pass_through(queue, ticket(seconds=1))))
        began = await pass_through(queue, ticket(seconds=2), 0.1)
        return began, queue._running

    assert (0.1, 0) == played(scene())


def test_a_person_goes_before_the_background() -> None:
    """Regardless of the order of arrival."""

    async def scene() -> list[str]:
        rights = [(f"b{n}", ticket(BACKGROUND)) for n in range(3)]
        return await order_of(queue_of(200, 1), [*rights, ("person", ticket())])

    assert ["person", "b0", "b1", "b2"] == played(scene())


def test_a_person_does_not_wait_for_what_the_background_was_told() -> None:
    """The gatekeeper is asked again at once, now for a person."""
    gatekeeper = _Scripted(Admission(again=60.0), _block(2))

    async def scene() -> float:
        queue = RequestQueue(gatekeeper)
        behind = asyncio.create_task(pass_through(queue, ticket(BACKGROUND)))
        await asyncio.sleep(0.1)
        began = await pass_through(queue, ticket())
        await behind
        return began

    assert 0.1 == pytest.approx(played(scene()))
    assert [BACKGROUND, PERSON] == [demand.urgency for demand in gatekeeper.asked[:2]]


def test_one_that_a_person_waits_for_meanwhile_is_hurried() -> None:
    """It starts before background requests that came earlier."""

    async def scene() -> list[str]:
        queue = queue_of(100, 1)
        rights = [(f"b{n}", ticket(BACKGROUND)) for n in range(4)]
        order = asyncio.create_task(order_of(queue, rights))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        queue.join(rights[3][1], "", PERSON)
        queue.join(rights[3][1], "", BACKGROUND)
        return await order

    assert ["b3", "b0", "b1", "b2"] == played(scene())


def test_a_closed_gate_turns_away_those_who_would_not_wait_so_long() -> None:
    """Immediately, with the time until it opens; callers with enough time stay queued."""

    async def scene() -> tuple[float, float, float]:
        queue = queue_of(100, 1)
        seconds = await queue.close()
        patient = asyncio.create_task(pass_through(queue, ticket(seconds=60)))
        for _ in range(2):
            with pytest.raises(GateClosedError) as refused:
                await pass_through(queue, ticket(seconds=1))
        assert 0.0 == now()
        return seconds, refused.value.seconds, await patient

    pause = Timing().first_pause
    assert [pause] * 3 == pytest.approx(played(scene()), abs=0.01)


def test_who_waits_when_the_gate_closes_is_turned_away_at_once() -> None:
    """And not when its turn would have come."""

    async def scene() -> float:
        queue = queue_of(1, 9)
        await pass_through(queue, ticket())
        waiting = asyncio.create_task(pass_through(queue, ticket(seconds=1.5)))
        await asyncio.sleep(0.1)
        await queue.close()
        with pytest.raises(GateClosedError):
            await waiting
        return now()

    assert 0.1 == pytest.approx(played(scene()))


def test_nothing_starts_while_the_gate_is_being_closed() -> None:
    """Nor in a block that was given meanwhile."""
    gatekeeper = _Scripted(_block(5), _block(5), closing=0.2)

    async def scene() -> list[float]:
        queue = RequestQueue(gatekeeper)
        await pass_through(queue, ticket())
        closing = asyncio.create_task(queue.close())
        await asyncio.sleep(0)
        later = [asyncio.create_task(pass_through(queue, ticket())) for _ in range(2)]
        await closing
        return await asyncio.gather(*later)

    assert min(played(scene())) >= 1.2


def test_nothing_starts_while_the_gatekeeper_is_asked() -> None:
    """Its answer is about what was running at the question."""
    gatekeeper = _Scripted(_block(9, closes=5), _block(9), answering=0.1)

    async def scene() -> float:
        queue = RequestQueue(gatekeeper)
        long = asyncio.create_task(pass_through(queue, ticket(), 2))
        await asyncio.sleep(Timing().renew + 0.01)
        second = await pass_through(queue, ticket())
        await long
        return second

    assert played(scene()) >= Timing().renew + 0.1


def test_what_runs_for_long_is_told_again() -> None:
    """So that its place is not given away; at the end, that nothing runs."""
    gatekeeper = _Scripted(_block(1))

    async def scene() -> None:
        queue = RequestQueue(gatekeeper)
        await pass_through(queue, ticket(), 2.5 * Timing().renew)
        await asyncio.sleep(Timing().renew)

    played(scene())
    assert [(1, 0), (0, 1), (0, 1), (0, 0)] == [(d.waiting, d.running) for d in gatekeeper.asked]
    assert {0} == {demand.refusals for demand in gatekeeper.asked}


def test_what_runs_is_told_while_others_wait() -> None:
    """However long they have to."""
    gatekeeper = _Scripted(_block(1), *[Admission(again=60.0, places=1)] * 3, _block(1))

    async def scene() -> float:
        queue = RequestQueue(gatekeeper)
        long = asyncio.create_task(pass_through(queue, ticket(), 2))
        await asyncio.sleep(0)
        second = await pass_through(queue, ticket())
        await long
        return second

    assert 0.5 + 3 * Timing().renew == pytest.approx(played(scene()), abs=0.02)


def test_who_has_to_wait_says_how_often_it_was_refused() -> None:
    """Until it has got a block."""
    refused = Admission(again=0.1)
    gatekeeper = _Scripted(refused, refused, _block(1), refused, _block(1))

    async def scene() -> None:
        queue = RequestQueue(gatekeeper)
        await asyncio.gather(*(pass_through(queue, ticket()) for _ in range(2)))

    played(scene())
    assert [0, 1, 2, 0, 1] == [demand.refusals for demand in gatekeeper.asked[:5]]


def test_whoever_leaves_a_full_house_lets_the_next_one_ask() -> None:
    """Not only when it would have asked anyway."""
    gatekeeper = _Scripted(_block(1), Admission(again=0.7, full=True, places=1), _block(1))

    async def scene() -> float:
        queue = RequestQueue(gatekeeper)
        first = asyncio.create_task(pass_through(queue, ticket(), 0.6))
        await asyncio.sleep(0)
        second = await pass_through(queue, ticket())
        await first
        return second

    assert 0.6 == pytest.approx(played(scene()))


class _Scripted:
    """A gatekeeper that a test controls; after its script, it only takes note."""

    def __init__(
        self, *script: Admission | Exception, closing: float = 0.0, answering: float = 0.0
    ) -> None:
        self._script = [*script]
        self._closing = closing
        self._answering = answering
        self.asked: list[Demand] = []
        self.forgiven = 0

    async def ask(self, demand: Demand) -> Admission:
        self.asked.append(demand)
        await asyncio.sleep(self._answering)
        if not demand.waiting:
            return Admission(places=demand.running)
        admission = self._script.pop(0) if self._script else _block(1)
        if isinstance(admission, Exception):
            raise admission
        return admission

    async def close(self) -> float:
        await asyncio.sleep(self._closing)
        return 1.0

    async def reset_backoff(self) -> None:
        self.forgiven += 1


def _block(starts: int, *, places: int = 10, strikes: int = 0, closes: float = 0.5) -> Admission:
    """A block that is open now, with no distance between the starts."""
    block = Block(next_start=0.0, closes=closes, interval=0.0, starts=starts)
    return Admission(block=block, places=places, strikes=strikes)


def test_one_who_is_let_in_and_cancelled_at_once_gives_the_place_back() -> None:
    """Both may happen in the same turn of the loop."""

    async def scene() -> tuple[int, int]:
        queue = RequestQueue(_Scripted())
        task = asyncio.create_task(pass_through(queue, ticket()))
        while not queue._running:  # noqa: ASYNC110 - asks what other tasks change
            await asyncio.sleep(0)
        task.cancel()
        running = queue._running
        await asyncio.gather(task, return_exceptions=True)
        return running, queue._running

    assert (1, 0) == played(scene())


def test_nobody_waits_for_a_gatekeeper_that_broke() -> None:
    """They get its error, and the next caller starts a new dispatcher."""

    async def scene() -> None:
        queue = RequestQueue(_Scripted(LookupError("broken")))
        with pytest.raises(LookupError):
            await pass_through(queue, ticket())
        await pass_through(queue, ticket())
        await queue.aclose()

    played(scene())


def test_one_that_nobody_asked_closes() -> None:
    """The queue is empty, so no caller is rejected."""

    async def scene() -> None:
        await queue_of(1, 1).aclose()

    played(scene())


def test_a_good_answer_is_told_only_where_it_forgives_something() -> None:
    """Not once for each look-up."""
    gatekeeper = _Scripted(_block(1), _block(1, strikes=2))

    async def scene() -> list[int]:
        queue = RequestQueue(gatekeeper)
        forgiven = []
        for _ in range(2):
            await queue.reset_backoff()
            await pass_through(queue, ticket())
            await queue.reset_backoff()
            await queue.reset_backoff()
            forgiven.append(gatekeeper.forgiven)
        await queue.close()
        await queue.reset_backoff()
        return [*forgiven, gatekeeper.forgiven]

    assert [0, 1, 2] == played(scene())


async def _overload(queue: RequestQueue, *, count: int, every: float, takes: float) -> list[bool]:
    """Whether each of many look-ups, which have three seconds, was answered in time."""

    async def one() -> bool:
        try:
            async with asyncio.timeout(3):
                await pass_through(queue, ticket(seconds=3), takes)
        except (TimeoutError, TooLateError):
            return False
        return True

    tasks = []
    for _ in range(count):
        tasks.append(asyncio.create_task(one()))
        await asyncio.sleep(every)
    return await asyncio.gather(*tasks)


def test_under_overload_requests_start_that_can_still_be_answered() -> None:
    """Twice as many as the limit allows, for 20 s: every slot still leads to an answer."""

    async def scene() -> list[bool]:
        return await _overload(queue_of(10, 20), count=400, every=0.05, takes=0.3)

    answered = played(scene())

    # 20 s at 10 a second, less the margin of the rate limit and the last ones that wait.
    assert 175 <= sum(answered) <= 225
    assert 40 <= sum(answered[300:])


def test_a_slow_gateway_is_given_at_most_what_was_reserved() -> None:
    """Requests that take longer than that still start."""

    async def scene() -> list[bool]:
        limits = RateLimits(requests_per_second=10, max_concurrency=2)
        queue = RequestQueue(LocalGate(limits, clock=now), most_reserved=0.5)
        return await _overload(queue, count=6, every=0.0, takes=1.0)

    assert [True] * 4 + [False] * 2 == sorted(played(scene()), reverse=True)
