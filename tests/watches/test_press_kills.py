"""A process that is killed while people press the buttons of watches: no promise is lost."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

from bot.composition.configured import utc_now
from bot.domain.jobs.watch import State, Watch
from bot.services.operator import JobOperator, JobOutcome
from bot.storage.database import open_database
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches
from tests.watches.watch_stage import WatchStage, watch_stage

WATCHES = 20
PATIENCE_SECONDS = 300.0


def chosen(old: Watch, new: Watch, button: str) -> bool:
    """Whether a watch stands as its asker has chosen, and otherwise as before."""
    if button == "stop":
        return new == replace(old, state=State.CANCELLED, ended_at=new.ended_at)
    return new == replace(old, expires_at=new.expires_at) and new.expires_at > old.expires_at


async def standing(stage: WatchStage, names: list[str]) -> list[Watch]:
    """These watches as they stand, whichever process is there."""
    async with open_database(stage.database_url) as database:
        found = [await Watches(database).get(name) for name in names]
    return [watch for watch in found if watch is not None]


async def take_up_now(stage: WatchStage, names: list[str]) -> None:
    """Nobody waits for the next look: it has been due for a minute."""
    async with open_database(stage.database_url) as database:
        jobs = JobOperator(
            watches=Watches(database),
            bulks=Bulks(database),
            now=lambda: utc_now() - timedelta(minutes=1),
        )
        for name in names:
            assert JobOutcome.DONE is await jobs.retry(name)


async def test_killed_while_people_press(shared_url: str, kill: int) -> None:
    """Another hour, or stop: each watch is as before or as chosen, and as its asker has read."""
    del kill
    chance = random.Random()
    async with watch_stage(shared_url) as stage:
        process = await stage.process(watch_intervals_seconds=[60])
        names = await process.start(0, WATCHES, "SANDBOX-ok.")
        before = await standing(stage, names)
        buttons = chance.choices(["hour", "stop"], weights=[2, 1], k=WATCHES)
        # The last person has not pressed yet when the process is killed, however quick it is.
        pressed = list(zip(buttons, names, range(WATCHES), strict=True))[:-1]
        process.press(f"{button}:{name}:U{number}" for button, name, number in pressed)
        read = [await process.answer() for _ in range(chance.randrange(WATCHES // 2))]
        await asyncio.sleep(chance.uniform(0, 0.02))
        await process.kill()
        read += await process.rest()

        after = await standing(stage, names)
        assert WATCHES == len(after)
        assert before[-1] == after[-1]
        for old, new, button in zip(before, after, buttons, strict=True):
            assert new == old or chosen(old, new, button)
        for old, new, button, answer in zip(before, after, buttons, read, strict=False):
            assert chosen(old, new, button)
            assert answer == ("" if button == "stop" else new.expires_at.isoformat())

        left = [watch.id for watch in after if watch.state is State.WAITING]
        await take_up_now(stage, left)
        again = await stage.process()
        await stage.slack.told(len(left), patience=PATIENCE_SECONDS)
        await stage.settled(again)
    assert dict.fromkeys(left, 1) == dict(stage.slack.notices)
