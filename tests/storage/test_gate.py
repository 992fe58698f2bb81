"""The gate in the database: one row for all processes, by the database's own clock."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from bot.domain.gate import MOST_REFUSALS, Admission, Demand, RateLimits, Urgency
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.gate import SharedGate
from bot.storage.schema import GATE, GATE_HOLDER

pytestmark = pytest.mark.every_database

SLOW = RateLimits(requests_per_second=2, max_concurrency=10)
FAST = RateLimits(requests_per_second=1_000, max_concurrency=6)
# What the rows hold is the matter, and not how soon a busy machine comes to it.
UNHURRIED = Timing(gate=30.0, share_lease=60.0)


def gate_of(
    database: Database, limits: RateLimits = FAST, *, timing: Timing = UNHURRIED
) -> SharedGate:
    """The part of one more process in the gate."""
    return SharedGate(database, limits, timing=timing)


async def person(gate: SharedGate, *, running: int = 0) -> Admission:
    """A person's request waits in that process, and has waited for a block for long."""
    demand = Demand(urgency=Urgency.PERSON, waiting=1, running=running, refusals=MOST_REFUSALS)
    return await gate.ask(demand)


async def held(database: Database) -> list[int]:
    """The places of each process in the table."""
    places = select(GATE_HOLDER.c.running).order_by(GATE_HOLDER.c.running)
    return [*await database.read(lambda connection: connection.scalars(places).all())]


async def test_two_processes_share_the_time(database: Database) -> None:
    """The second one is told to wait, though it has asked nothing yet."""
    one, other = gate_of(database, SLOW), gate_of(database, SLOW)

    first, second = await person(one), await person(other)

    assert first.block is not None
    assert (0.0, 1) == (first.block.next_start, first.block.starts)
    assert None is second.block
    assert second.again == pytest.approx(0.5, abs=0.4)


async def test_of_many_who_ask_at_once_one_gets_the_block(database: Database) -> None:
    """The row is locked while it is read and written, and made once."""
    slower = RateLimits(requests_per_second=0.05, max_concurrency=10)
    gates = [gate_of(database, slower) for _ in range(5)]

    admissions = await asyncio.gather(*(person(gate) for gate in gates for _ in range(4)))

    count = select(func.count()).select_from(GATE)
    rows = await database.read(lambda connection: connection.execute(count).scalar_one())
    assert (1, 1) == (sum(one.block is not None for one in admissions), rows)


async def test_places_are_counted_over_all_processes(database: Database) -> None:
    """Each has its share, as far as the others have left it; what runs is never forgotten."""
    one, other, third = gate_of(database), gate_of(database), gate_of(database)

    assert 6 == (await person(one)).places
    assert (await person(other)).full
    assert (await person(one, running=6)).full
    assert [0, 6] == await held(database)

    await one.ask(Demand(running=2))
    assert 3 == (await person(other)).places
    assert 1 == (await person(third)).places
    assert [1, 2, 3] == await held(database)


async def test_too_few_places_for_all_go_round(database: Database) -> None:
    """The one that has had a place gives it up for the other, once it is free."""
    single = RateLimits(requests_per_second=1_000, max_concurrency=1)
    one, other = gate_of(database, single), gate_of(database, single)
    await person(one)
    assert (await person(other)).full

    assert (await person(one, running=1)).full
    assert (await person(one)).full
    assert not (await person(other)).full
    assert (await person(one)).full


async def test_a_process_that_died_holds_its_places_for_a_while_only(database: Database) -> None:
    """As long as its lease lasts."""
    await person(gate_of(database, timing=Timing(gate=30.0, share_lease=0.3)))
    other = gate_of(database)
    assert (await person(other)).full

    await asyncio.sleep(0.4)

    assert 6 == (await person(other)).places


async def test_a_process_that_died_before_the_clock_was_set_back_holds_nothing(
    database: Database,
) -> None:
    """A lease that ends in an hour was not given by this clock."""
    await person(gate_of(database, timing=Timing(gate=30.0, share_lease=3_600.0)))

    assert 6 == (await person(gate_of(database))).places


async def test_one_without_requests_gives_everything_back(database: Database) -> None:
    """And removes what dead ones left."""
    await person(gate_of(database, timing=Timing(gate=30.0, share_lease=0.0)))
    one, other = gate_of(database), gate_of(database)
    await one.ask(Demand(running=2))
    await other.ask(Demand(running=1))

    assert Admission() == await one.ask(Demand())

    assert [1] == await held(database)


async def test_a_pause_holds_for_all_processes(database: Database) -> None:
    """Whoever met code 900."""
    one, other = gate_of(database), gate_of(database)

    seconds = await one.close()
    admission = await person(other)

    assert UNHURRIED.first_pause == pytest.approx(seconds)
    assert (True, None) == (admission.closed, admission.block)
    assert seconds == pytest.approx(admission.again, abs=1)


async def test_the_rest_of_a_pause_is_stored_later(database: Database) -> None:
    """It never shortens the pause that is stored, and a pause that is over changes nothing."""
    one, other = gate_of(database), gate_of(database)
    await one.keep_closed(lambda: 0.0)
    assert 0 == (await person(other)).strikes

    await one.keep_closed(lambda: 200.0)
    await one.keep_closed(lambda: 100.0)
    admission = await person(other)

    assert (True, 1) == (admission.closed, admission.strikes)
    assert admission.again == pytest.approx(200, abs=50)


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
