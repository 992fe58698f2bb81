"""Watches as the operator sees them: listed, given up, taken up again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.jobs.job import Delivery, Report
from bot.domain.jobs.watch import State, Watch
from bot.services.operator import JobOperator, JobOutcome
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches
from tests.services.watch_world import World, watch_world

UNDELIVERABLE = Report(delivery=Delivery.UNDELIVERABLE)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A new world at noon."""
    async with watch_world() as new:
        yield new


@pytest.fixture
def jobs(world: World) -> JobOperator:
    """What the operator uses."""
    return JobOperator(watches=world.watches, bulks=Bulks(world.database), now=world.clock)


async def test_all_are_listed(world: World, jobs: JobOperator) -> None:
    """The newest first; those that are over on demand."""
    first = await world.start("SANDBOX-OK")
    world.clock.forward(1)
    second = await world.start("B")
    over = await world.turn(first)
    assert (second,) == await jobs.latest(9, only_open=True)
    assert (second, over) == await jobs.latest(9, only_open=False)
    assert (second,) == await jobs.latest(1, only_open=False)


async def test_one_is_given_up(world: World, jobs: JobOperator) -> None:
    """Whoever asked for it; once."""
    watch = await world.start("A")
    assert JobOutcome.DONE is await jobs.cancel(watch.id)
    assert State.CANCELLED is (await world.read(watch)).state
    assert JobOutcome.NOT_OPEN is await jobs.cancel(watch.id)
    assert JobOutcome.UNKNOWN is await jobs.cancel("nothing")


async def test_one_that_waits_is_taken_up_now(world: World, jobs: JobOperator) -> None:
    """Nothing else changes about it."""
    watch = await world.start("SANDBOX-OK")
    assert JobOutcome.DONE is await jobs.retry(watch.id)
    assert replace(watch, due_at=world.clock.now) == await world.read(watch)


async def test_what_could_not_be_delivered_is_told_again(world: World, jobs: JobOperator) -> None:
    """After a look for what may have been posted."""
    world.slack.reports = [UNDELIVERABLE]
    watch = await world.turn(await world.start("SANDBOX-OK"))
    assert JobOutcome.DONE is await jobs.retry(watch.id)
    watch = await world.turn(watch)
    assert State.TOLD is watch.state
    assert (2, 1) == (len(world.slack.told), len(world.slack.traced))


async def test_what_was_told_is_not_told_again(world: World, jobs: JobOperator) -> None:
    """Nor is there anything to retry where nothing is known."""
    watch = await world.turn(await world.start("SANDBOX-OK"))
    assert JobOutcome.NOTHING_TO_RETRY is await jobs.retry(watch.id)
    assert JobOutcome.UNKNOWN is await jobs.retry("nothing")


async def test_what_is_watched_anew_is_left_alone(world: World, jobs: JobOperator) -> None:
    """There is one watch for an id and destination."""
    world.slack.reports = [UNDELIVERABLE]
    watch = await world.turn(await world.start("SANDBOX-OK"))
    await world.start("SANDBOX-OK")
    assert JobOutcome.WATCHED_ANEW is await jobs.retry(watch.id)


class StaleTable(Watches):
    """A table in which a watch stands otherwise than it was read."""

    async def get(self, job_id: str) -> Watch | None:
        """What does not stand there any more."""
        watch = await super().get(job_id)
        return replace(watch, looks=7) if watch is not None else None


async def test_one_that_changes_meanwhile(world: World) -> None:
    """The running bot goes before the operator."""
    watch = await world.start("A")
    jobs = JobOperator(
        watches=StaleTable(world.database), bulks=Bulks(world.database), now=world.clock
    )
    assert JobOutcome.NOT_OPEN is await jobs.retry(watch.id)
    world.slack.reports = [UNDELIVERABLE]
    undelivered = await world.turn(await world.start("SANDBOX-OK"))
    assert JobOutcome.NOT_OPEN is await jobs.retry(undelivered.id)
