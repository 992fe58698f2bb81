"""Never lost, never twice: real processes, killed at random moments, every notice counted."""

from __future__ import annotations

import asyncio
import random

from tests.watches.watch_stage import watch_stage

WATCHES = 60
PATIENCE_SECONDS = 300.0


async def test_killed_and_started_again(shared_url: str, kill: int) -> None:
    """Of all watches in flight each is told once, wherever the process was killed."""
    chance = random.Random()
    del kill
    async with watch_stage(shared_url) as stage:
        process = await stage.process()
        started = await process.start(0, WATCHES, "SANDBOX-PENDING-1.")
        assert WATCHES == len(started)
        await stage.slack.told(chance.randint(1, 40), patience=PATIENCE_SECONDS)
        await asyncio.sleep(chance.uniform(0, 0.05))
        await process.kill()
        told_before = len(stage.slack.notices)
        again = await stage.process()
        await stage.slack.told(WATCHES, patience=PATIENCE_SECONDS)
        await stage.settled(again)
    assert told_before < WATCHES
    assert dict.fromkeys(started, 1) == dict(stage.slack.notices)
