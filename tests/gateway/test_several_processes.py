"""What several processes that share the rate limit do together, in virtual time."""

from __future__ import annotations

import asyncio
from bisect import bisect_left

import pytest

from bot.domain.gate import EARLY_SECONDS, MOST_REFUSALS, ROUND_SECONDS, RateLimits, Urgency
from tests.gateway.processes import TIMING, Process, Shared, now, played

PERSON, BACKGROUND = Urgency.PERSON, Urgency.BACKGROUND
SECONDS = 6


def most_in_a_second(starts: list[float]) -> int:
    """The most requests that start within any second."""
    starts = sorted(starts)
    return max(n - bisect_left(starts, at - 1 + 1e-9) + 1 for n, at in enumerate(starts))


def shared_by(count: int, rate: float, places: int = 20) -> tuple[Shared, list[Process]]:
    """So many processes."""
    limits = RateLimits(requests_per_second=rate, max_concurrency=places)
    shared = Shared(limits)
    return shared, [Process(shared) for _ in range(count)]


def flood(
    process: Process, *, urgency: Urgency = PERSON, count: int = 300, seconds: float = 0.1
) -> asyncio.Future[list[float]]:
    """Many look-ups of one asker at once."""
    return asyncio.gather(
        *(process.look_up("flood", urgency=urgency, seconds=seconds) for _ in range(count))
    )


async def ended(*floods: asyncio.Future[list[float]]) -> None:
    """Give the rest of them up."""
    for one in floods:
        one.cancel()
    await asyncio.gather(*floods, return_exceptions=True)


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize(
    ("rate", "places", "seconds"),
    [(10, 20, 0.1), (10, 20, 3.0), (40, 3, 0.05), (200, 20, 0.05), (10, 1, 0.15), (1, 20, 0.1)],
)
def test_all_together_keep_to_the_limits(
    count: int, rate: float, places: int, seconds: float
) -> None:
    """In any second and at any moment; they use most of what is allowed, in equal parts."""

    async def scene() -> tuple[list[list[float]], int]:
        shared, processes = shared_by(count, rate, places)
        most = int(rate * SECONDS / count) + 50
        floods = [flood(process, seconds=seconds, count=most) for process in processes]
        await asyncio.sleep(SECONDS)
        starts = [[*process.starts] for process in processes]
        await ended(*floods)
        return starts, shared.peak

    starts, peak = played(scene())
    every = [start for each in starts for start in each]
    assert most_in_a_second(every) <= rate
    assert peak <= places
    assert len(every) >= 0.5 * SECONDS * min(rate, places / seconds)
    if places >= count:
        assert max(map(len, starts)) <= 1.5 * min(map(len, starts)) + 1


@pytest.mark.parametrize(("rate", "most"), [(10, 0.3), (20, 0.15), (60, 0.05), (200, 0.03)])
def test_a_busy_process_asks_seldom(rate: float, most: float) -> None:
    """A look-up costs a small part of a transaction."""

    async def scene() -> float:
        shared, (process,) = shared_by(1, rate)
        floods = flood(process, count=int(rate * 5))
        await asyncio.sleep(4)
        asked = shared.asked / len(process.starts)
        await ended(floods)
        return asked

    assert played(scene()) <= most


@pytest.mark.parametrize("urgency", [*Urgency])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("rate", [2, 10, 100])
def test_a_single_look_up_beside_any_flood(rate: float, count: int, urgency: Urgency) -> None:
    """It starts within a second and a turn of each process, beside the flood or elsewhere."""

    async def scene() -> list[float]:
        _, processes = shared_by(1 + count, rate)
        most = int(rate * 9 / count) + 20
        floods = [flood(one, urgency=urgency, count=most) for one in processes[:-1]]
        waits: list[float] = []
        for n in range(5):
            await asyncio.sleep(1.3 + n * 0.017)
            both = (processes[0].look_up("one"), processes[-1].look_up("other"))
            waits += await asyncio.gather(*both)
        await ended(*floods)
        return waits

    assert max(played(scene())) <= (1 + count) / rate + 1


def test_people_go_before_the_background_of_other_processes() -> None:
    """While they queue, lists elsewhere start next to nothing."""

    async def scene() -> tuple[int, int]:
        _, (background, people) = shared_by(2, 10)
        floods = [flood(background, urgency=BACKGROUND)]
        await asyncio.sleep(1)
        floods.append(flood(people))
        await asyncio.sleep(2 * ROUND_SECONDS)
        before = len(background.starts)
        await asyncio.sleep(10)
        counts = len(background.starts) - before, len(people.starts)
        await ended(*floods)
        return counts

    in_background, of_people = played(scene())
    assert (in_background <= 2, of_people >= 80) == (True, True)


def test_a_pause_reaches_a_process_that_has_a_block() -> None:
    """At the end of it at the latest, and nothing starts until the pause is over."""

    async def scene() -> tuple[float, float, list[float]]:
        _, (one, other) = shared_by(2, 100)
        floods = [flood(one, count=600), flood(other, count=600)]
        await asyncio.sleep(3)
        closed = now()
        seconds = await one.queue.close()
        assert not one.starts[-1] > closed
        await asyncio.sleep(seconds + 1)
        await ended(*floods)
        return closed, closed + seconds, sorted(one.starts + other.starts)

    closed, opens, starts = played(scene())
    heard = closed + ROUND_SECONDS / 2 + EARLY_SECONDS * (1 + MOST_REFUSALS)
    assert [] == [start for start in starts if heard < start < opens]
    assert [start for start in starts if start >= opens]


@pytest.mark.parametrize("places", [1, 20])
def test_a_process_that_died_keeps_nobody_waiting_for_long(places: int) -> None:
    """Its block has passed soon, and its places are free when its lease is over."""

    async def scene() -> float:
        shared, (dead, alive) = shared_by(2, 10, places)
        floods = flood(dead, seconds=10)
        await asyncio.sleep(5)
        dead.queue._dispatcher.cancel()  # type: ignore[union-attr]
        wait = await alive.look_up("one")
        assert shared.peak <= places + 1
        await ended(floods)
        return wait

    assert played(scene()) <= TIMING.share_lease + 0.2


def test_a_process_with_nothing_to_do_leaves_everything_to_the_others() -> None:
    """Soon after its last request has ended."""

    async def scene() -> tuple[dict[int, tuple[int, float]], int]:
        shared, (one, other) = shared_by(2, 100)
        await one.look_up("one")
        await asyncio.sleep(TIMING.renew * 2)
        places = dict(shared.places)
        floods = flood(other, seconds=1)
        await asyncio.sleep(2)
        peak = shared.peak
        await ended(floods)
        return places, peak

    assert ({}, 20) == played(scene())


@pytest.mark.parametrize("latency", [0.05, 0.3])
def test_a_slow_database_slows_nobody_down_for_good(latency: float) -> None:
    """Each block is used for one start at least."""

    async def scene() -> list[float]:
        shared, (one, other) = shared_by(2, 10)
        shared.latency = latency
        floods = [flood(one), flood(other)]
        await asyncio.sleep(20)
        await ended(*floods)
        return one.starts + other.starts

    starts = played(scene())
    assert 10 + 1 >= most_in_a_second(starts)
    assert 40 <= len(starts)
