"""What is past its retention goes, at the start and every hour; a database away is tried again."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.domain.audit import AuditEntry
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bounds, Watch
from bot.services.housekeeping import EVENTS_KEPT, repeated, sweep
from bot.storage.audit import Audit
from bot.storage.claims import SeenEvents
from bot.storage.database import Database, open_database
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches
from bot.storage.records import RecentLookup, Recents
from bot.storage.schema import SEEN_EVENT
from bot.storage.stores import Stores
from tests.support.records import AUDIT_KEY, recent, store

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
KEPT = timedelta(days=90)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """A database in memory."""
    async with open_database("sqlite:///:memory:") as opened:
        yield opened


async def swept(database: Database, kept: timedelta = KEPT) -> int:
    """How many rows go from a bot that keeps look-ups for so long."""
    return await sweep(Stores(database, key=AUDIT_KEY, lost=print), kept, lambda: NOW)


async def fill(database: Database, at: datetime, name: str) -> None:
    """One row of that moment in the audit and among the recent look-ups."""
    entry = AuditEntry(
        at=at, team="T1", user=name, channel="C1", surface="command", action="refusal"
    )
    recent = RecentLookup(team="T1", user="U1", idmsg=name, outcome="failed", at=at)
    await store(database, entry, recent)


async def test_what_is_older_than_the_retention_goes(database: Database) -> None:
    """The rest stays; the number of rows is told."""
    await fill(database, NOW - KEPT - SECOND, "old")
    await fill(database, NOW - KEPT + SECOND, "young")

    assert 2 == await swept(database)
    assert ["young"] == [entry.user for entry in await recent(Audit(database, AUDIT_KEY), 9)]
    assert ["young"] == [one.idmsg for one in await Recents(database).of("T1", "U1")]
    assert 0 == await swept(database)


async def test_events_are_remembered_for_as_long_as_slack_repeats_them(database: Database) -> None:
    """A day and an hour, whatever the retention."""
    seen = SeenEvents(database)
    await seen.new_of(["old"], NOW - EVENTS_KEPT - SECOND)
    await seen.new_of(["young"], NOW - EVENTS_KEPT + SECOND)

    assert 1 == await swept(database)
    assert {"old"} == await seen.new_of(["old", "young"], NOW)


async def end_jobs(database: Database, at: datetime, name: str) -> None:
    """A watch and a list of that name, over since that moment."""
    place = Destination(team="T1", channel="C1")
    watch = Watch(
        id=name,
        message_id=MessageId(name),
        user="U1",
        destination=place,
        started_at=at,
        expires_at=at,
        due_at=at,
        ended_at=at,
    )
    bulk = Bulk(
        id=name,
        user="U1",
        destination=place,
        name="",
        total=1,
        doubles=0,
        ignored=0,
        started_at=at,
        due_at=at,
        ended_at=at,
    )
    await Watches(database).add([watch], Bounds(user=9, channel=9, all=9))
    await Bulks(database).add(bulk, [watch.message_id], (), Bounds(user=9, all=9))


@pytest.mark.parametrize(("kept", "days"), [(KEPT, 7), (timedelta(days=3), 3)])
async def test_watches_and_lists_go_a_week_after_their_end(
    database: Database, kept: timedelta, days: int
) -> None:
    """They hold ids in clear; a shorter retention holds for them as well."""
    await end_jobs(database, NOW - timedelta(days=days) - SECOND, "old")
    await end_jobs(database, NOW - timedelta(days=days) + SECOND, "young")

    # The watch, the list, and the call that is in it.
    assert 3 == await swept(database, kept)
    watches, bulks = Watches(database), Bulks(database)
    left = [(await watches.get(name), await bulks.get(name)) for name in ("old", "young")]
    assert [(False, False), (True, True)] == [(bool(one), bool(other)) for one, other in left]


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds.

    Raises:
        TimeoutError: it did not within 30 seconds.
    """
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - a log tells nobody when it is written to
            await asyncio.sleep(0.01)


async def test_it_goes_on_when_the_database_comes_back(
    database: Database, log: io.StringIO
) -> None:
    """A failure is logged and tried again at the next turn."""
    away = f"ALTER TABLE {SEEN_EVENT.name} RENAME TO away"
    await database.write(lambda connection: connection.exec_driver_sql(away))
    async with repeated(partial(swept, database), every=0.01, trouble="nothing could be swept"):
        await eventually(lambda: "nothing could be swept" in log.getvalue())

        back = f"ALTER TABLE away RENAME TO {SEEN_EVENT.name}"
        await database.write(lambda connection: connection.exec_driver_sql(back))
        await eventually(lambda: '"swept"' in log.getvalue())
