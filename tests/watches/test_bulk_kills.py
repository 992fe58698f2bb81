"""A bulk in real processes that are killed: one report, and no id asked again that has an answer.

`make kills` plays more runs than the one for each database that belongs to the tests.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable

import pytest

from bot.storage.bulks import Bulks
from bot.storage.database import open_database
from watches.thread_voices import REPORT, RESULT
from watches.watch_stage import WatchStage, watch_stage

pytestmark = pytest.mark.slow

RUNS = range(max(1, int(os.environ.get("KILLS", "2")) // 2))
CALLS = 400
PREFIX = "SANDBOX-ok."
PATIENCE_SECONDS = 300.0
# Long enough for a second report to come, should there be one.
QUIET_SECONDS = 3.0


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


async def reported_once(stage: WatchStage, *bulks: str) -> None:
    """Each is reported, its result handed over, and nothing more comes."""
    await until(lambda: {*bulks} <= {*stage.slack.marked(RESULT)})
    await asyncio.sleep(QUIET_SECONDS)
    assert dict.fromkeys(bulks, 1) == dict(stage.slack.marked(REPORT))


@pytest.mark.parametrize("run", RUNS)
async def test_killed_while_it_asks(shared_url: str, run: int) -> None:
    """What was asked and not yet written is asked once more, nothing else; all have an answer."""
    del run
    chance = random.Random()
    async with watch_stage(shared_url, gateway_requests_per_second=200) as stage:
        process = await stage.process()
        bulk = await process.bulk(CALLS, PREFIX)
        reached = chance.randint(60, 300)
        await until(lambda: len(stage.requests) >= reached)
        await process.kill()
        known = await answered(stage, bulk)
        before = len(stage.requests)
        again = await stage.process()
        await reported_once(stage, bulk)
        assert 0 == await again.end()
        asked_again = {request.idmsg for request in stage.requests[before:]}
        assert known
        assert known.isdisjoint(asked_again)
        assert CALLS == len(await answered(stage, bulk))
        assert 2 >= max(Counter(request.idmsg for request in stage.requests).values())


@pytest.mark.parametrize("run", RUNS)
async def test_killed_while_it_reports(shared_url: str, run: int) -> None:
    """Whether the report stands there or not yet; no call is asked again for it."""
    del run
    chance = random.Random()
    async with watch_stage(shared_url) as stage:
        process = await stage.process()
        bulk = await process.bulk(20, PREFIX)
        await until(lambda: stage.slack.arrived > 0)
        await asyncio.sleep(chance.uniform(0, 0.05))
        await process.kill()
        again = await stage.process()
        await reported_once(stage, bulk)
        assert 0 == await again.end()
        assert 20 == len(stage.requests)


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
        await reported_once(stage, bulk)
        assert 0 == await again.end()
    assert left < CALLS
    assert known.isdisjoint({request.idmsg for request in stage.requests[left:]})


async def test_a_peer_takes_over(postgres_url: str) -> None:
    """Nobody starts the dead process again; both its list and its watches go on elsewhere."""
    async with watch_stage(postgres_url, gateway_requests_per_second=200) as stage:
        first, _ = await stage.process(), await stage.process()
        bulks = [await first.bulk(CALLS, PREFIX), await first.bulk(CALLS, "SANDBOX-ok.9000")]
        watches = await first.start(0, 20, "SANDBOX-PENDING-1.")
        await until(lambda: len(stage.requests) >= 100)
        await first.kill()
        await reported_once(stage, *bulks)
        await stage.slack.told(20, patience=PATIENCE_SECONDS)
        assert dict.fromkeys(watches, 1) == dict(stage.slack.notices)
