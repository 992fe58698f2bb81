"""Alarms of a database in memory: they ring in time, and are gone with the process."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.storage.alarms import FleetingAlarms, Work
from tests.storage.ringing import alarm, eventually, now


async def test_each_rings_once_in_its_time() -> None:
    """The later one later; one that is set twice is one."""
    rung: list[str] = []

    async def ring(name: str, turn: int) -> None:
        rung.append(f"{name}{turn}")

    alarms = FleetingAlarms(concurrency={Work.WATCH: 5}, now=now)
    async with alarms.running({Work.WATCH: ring}):
        late, soon = alarm("late", 0.2), alarm("soon")
        assert () == await alarms.arm([late, soon, late])
        await eventually(lambda: len(rung) == 2)
        await asyncio.sleep(0.05)
    assert ["soon0", "late0"] == rung


async def test_one_may_be_woken() -> None:
    """Then it does not wait for its time; one that is not set cannot be."""
    rung: list[str] = []

    async def ring(name: str, turn: int) -> None:
        del turn
        rung.append(name)

    alarms = FleetingAlarms(concurrency={Work.WATCH: 5}, now=now)
    async with alarms.running({Work.WATCH: ring}):
        far = alarm("far", 3_600)
        await alarms.arm([far])
        await alarms.wake(far)
        await alarms.wake(alarm("nothing"))
        await eventually(lambda: rung == ["far"])


async def test_idle_once_none_is_ringing() -> None:
    """What is set for later keeps nobody waiting; what rings does."""
    rung, over = asyncio.Event(), asyncio.Event()

    async def ring(*_: object) -> None:
        rung.set()
        await over.wait()

    alarms = FleetingAlarms(concurrency={Work.WATCH: 5}, now=now)
    async with alarms.running({Work.WATCH: ring}):
        await alarms.arm([alarm("now"), alarm("far", 3_600)])
        await rung.wait()
        idle = asyncio.create_task(alarms.idle())
        await asyncio.sleep(0)
        assert not idle.done()
        over.set()
        await idle


async def test_so_many_at_once() -> None:
    """The others wait in line."""
    ringing, most = 0, 0

    async def ring(*_: object) -> None:
        nonlocal ringing, most
        ringing += 1
        most = max(most, ringing)
        await asyncio.sleep(0.01)
        ringing -= 1

    alarms = FleetingAlarms(concurrency={Work.WATCH: 2}, now=now)
    async with alarms.running({Work.WATCH: ring}):
        await alarms.arm([alarm(str(number)) for number in range(6)])
        await eventually(lambda: not alarms._set)
    assert 2 == most


async def test_neither_kind_waits_for_the_other() -> None:
    """A bulk may ring for minutes; watches ring meanwhile."""
    rung: list[str] = []

    async def hang(*_: object) -> None:
        await asyncio.sleep(60)

    async def ring(name: str, turn: int) -> None:
        del turn
        rung.append(name)

    alarms = FleetingAlarms(concurrency=dict.fromkeys(Work, 1), now=now)
    async with alarms.running({Work.WATCH: ring, Work.BULK: hang}):
        await alarms.arm([replace(alarm("long"), work=Work.BULK), alarm("short")])
        await eventually(lambda: rung == ["short"])


async def test_nothing_outlives_the_process() -> None:
    """What was waiting or ringing is given up; there is nobody to take over from."""
    rung: list[str] = []

    async def ring(name: str, turn: int) -> None:
        del turn
        await asyncio.sleep(60)
        rung.append(name)

    alarms = FleetingAlarms(concurrency={Work.WATCH: 5}, now=now)
    async with alarms.running({Work.WATCH: ring}):
        await alarms.arm([alarm("now"), alarm("far", 60)])
        await asyncio.sleep(0.05)
    assert [] == rung
    assert (0, 0) == (await alarms.take_over(["e1"]), await alarms.sweep(now()))


async def test_what_is_set_while_nobody_listens() -> None:
    """Rings in vain."""
    alarms = FleetingAlarms(concurrency={Work.WATCH: 5}, now=now)
    await alarms.arm([alarm("early")])
    await eventually(lambda: not alarms._set)
