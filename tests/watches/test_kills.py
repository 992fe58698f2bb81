"""Never lost, never twice: real processes, killed at random moments, every notice counted.

`make kills` plays more runs than the two for each database that belong to the tests.
"""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from watches.watch_stage import watch_stage

pytestmark = pytest.mark.slow

RUNS = range(int(os.environ.get("KILLS", "2")))
WATCHES = 200
PATIENCE_SECONDS = 300.0
# Long enough for a second notice to come, should there be one.
QUIET_SECONDS = 4.0


@pytest.mark.parametrize("run", RUNS)
async def test_killed_and_started_again(shared_url: str, run: int) -> None:
    """Of 200 watches in flight each is told once, wherever the process was killed."""
    chance = random.Random()
    del run
    async with watch_stage(shared_url) as stage:
        process = await stage.process()
        started = await process.start(0, WATCHES, "SANDBOX-PENDING-2.")
        assert WATCHES == len(started)
        await stage.slack.told(chance.randint(1, 140), patience=PATIENCE_SECONDS)
        await asyncio.sleep(chance.uniform(0, 0.05))
        await process.kill()
        told_before = len(stage.slack.notices)
        again = await stage.process()
        await stage.slack.told(WATCHES, patience=PATIENCE_SECONDS)
        await asyncio.sleep(QUIET_SECONDS)
        assert 0 == await again.end()
    assert told_before < WATCHES
    assert dict.fromkeys(started, 1) == dict(stage.slack.notices)
