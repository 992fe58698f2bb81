"""Bulks as the operator sees them: listed, stopped, taken up again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkState
from bot.domain.jobs.job import Delivery, PostedCard, Report, Trace
from bot.services.operator import JobOperator, JobOutcome
from bot.storage.jobs.bulks import Bulks
from tests.services.bulk_world import CARD, BulkWorld, bulk_world


@pytest.fixture
async def world() -> AsyncIterator[BulkWorld]:
    """A new world at noon."""
    async with bulk_world() as new:
        yield new


@pytest.fixture
def jobs(world: BulkWorld) -> JobOperator:
    """What the operator uses."""
    return JobOperator(watches=world.base.watches, bulks=world.table, now=world.base.clock)


async def test_one_is_stopped(world: BulkWorld, jobs: JobOperator) -> None:
    """Whoever asked for it; once. What is known is still reported."""
    bulk = await world.start("SANDBOX-OK")
    assert (bulk,) == await jobs.latest(9, only_open=True)
    assert JobOutcome.DONE is await jobs.cancel(bulk.id)
    assert JobOutcome.NOT_OPEN is await jobs.cancel(bulk.id)
    assert JobOutcome.UNKNOWN is await jobs.cancel("nothing")
    await world.turn(bulk)
    assert [BulkEnding.STOPPED] == [reported.ending for reported in world.speaker.reported]


async def test_one_that_waits_is_taken_up_now(world: BulkWorld, jobs: JobOperator) -> None:
    """One that is worked on, or is over, is not."""
    bulk = await world.start("SANDBOX-OK")
    assert JobOutcome.DONE is await jobs.retry(bulk.id)
    assert replace(bulk, due_at=world.base.clock.now) == await world.read(bulk)
    await world.taken(bulk)
    assert JobOutcome.NOTHING_TO_RETRY is await jobs.retry(bulk.id)
    assert JobOutcome.UNKNOWN is await jobs.retry("nothing")


async def test_one_that_could_not_be_delivered_is_reported_again(
    world: BulkWorld, jobs: JobOperator
) -> None:
    """Nothing is asked again for it; once it is there, the card no longer says that it is not."""
    moved = PostedCard(channel="D1", ts="9.9")
    away, later = Report(delivery=Delivery.UNDELIVERABLE), Report(delivery=Delivery.NOT_SENT)
    world.speaker.reports = [away, later, Report(delivery=Delivery.SENT, card=moved)]
    bulk = await world.turn(await world.start("SANDBOX-OK"))
    assert BulkState.UNDELIVERED is bulk.state
    assert JobOutcome.DONE is await jobs.retry(bulk.id)
    waiting = await world.turn(bulk)
    assert (BulkState.RETRIED, "report") == (waiting.state, world.speaker.missing[-1])
    ended = await world.turn(bulk)
    assert (BulkState.REPORTED, 1) == (ended.state, len(world.asked))
    last, tally = world.speaker.shown[-1]
    assert (CARD, BulkEnding.ALL_ASKED, 1) == (last.card, last.ending, tally.asked)
    assert ["report", ""] == world.speaker.missing[-2:]


async def test_one_without_a_card_gets_none_for_a_retry(
    world: BulkWorld, jobs: JobOperator
) -> None:
    """Nothing had said that it was not delivered."""
    world.speaker.showings = [Report(delivery=Delivery.UNDELIVERABLE)] * 3
    world.speaker.reports = [Report(delivery=Delivery.UNDELIVERABLE)]
    bulk = await world.turn(await world.start("SANDBOX-OK"))
    assert None is bulk.card
    shown = len(world.speaker.shown)
    assert JobOutcome.DONE is await jobs.retry(bulk.id)
    assert BulkState.REPORTED is (await world.turn(bulk)).state
    assert shown == len(world.speaker.shown)


async def test_one_whose_result_could_not_be_delivered(world: BulkWorld, jobs: JobOperator) -> None:
    """Its report stands there, and only the result is handed over."""
    world.speaker.handovers = [Report(delivery=Delivery.UNDELIVERABLE)]
    bulk = await world.turn(await world.start("SANDBOX-OK"))
    assert (BulkState.UNDELIVERED, False) == (bulk.state, bulk.open)
    assert JobOutcome.DONE is await jobs.retry(bulk.id)
    world.speaker.traces = [Trace.FOUND]
    ended = await world.turn(bulk)
    assert (BulkState.REPORTED, False) == (ended.state, ended.open)
    assert (1, 2) == (len(world.speaker.reported), len(world.speaker.handed))
    assert ["file", ""] == world.speaker.missing[-2:]


async def test_one_whose_result_cannot_be_delivered_again(
    world: BulkWorld, jobs: JobOperator
) -> None:
    """The card goes on to say so."""
    world.speaker.handovers = [Report(delivery=Delivery.UNDELIVERABLE)] * 2
    bulk = await world.turn(await world.start("SANDBOX-OK"))
    assert JobOutcome.DONE is await jobs.retry(bulk.id)
    world.speaker.traces = [Trace.FOUND]
    assert BulkState.UNDELIVERED is (await world.turn(bulk)).state
    assert ["file", "file"] == world.speaker.missing[-2:]


class LateTable(Bulks):
    """A table in which every bulk was changed since it was read."""

    async def replace(self, old: Bulk, new: Bulk) -> bool:
        """Nothing."""
        del old, new
        return False


async def test_one_that_somebody_goes_on_with_meanwhile(world: BulkWorld) -> None:
    """Is left to them."""
    bulk = await world.start("SANDBOX-OK")
    jobs = JobOperator(
        watches=world.base.watches, bulks=LateTable(world.base.database), now=world.base.clock
    )
    assert JobOutcome.NOT_OPEN is await jobs.retry(bulk.id)
