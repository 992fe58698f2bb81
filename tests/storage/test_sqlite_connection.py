"""Connections to SQLite that are cut off while they close."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

from bot.storage.sqlite_connection import sqlite_connection


async def test_a_close_that_is_cut_off_after_the_end_was_asked_for_ends() -> None:
    """Two who end it at once both learn of the end; nobody waits for ever."""
    connection = await sqlite_connection(":memory:")
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)
    end = connection.stop()
    closing.cancel()

    done, _ = await asyncio.wait({closing}, timeout=30)

    assert {closing} == done
    assert end is connection.stop()


async def test_a_close_that_is_not_cut_off_ends_as_ever() -> None:
    """Once, and again without complaint."""
    connection = await sqlite_connection(":memory:")
    await connection.close()
    await connection.close()


async def test_what_is_opened_for_a_caller_who_has_given_up_is_closed() -> None:
    """It reaches nobody who could close it."""
    closed = []

    class Noting(sqlite3.Connection):
        def close(self) -> None:
            closed.append(self)
            super().close()

    connection = sqlite_connection(":memory:", factory=Noting)
    opening = asyncio.ensure_future(connection._connect())
    connection._thread.start()
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.wait({opening})
    await asyncio.to_thread(connection._thread.join, 30)

    assert opening.cancelled()
    assert 1 == len(closed)


# Forty processes' ends: a transaction is cut off twice, and the loop ends a few steps later.
PROGRAM = """
import asyncio, itertools
from bot.storage.database import open_database

async def main(between, after):
    async with open_database("sqlite:///:memory:") as database:
        within = asyncio.Event()

        async def ask():
            async with database.reading():
                within.set()
                await asyncio.sleep(60)

        asking = asyncio.create_task(ask())
        await within.wait()
        for steps in (between, after):
            asking.cancel()
            for _ in range(steps):
                await asyncio.sleep(0)

for between, after in itertools.product(range(10), range(4)):
    asyncio.run(main(between, after))
"""


def test_a_process_ends_while_transactions_are_cut_off() -> None:
    """Whatever is being closed at that moment does not keep it."""
    ended = subprocess.run(
        (sys.executable, "-W", "ignore", "-c", PROGRAM),
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
        timeout=300,
    )
    assert 0 == ended.returncode
