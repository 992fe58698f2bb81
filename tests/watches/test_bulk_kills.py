"""A bulk in processes that are killed: one report, and no id asked again that has an answer."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable

import pytest

from bot.storage.database import open_database
from bot.storage.jobs.bulks import Bulks
from tests.watches.thread_voices import REPORT, RESULT
from tests.watches.watch_stage import WatchProcess, WatchStage, watch_stage

CALLS = 200
PREFIX = "SANDBOX-ok."
PATIENCE_SECONDS = 300.0


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds.

    Raises:
        TimeoutError: it did not.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.005)


async def answered(stage: WatchStage, bulk_id: str) -> set[str]:
    """The ids that have an answer in the table."""
    async with open_database(stage.database_url) as database:
        items = [item async for item in Bulks(database).items(bulk_id)]
    return {item.message_id.value for item in items if item.finding is not None}


async def reported_once(stage: WatchStage, process: WatchProcess, *bulks: str) -> None:
    """Each is reported, its result handed over, and nothing more comes."""
    await until(lambda: {*bulks} <= {*stage.slack.marked(RESULT)})
    await stage.settled(process)
    assert dict.fromkeys(bulks, 1) == dict(stage.slack.marked(REPORT))


async def test_killed_while_it_asks(shared_url: str, kill: int) -> None:
    """What was asked and not yet written is asked once more, nothing else; all have an answer."""
    del kill
    chance = random.Random()
    async with watch_stage(shared_url, gateway_requests_per_second=200) as stage:
        process = await stage.process()
        bulk = await process.bulk(CALLS, PREFIX)
        reached = chance.randint(30, 150)
        await until(lambda: len(stage.requests) >= reached)
        while not await answered(stage, bulk):  # noqa: ASYNC110 - a table tells nobody
            await asyncio.sleep(0.05)
        await process.kill()
        known = await answered(stage, bulk)
        before = len(stage.requests)
        again = await stage.process()
        await reported_once(stage, again, bulk)
        asked_again = {request.idmsg for request in stage.requests[before:]}
        assert known.isdisjoint(asked_again)
        assert CALLS == len(await answered(stage, bulk))
        assert 2 >= max(Counter(request.idmsg for request in stage.requests).values())


@pytest.mark.matrix
async def test_killed_while_it_reports(shared_url: str, kill: int) -> None:
    """Whether the report stands there or not yet; no call is asked again for it."""
    del kill
    chance = random.Random()
    async with watch_stage(shared_url) as stage:
        process = await stage.process()
        bulk = await process.bulk(20, PREFIX)
        await until(lambda: stage.slack.arrived > 0)
        await asyncio.sleep(chance.uniform(0, 0.05))
        await process.kill()
        again = await stage.process()
        await reported_once(stage, again, bulk)
        assert 20 == len(stage.requests)


@pytest.mark.matrix
async def test_a_process_that_ends_leaves_it_to_the_next(shared_url: str) -> None:
    """Without waiting for it, and without losing what it knows."""
    async with watch_stage(shared_url, gateway_requests_per_second=100) as stage:
        process = await stage.process()
        bulk = await process.bulk(CALLS, PREFIX)
        await until(lambda: len(stage.requests) >= 50)
        assert 0 == await process.end()
        left = len(stage.requests)
        known = await answered(stage, bulk)
        again = await stage.process()
        await reported_once(stage, again, bulk)
    assert left < CALLS
    assert known.isdisjoint({request.idmsg for request in stage.requests[left:]})


async def test_a_peer_takes_over(postgres_url: str) -> None:
    """Nobody starts the dead process again; both its list and its watches go on elsewhere."""
    async with watch_stage(postgres_url, gateway_requests_per_second=200) as stage:
        first, second = await stage.process(), await stage.process()
        bulks = [await first.bulk(CALLS, PREFIX), await first.bulk(CALLS, "SANDBOX-ok.9000")]
        watches = await first.start(0, 20, "SANDBOX-PENDING-1.")
        await until(lambda: len(stage.requests) >= 60)
        await first.kill()
        await stage.slack.told(20, patience=PATIENCE_SECONDS)
        await reported_once(stage, second, *bulks)
        assert dict.fromkeys(watches, 1) == dict(stage.slack.notices)
