"""The gate in the database: one row for all processes, by the database's own clock."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from bot.domain.gate import Admission, Ceilings, Urgency
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.gate import SharedGate
from bot.storage.schema import GATE, GATE_HOLDER

pytestmark = pytest.mark.every_database

SLOW = Ceilings(requests_per_second=2, max_concurrency=10)
FAST = Ceilings(requests_per_second=1_000, max_concurrency=5)
# What the row holds is the matter, and not how soon a busy machine comes to it.
UNHURRIED = Timing(gate=30.0)


def gate_of(
    database: Database, ceilings: Ceilings = FAST, *, lease_seconds: float = 15
) -> SharedGate:
    """The part of one more process in the gate."""
    return SharedGate(database, ceilings, lease_seconds=lease_seconds, timing=UNHURRIED)


async def person(gate: SharedGate, *, count: int = 1, running: int = 0) -> Admission:
    """A person of that process asks."""
    return await gate.admit(Urgency.PERSON, count=count, running=running)


async def test_two_processes_share_the_slots(database: Database) -> None:
    """The second one is told to wait, though it has asked nothing yet."""
    one, other = gate_of(database, SLOW), gate_of(database, SLOW)

    first, second = await person(one), await person(other)

    assert (0.0,) == first.waits
    assert () == second.waits
    assert second.again == pytest.approx(0.5, abs=0.4)


async def test_of_many_who_ask_at_once_one_gets_the_slot(database: Database) -> None:
    """The row is locked while it is read and written, and made once."""
    slower = Ceilings(requests_per_second=0.05, max_concurrency=10)
    gates = [gate_of(database, slower) for _ in range(5)]

    admissions = await asyncio.gather(*(person(gate) for gate in gates for _ in range(4)))

    count = select(func.count()).select_from(GATE)
    rows = await database.read(lambda connection: connection.execute(count).scalar_one())
    assert (1, 1) == (sum(len(one.waits) for one in admissions), rows)


async def test_places_are_counted_over_all_processes(database: Database) -> None:
    """Those that are under way elsewhere, and those of one's own."""
    one, other = gate_of(database), gate_of(database)

    assert 3 == len((await person(one, count=3)).waits)
    assert 2 == len((await person(other, count=9)).waits)
    assert () == (await person(other, running=2)).waits
    assert () == (await person(one, running=3)).waits


async def test_the_others_hear_of_what_has_ended(database: Database) -> None:
    """Then there are places again."""
    one, other = gate_of(database), gate_of(database)
    await person(one, count=5)
    assert () == (await person(other)).waits

    await one.publish(1)

    assert 4 == len((await person(other, count=9)).waits)


async def test_a_process_that_died_holds_its_places_for_a_while_only(database: Database) -> None:
    """As long as its requests can have been under way."""
    await person(gate_of(database, lease_seconds=0.3), count=5)
    other = gate_of(database)
    assert () == (await person(other)).waits

    await asyncio.sleep(0.4)

    assert 1 == len((await person(other)).waits)


async def test_one_that_takes_its_leave_gives_everything_back(database: Database) -> None:
    """And removes what dead ones left."""
    await person(gate_of(database, lease_seconds=0.0), count=2)
    one, other = gate_of(database), gate_of(database)
    await person(one, count=2)
    await person(other, count=1)

    await one.leave()

    running = select(GATE_HOLDER.c.running)
    left = await database.read(lambda connection: connection.scalars(running).all())
    assert [1] == [*left]


async def test_a_pause_holds_for_all_processes(database: Database) -> None:
    """Whoever met code 900."""
    one, other = gate_of(database), gate_of(database)

    seconds = await one.close()
    admission = await person(other)

    assert UNHURRIED.first_pause == pytest.approx(seconds)
    assert (True, ()) == (admission.closed, admission.waits)
    assert seconds == pytest.approx(admission.again, abs=1)


async def test_a_good_answer_is_no_use_in_a_pause(database: Database) -> None:
    """It was under way before; after the pause it makes the next one a first one again."""
    gate = gate_of(database)
    await gate.close()
    await gate.reset_backoff()
    assert 1 == (await person(gate)).strikes

    over = GATE.update().values(closed_until=0.0)
    await database.write(lambda connection: connection.execute(over))
    await gate.reset_backoff()

    assert 0 == (await person(gate)).strikes
