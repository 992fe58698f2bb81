"""The ways into a SQLite database: whose commits are made safe, and what is left at the end."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text

from bot.domain.gate import Demand, RateLimits, Urgency
from bot.domain.timing import Timing
from bot.storage.database import open_database
from bot.storage.engines import on_file
from bot.storage.gate import SharedGate

# sqlite.org/pragma.html#pragma_synchronous
NORMAL, FULL = 1, 2


def safety_of(connection: Connection) -> int:
    """What a commit of this connection waits for."""
    return int(connection.execute(text("PRAGMA synchronous")).scalar_one())


@contextmanager
def commits() -> Iterator[list[int]]:
    """What each commit waited for."""
    seen: list[int] = []

    def see(connection: Connection) -> None:
        seen.append(safety_of(connection))

    event.listen(Engine, "commit", see)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", see)


async def test_what_people_were_told_outlives_a_loss_of_power(tmp_path: Path) -> None:
    """Each commit waits for the disk but those that need not, whichever came before."""
    async with open_database(f"sqlite:///{tmp_path}/voicestatus.db") as database:
        for lasting, safety in ((True, FULL), (False, NORMAL), (False, NORMAL), (True, FULL)):
            assert safety == await database.write(safety_of, lasting=lasting)


async def test_a_request_through_the_gate_takes_no_time_of_the_disk(tmp_path: Path) -> None:
    """Its moments have passed when the power is back; a pause of the gateway's may not have."""
    limits = RateLimits(requests_per_second=10, max_concurrency=10)
    async with open_database(f"sqlite:///{tmp_path}/voicestatus.db") as database:
        gate = SharedGate(database, limits)
        with commits() as of_requests:
            await gate.ask(Demand(urgency=Urgency.PERSON, waiting=1))
            await gate.ask(Demand(running=1))
            await gate.ask(Demand())
        with commits() as of_a_pause:
            await gate.close()
            await gate.reset_backoff()
    assert ([NORMAL] * 3, [FULL] * 2) == (of_requests, of_a_pause)


def test_one_that_is_in_use_at_the_end_is_closed_when_it_is_given_back(tmp_path: Path) -> None:
    """A thread that ends late leaves nothing open."""
    with on_file(tmp_path / "voicestatus.db", connections=2, timing=Timing()) as engine:
        late = engine.connect()
        of_driver = late.connection.dbapi_connection
        assert of_driver is not None
        engine.connect().close()
    late.close()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        of_driver.cursor()


async def test_nothing_else_holds_up_the_threads_of_the_database(tmp_path: Path) -> None:
    """Not even where every thread of the loop's own pool is taken by work of somebody else."""
    loop, free = asyncio.get_running_loop(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        before = loop._default_executor  # type: ignore[attr-defined]
        loop.set_default_executor(pool)
        async with asyncio.timeout(60), open_database(f"sqlite:///{tmp_path}/bot.db") as database:
            held = loop.run_in_executor(None, free.wait)
            names = {await database.read(name_of_thread), await database.write(name_of_thread)}
        assert not held.done()
        free.set()
        await held
        loop._default_executor = before  # type: ignore[attr-defined]

    assert {"database"} == names


def name_of_thread(_: Connection) -> str:
    """In which thread the work is done."""
    return threading.current_thread().name


async def test_the_threads_of_the_database_are_few_and_end_with_it(tmp_path: Path) -> None:
    """As many as it has connections."""
    barrier = threading.Barrier(5)

    def meet(_: Connection) -> int:
        barrier.wait(60)
        return threading.get_ident()

    async with open_database(f"sqlite:///{tmp_path}/bot.db") as database:
        first = await asyncio.gather(*(database.read(meet) for _ in range(5)))
        more = await asyncio.gather(
            *(database.read(lambda _: threading.get_ident()) for _ in range(20))
        )

    assert 5 == len(set(first))
    assert set(first) >= set(more)
