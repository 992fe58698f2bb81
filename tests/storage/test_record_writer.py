"""The writer of records: what is stored when, and what is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from bot.domain.audit import AuditEntry
from bot.domain.timing import Timing
from bot.storage.audit import Audit
from bot.storage.database import Database, open_database
from bot.storage.records import MOST_WAITING, RecentLookup, Recents
from bot.storage.schema import AUDIT
from tests.storage.holding import eventually, held
from tests.storage.test_storage_processes import answer, start, waiting
from tests.support.records import AUDIT_KEY, recent, store, writer_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
# Nothing is stored before somebody asks for it.
NEVER = Timing(records_kept=600.0)


def entry(user: str = "U1") -> AuditEntry:
    """A refusal of this user."""
    return AuditEntry(
        at=NOON, team="T1", user=user, channel="C1", surface="command", action="refusal"
    )


def lookup(number: int) -> RecentLookup:
    """A look-up of a call, so many minutes after noon."""
    at = NOON + timedelta(minutes=number)
    return RecentLookup(team="T1", user="U1", idmsg=str(number), outcome="failed", at=at)


async def users(database: Database) -> list[str]:
    """Whose entries are in the audit, the oldest first."""
    return [one.user for one in await recent(Audit(database, AUDIT_KEY), 1_000)][::-1]


async def entries(database: Database) -> int:
    """How many are in the audit."""
    count = select(func.count()).select_from(AUDIT)
    return await database.read(lambda connection: connection.execute(count).scalar_one())


@pytest.mark.every_database
async def test_a_record_is_stored_without_being_asked_for(database: Database) -> None:
    """Of either kind, a moment later, time after time."""
    writer, recents = writer_of(database), Recents(database)
    for number in (1, 2):
        writer.add(entry())
        writer.add(lookup(number))
        async with asyncio.timeout(30):
            while await entries(database) < number:  # noqa: ASYNC110 - a table tells nobody
                await asyncio.sleep(0.01)
        assert number == len(await recents.of("T1", "U1"))


@pytest.mark.every_database
async def test_what_came_in_a_moment_is_one_transaction(database: Database) -> None:
    """However many records it is, and in their order."""
    writer, commits = writer_of(database, timing=NEVER), []

    def committed(connection: Connection) -> None:
        commits.append(connection)

    for number in range(30):
        writer.add(entry(f"U{number:02}"))
        writer.add(lookup(number))
    event.listen(database._engine, "commit", committed)
    await writer.flush()
    event.remove(database._engine, "commit", committed)

    assert 1 == len(commits)
    assert [f"U{number:02}" for number in range(30)] == await users(database)
    assert [str(n) for n in range(29, 19, -1)] == [
        one.idmsg for one in await Recents(database).of("T1", "U1")
    ]


async def test_nothing_is_written_where_nothing_came(database: Database) -> None:
    """So that a page without news costs no transaction."""
    lost: list[tuple[int, str, str]] = []
    async with held(database):
        await writer_of(database, lost).flush()
    assert [] == lost


async def test_a_reader_waits_for_what_is_being_written(database: Database) -> None:
    """Also where nothing came since."""
    writer = writer_of(database, timing=NEVER)
    async with held(database):
        writer.add(entry())
        first = asyncio.create_task(writer.flush())
        await eventually(lambda: not writer._waiting)
        second = asyncio.create_task(writer.flush())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not second.done()
    await asyncio.gather(first, second)
    assert 1 == await entries(database)


async def test_a_reader_who_gives_up_loses_nothing(database: Database) -> None:
    """A transaction that was begun for them goes on."""
    lost: list[tuple[int, str, str]] = []
    writer = writer_of(database, lost, NEVER)
    async with held(database):
        writer.add(entry())
        reader = asyncio.create_task(writer.flush())
        await eventually(lambda: not writer._waiting)
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
    await writer.flush()

    assert (1, []) == (await entries(database), lost)


async def test_what_comes_during_a_transaction_is_stored_after_it(database: Database) -> None:
    """In a batch of its own, which a reader waits for as well."""
    writer = writer_of(database, timing=NEVER)
    async with held(database):
        writer.add(entry("U1"))
        first = asyncio.create_task(writer.flush())
        await eventually(lambda: not writer._waiting)
        writer.add(entry("U2"))
        second = asyncio.create_task(writer.flush())
    await asyncio.gather(first, second)

    assert ["U1", "U2"] == await users(database)


async def test_a_lock_of_another_process_that_ends_in_time_costs_nothing(sqlite_url: str) -> None:
    """The batch waits for it, and so does what comes meanwhile."""
    lost: list[tuple[int, str, str]] = []
    async with open_database(sqlite_url) as database, open_database(sqlite_url) as other:
        writer = writer_of(database, lost)
        async with held(other):
            writer.add(entry("U1"))
            await eventually(lambda: not writer._waiting)
            writer.add(entry("U2"))
        await writer.flush()

        assert (["U1", "U2"], []) == (await users(database), lost)


def facts(lost: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """What was lost, with the last word of what an operator reads: SQLite's name of the error."""
    return [(count, error, detail.split()[-1]) for count, error, detail in lost]


