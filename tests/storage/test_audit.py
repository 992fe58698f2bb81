from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from bot.domain.audit import AuditEntry
from bot.storage.audit import Audit
from bot.storage.database import Database
from bot.storage.schema import AUDIT
from tests.support.records import AUDIT_KEY, recent, store

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
REFUSED = AuditEntry(
    at=NOON,
    team="T1",
    user="U1",
    channel="C1",
    surface="command",
    action="refusal",
    reason="channel",
)
ASKED = AuditEntry(
    at=NOON,
    team="T1",
    user="U1",
    channel="C1",
    surface="shortcut",
    action="lookup",
    idmsg_hash="0123456789abcdef",
    outcome="answered",
)


async def test_record(database: Database) -> None:
    """An entry comes back as it was recorded."""
    audit = Audit(database, AUDIT_KEY)
    await store(database, REFUSED)
    assert (REFUSED,) == await recent(audit, 10)


async def test_order(database: Database) -> None:
    """The newest entry stands first; of equal moments the one that came last."""
    audit = Audit(database, AUDIT_KEY)
    late = replace(ASKED, at=NOON + timedelta(seconds=1))
    for entry in (late, REFUSED, ASKED):
        await store(database, entry)
    assert (late, ASKED, REFUSED) == await recent(audit, 10)


async def test_limit(database: Database) -> None:
    """No more entries come than were asked for."""
    audit = Audit(database, AUDIT_KEY)
    for entry in (REFUSED, ASKED):
        await store(database, entry)
    assert (ASKED,) == await recent(audit, 1)


async def test_zone(database: Database) -> None:
    """A moment of another zone comes back in UTC."""
    audit = Audit(database, AUDIT_KEY)
    brasilia = timezone(timedelta(hours=-3))
    await store(database, replace(ASKED, at=datetime(2026, 11, 23, 9, 0, tzinfo=brasilia)))
    (entry,) = await recent(audit, 1)
    assert datetime(2026, 11, 23, 12, 0, tzinfo=UTC) == entry.at
    assert UTC == entry.at.tzinfo


async def test_no_zone(database: Database) -> None:
    """A moment without a zone is a mistake of ours, and no trouble of the database."""
    with pytest.raises(StatementError, match="without a zone"):
        await store(database, replace(ASKED, at=NOON.replace(tzinfo=None)))


async def test_sweep(database: Database) -> None:
    """What is older is deleted and counted; the moment itself stays."""
    audit = Audit(database, AUDIT_KEY)
    for minutes in (0, 1, 2):
        await store(database, replace(ASKED, at=NOON + timedelta(minutes=minutes)))
    assert 2 == await audit.sweep(NOON + timedelta(minutes=2))
    assert [NOON + timedelta(minutes=2)] == [entry.at for entry in await recent(audit, 10)]


async def test_sweep_in_batches(database: Database) -> None:
    """Five entries go in batches of two."""
    audit = Audit(database, AUDIT_KEY)
    for _ in range(5):
        await store(database, ASKED)
    assert 5 == await database.sweep(AUDIT.c.at, NOON + timedelta(seconds=1), batch=2)
    assert () == await recent(audit, 10)
