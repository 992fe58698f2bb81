"""What is kept of questions and answers, and what happens when it cannot be."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import Connection

from bot.domain.access import Asker, Refusal
from bot.domain.audit import AuditEntry
from bot.domain.call_status import Answer, Finding, LookupFailure, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.timing import Timing
from bot.services.records import Asked, Records, Surface
from bot.storage.database import open_database
from bot.storage.schema import AUDIT, RECENT
from bot.storage.stores import Stores
from bot.telemetry import Telemetry
from tests.support.records import AUDIT_KEY, recent

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ASKER = Asker(user="U1", channel="C1", team="T1")
ASKED = Asked(team=ASKER.team, user=ASKER.user, channel=ASKER.channel, surface=Surface.MENTION)
IDMSG = "MPG000236180474"
# Nothing is stored before somebody asks for it.
PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Records, and what is stored of them."""

    records: Records
    stores: Stores
    telemetry: Telemetry

    async def entries(self) -> list[AuditEntry]:
        """The audit, oldest first, once everything is stored."""
        await self.stores.records.flush()
        return [*await recent(self.stores.audit, 10)][::-1]

    async def forget_tables(self) -> None:
        """Let every later statement fail."""
        for name in (AUDIT.name, RECENT.name):
            await self.stores.database.write(partial(_drop, name))


def _drop(name: str, connection: Connection) -> None:
    connection.exec_driver_sql(f"DROP TABLE {name}")


@pytest.fixture
async def archive() -> AsyncIterator[Archive]:
    """Records on a database in memory, with a clock that stands."""
    telemetry = Telemetry(b"k" * 32)
    async with open_database("sqlite:///:memory:") as database:
        stores = Stores(
            database,
            key=AUDIT_KEY,
            lost=telemetry.lost,
            timing=Timing(records_kept=PATIENCE_SECONDS),
        )
        records = Records(
            writer=stores.records,
            recents=stores.recents,
            telemetry=telemetry,
            now=lambda: NOW,
        )
        yield Archive(records=records, stores=stores, telemetry=telemetry)


def found(raw: str, idmsg: str = IDMSG) -> Answer:
    """What the gateway said of a call."""
    return answered(read_result(raw), idmsg)


def answered(finding: Finding, idmsg: str = IDMSG) -> Answer:
    """An answer of now."""
    return Answer(message_id=MessageId(idmsg), finding=finding, checked_at=NOW)


async def test_a_look_up_is_kept_twice_once_without_the_id(archive: Archive) -> None:
    """In the audit by its hash, among the person's recent ones in clear."""
    archive.records.looked_up(ASKED, [found("failed:486")])

    # A person sees at once what they have just asked.
    (recent,) = await archive.records.recent(ASKER)
    (entry,) = await archive.entries()
    assert (
        AuditEntry(
            at=NOW,
            team="T1",
            user="U1",
            channel="C1",
            surface="mention",
            action="lookup",
            idmsg_hash=archive.telemetry.hashed(IDMSG),
            outcome="failed",
        )
        == entry
    )
    assert (IDMSG, "failed", NOW) == (recent.idmsg, recent.outcome, recent.at)


async def test_a_look_up_that_failed_is_kept_as_such(archive: Archive) -> None:
    """It says nothing about the call."""
    archive.records.looked_up(ASKED, [answered(LookupFailure(error="empty_result"))])

    (entry,) = await archive.entries()
    assert "lookup_failed" == entry.outcome


async def test_each_id_has_a_row(archive: Archive) -> None:
    """In the order asked."""
    archive.records.looked_up(ASKED, [found("ok:85.00", "A1"), found("024", "B2")])

    assert [("answered", "A1"), ("pending", "B2")] == [
        (entry.outcome, one)
        for entry, one in zip(await archive.entries(), ["A1", "B2"], strict=True)
        if entry.idmsg_hash == archive.telemetry.hashed(one)
    ]


async def test_a_refusal_is_kept_and_counted(archive: Archive) -> None:
    """With its reason; the person has looked nothing up."""
    archive.records.refused(ASKED, Refusal.CHANNEL)

    (entry,) = await archive.entries()
    assert ("refusal", "channel", None) == (entry.action, entry.reason, entry.idmsg_hash)
    assert b'voicestatus_refusals_total{reason="channel"} 1.0' in archive.telemetry.exposition()
    assert () == await archive.records.recent(ASKER)


async def test_a_share_is_kept_for_each_id(archive: Archive) -> None:
    """By its hash."""
    archive.records.acted(ASKED, "share", [MessageId("A1"), MessageId("B2")])

    expected = [("share", archive.telemetry.hashed(one)) for one in ("A1", "B2")]
    assert expected == [(entry.action, entry.idmsg_hash) for entry in await archive.entries()]


async def test_recent_look_ups_are_a_persons_own(archive: Archive) -> None:
    """The same user id of another workspace is another person."""
    archive.records.looked_up(ASKED, [found("ok:85.00")])

    others = [Asker(user="U2", channel="C1", team="T1"), Asker(user="U1", channel="C1", team="T2")]
    assert [(), ()] == [await archive.records.recent(other) for other in others]


async def test_a_database_that_is_away_stops_nothing_and_what_is_lost_is_counted(
    archive: Archive, log: io.StringIO
) -> None:
    """It is an error in the log; the id is in no line."""
    await archive.forget_tables()

    archive.records.looked_up(ASKED, [found("ok:85.00")])
    archive.records.refused(ASKED, Refusal.USER)
    archive.records.acted(ASKED, "share", [MessageId(IDMSG)])

    assert () == await archive.records.recent(ASKER)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    lost = [line for line in lines if line["event"] == "records were not stored"]
    # A look-up is two of them.
    assert [("error", "storage", 4)] == [
        (line["level"], line["error"], line["count"]) for line in lost
    ]
    assert b"voicestatus_records_lost_total 4.0" in archive.telemetry.exposition()
    assert IDMSG not in log.getvalue()