async def test_a_lock_that_lasts_costs_the_batch_that_waited_for_it(sqlite_url: str) -> None:
    """It is counted; what comes after the lock is stored."""
    lost: list[tuple[int, str, str]] = []
    short = Timing(sqlite_busy=0.1)
    async with (
        open_database(sqlite_url, timing=short) as database,
        open_database(sqlite_url) as other,
    ):
        writer = writer_of(database, lost)
        async with held(other):
            writer.add(entry("U1"))
            writer.add(lookup(1))
            await eventually(lambda: bool(lost))
        writer.add(entry("U2"))
        await writer.flush()

        assert ["U2"] == await users(database)
        assert [(2, "storage", "[SQLITE_BUSY]")] == facts(lost)


async def test_a_full_disk_costs_what_does_not_fit(sqlite_url: str) -> None:
    """It is counted; once there is room again, the next records are stored."""
    lost: list[tuple[int, str, str]] = []
    async with open_database(sqlite_url) as database:
        await store(database, entry("U1"))

        def limit(connection: Any, _record: object, _proxy: object) -> None:
            connection.execute("PRAGMA max_page_count=1")

        event.listen(database._engine, "checkout", limit)
        writer = writer_of(database, lost, NEVER)
        writer.add(*(entry("U2") for _ in range(500)))
        await writer.flush()
        event.remove(database._engine, "checkout", limit)

    async with open_database(sqlite_url) as database:
        await store(database, entry("U3"))
        assert ["U1", "U3"] == await users(database)
        assert [(500, "storage", "[SQLITE_FULL]")] == facts(lost)


async def test_more_than_may_wait_are_lost(database: Database) -> None:
    """The first ones are stored, the others counted, also where they come one by one."""
    lost: list[tuple[int, str, str]] = []
    writer_of(database, lost, NEVER).add(*(entry() for _ in range(MOST_WAITING)))
    assert [] == lost
    writer = writer_of(database, lost, NEVER)
    writer.add(*(entry() for _ in range(MOST_WAITING - 1)))
    writer.add(entry(), entry("U2"), entry("U2"))
    writer.add(entry("U2"))
    await writer.flush()

    assert [(2, "overflow"), (1, "overflow")] == [loss[:2] for loss in lost]
    assert (MOST_WAITING, {"U1"}) == (await entries(database), {*await users(database)})


@pytest.mark.every_database
async def test_a_process_that_is_killed_loses_what_was_not_stored_yet(shared_url: str) -> None:
    """What was stored before stays, of the rest nothing."""
    async with waiting() as process:
        await start(process, "record_and_die", shared_url)
        assert "stored" == await answer(process)
        await process.wait()

    async with open_database(shared_url) as database:
        assert ["stored"] == await users(database)


@pytest.mark.every_database
async def test_text_that_a_database_cannot_store_costs_nobody_a_record(database: Database) -> None:
    """Half of a surrogate pair, or a NUL, becomes a question mark; the others are stored too."""
    writer = writer_of(database, timing=NEVER)
    writer.add(entry("U1"), entry("U\ud800"), entry("U\0"), entry("U2"))
    await writer.flush()

    assert ["U1", "U?", "U?", "U2"] == await users(database)
