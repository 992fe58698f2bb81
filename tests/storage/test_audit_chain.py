"""The chains of the audit: what the check finds, and what retention and failures leave."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Connection, delete, insert, select, text, update

from bot.domain.audit import AuditEntry
from bot.storage.audit import Audit
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.schema import AUDIT, AUDIT_HEAD
from tests.support.records import AUDIT_KEY

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ROW = AUDIT.c
HEAD = AUDIT_HEAD.c


def entry(minute: int = 0, user: str = "U1") -> AuditEntry:
    """A look-up at that minute after noon."""
    return AuditEntry(
        at=NOON + timedelta(minutes=minute),
        team="T1",
        user=user,
        channel="C1",
        surface="command",
        action="lookup",
        idmsg_hash="0123456789abcdef",
        outcome="answered",
    )


async def store(database: Database, audit: Audit, *minutes: int) -> None:
    """One transaction with an entry for each minute."""
    entries = [entry(minute) for minute in minutes]
    await database.write(lambda connection: audit.add(connection, entries))


async def processes(database: Database, *minutes: tuple[int, ...]) -> list[Audit]:
    """An audit for each process, with its entries."""
    audits = []
    for own in minutes:
        audits.append(Audit(database, AUDIT_KEY))
        await store(database, audits[-1], *own)
    return audits


async def change(database: Database, *statements: object) -> None:
    """What somebody with access to the database does."""

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]

    await database.write(work)


async def problems(database: Database) -> list[str]:
    """What a check finds."""
    return (await Audit(database, AUDIT_KEY).check()).problems


async def test_untouched(database: Database) -> None:
    """Two processes in turn, several transactions each: all is in order."""
    first, second = await processes(database, (0, 1), (2,))
    await store(database, first, 3)
    await store(database, second, 4, 5)
    check = await first.check()
    assert (6, 0, []) == (check.entries, check.unchained, check.problems)


async def test_empty(database: Database) -> None:
    """Without entries there is nothing to find."""
    assert [] == await problems(database)


async def older(database: Database, *, count: int = 1, **more: object) -> None:
    """Entries without a chain, as version 0.1.0 stored them."""
    row = {"at": NOON, "team_id": "T1", "user_id": "U1", "channel_id": "C1", "surface": "command"}
    await change(database, insert(AUDIT).values([row | more | {"action": "lookup"}] * count))


async def test_entries_of_an_older_version_are_counted(database: Database) -> None:
    """As long as there is no chain."""
    await older(database)
    check = await Audit(database, AUDIT_KEY).check()
    assert (0, 1, []) == (check.entries, check.unchained, check.problems)


async def test_entries_of_an_older_version_get_a_chain(
    database: Database, log: io.StringIO
) -> None:
    """Once, at the first entry of this version; and the log says so."""
    await older(database, count=1_001)
    await processes(database, (0,), (1,))
    check = await Audit(database, AUDIT_KEY).check()
    assert (1_003, 0, []) == (check.entries, check.unchained, check.problems)
    assert 1 == log.getvalue().count("sealed from now on")
    assert '"count": 1001' in log.getvalue()
    await change(database, update(AUDIT).where(ROW.id == 1_000).values(user_id="U9"))
    assert 1 == len(await problems(database))


@pytest.mark.parametrize("forged", [0, -5])
async def test_no_entry_is_of_an_older_version_later(database: Database, forged: int) -> None:
    """Whatever its id."""
    await processes(database, (0,))
    await older(database, id=forged)
    assert [f"entry {forged} was added"] == await problems(database)


WRONG_TYPES = {
    "number": ("UPDATE audit SET number = 'x' WHERE id = 1", "entry 1 was changed"),
    "text": ("UPDATE audit SET outcome = x'00' WHERE id = 1", "entry 1 was changed"),
    "no number": ("UPDATE audit SET number = NULL WHERE id = 1", "entry 1 was changed"),
    "no mac": ("UPDATE audit SET mac = x'00' WHERE id = 1", "entry 1 was changed"),
    "head": ("UPDATE audit_head SET last_number = 'x' WHERE chain = 1", "head of chain 1"),
    "list": ("UPDATE audit_head SET last_number = 1000000000000 WHERE chain = 0", "list"),
    "chain": (
        (
            "INSERT INTO audit_head SELECT 9223372036854775807, before_number, last_number,"
            " before_mac, last_mac, before_seal, last_seal FROM audit_head WHERE chain = 1"
        ),
        "head of chain 9223372036854775807",
    ),
}


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """A SQLite database alone."""
    async with open_database(sqlite_url) as opened:
        yield opened


@pytest.mark.parametrize(("statement", "expected"), WRONG_TYPES.values(), ids=WRONG_TYPES)
async def test_values_of_another_type_are_found(
    sqlite: Database, statement: str, expected: str
) -> None:
    """SQLite stores any value in any column; neither the check nor what goes on stops at it."""
    await processes(sqlite, (0, 1))
    await change(sqlite, text(statement))
    assert any(expected in problem for problem in await problems(sqlite))
    audit, *_ = await processes(sqlite, (2,))
    assert any(expected in problem for problem in await problems(sqlite))
    assert 3 == await audit.sweep(NOON + timedelta(minutes=3))
    assert await problems(sqlite)


FRAUDS: dict[str, tuple[Callable[[ColumnElement[int]], object], str]] = {
    "changed": (lambda number: update(AUDIT).where(number == 2).values(user_id="U9"), "changed"),
    "first removed": (lambda number: delete(AUDIT).where(number == 1), "removed"),
    "middle removed": (lambda number: delete(AUDIT).where(number == 2), "removed"),
    "last removed": (lambda number: delete(AUDIT).where(number == 3), "last entries"),
    "inserted": (
        lambda number: update(AUDIT).where(number == 3).values(number=2),
        "changed",
    ),
    "head changed": (
        lambda _: update(AUDIT_HEAD).where(HEAD.chain == 1).values(last_number=2),
        "head",
    ),
    "beginning moved": (
        lambda _: update(AUDIT_HEAD).where(HEAD.chain == 1).values(before_number=1),
        "head",
    ),
    "chain removed": (lambda _: delete(AUDIT_HEAD).where(HEAD.chain == 1), "chain 1 was removed"),
    "newest chain removed": (
        lambda _: delete(AUDIT_HEAD).where(HEAD.chain == 2),
        "chain 2 was removed",
    ),
    "all heads removed": (lambda _: delete(AUDIT_HEAD), "was added"),
    "moved to no chain": (
        lambda number: update(AUDIT).where(number == 2).values(chain=None),
        "was added",
    ),
    "moved to another chain": (
        lambda _: update(AUDIT).values(chain=ROW.chain + 1_000),
        "was added",
    ),
    "inserted behind the end": (
        lambda number: update(AUDIT).where(number == 3).values(number=1_000),
        "was added",
    ),
    "list removed": (lambda _: delete(AUDIT_HEAD).where(HEAD.chain == 0), "list of chains"),
    "list shortened": (
        lambda _: update(AUDIT_HEAD).where(HEAD.chain == 0).values(last_number=1),
        "list of chains",
    ),
}


@pytest.mark.parametrize("fraud", FRAUDS)
async def test_fraud(database: Database, fraud: str) -> None:
    """Whoever changes rows without the key is found out."""
    await processes(database, (0, 1, 2), (3, 4, 5))
    statement, expected = FRAUDS[fraud]
    await change(database, statement(ROW.number))
    found = await problems(database)
    assert any(expected in problem for problem in found), found


async def test_a_fraud_stays_visible(database: Database) -> None:
    """A new process does not repair the list of chains by adding its own."""
    await processes(database, (0,), (1,))
    await change(database, delete(AUDIT_HEAD).where(HEAD.chain == 0))
    await processes(database, (2,))
    assert ["the list of chains was changed"] == await problems(database)


async def test_no_more_than_ten_problems(database: Database) -> None:
    """However much was changed."""
    await processes(database, tuple(range(30)))
    await change(database, update(AUDIT).values(team_id="T9"))
    assert 10 == len(await problems(database))


async def test_retention_leaves_an_anchor(database: Database) -> None:
    """What is deleted by age is missed by nobody; what somebody deletes after it, is."""
    await processes(database, (0, 1, 2), (3, 4))
    audit = Audit(database, AUDIT_KEY)
    assert 2 == await audit.sweep(NOON + timedelta(minutes=2))
    assert [] == await problems(database)
    await change(database, delete(AUDIT).where(ROW.chain == 1))
    assert ["the last entries of chain 1 were removed"] == await problems(database)


async def test_retention_hides_no_fraud(database: Database) -> None:
    """What somebody made old, or changed before it was deleted by age, stays visible."""
    await processes(database, (0, 1, 2), (3,))
    await change(database, update(AUDIT).where(ROW.number == 1).values(at=NOON - timedelta(days=1)))
    assert 1 == await Audit(database, AUDIT_KEY).sweep(NOON)
    assert "the head of chain 1 was changed" in await problems(database)


async def test_retention_goes_on_without_heads(database: Database) -> None:
    """Old entries are deleted, whatever somebody did to their heads."""
    await processes(database, (0, 1))
    await change(database, delete(AUDIT_HEAD))
    assert 2 == await Audit(database, AUDIT_KEY).sweep(NOON + timedelta(minutes=2))


async def test_a_process_does_not_begin_anew_where_entries_are_left(database: Database) -> None:
    """Somebody removed all heads, and moved the entries to chains that are to come."""
    await processes(database, (0, 1))
    moved = update(AUDIT).values(chain=ROW.chain + 1_000)
    await change(database, delete(AUDIT_HEAD), moved)
    await processes(database, (2,))
    assert "the list of chains was changed" in await problems(database)


async def test_a_moment_that_is_none_is_a_problem_of_the_database(database: Database) -> None:
    """SQLite stores any text, and PostgreSQL refuses it; each is an error of ours."""
    await processes(database, (0,))
    with pytest.raises(StorageError):
        await _spoil_and_check(database)


async def _spoil_and_check(database: Database) -> None:
    await change(database, text("UPDATE audit SET at = 'garbage'"))
    await problems(database)


async def test_a_text_that_is_none_is_a_damaged_value(sqlite: Database) -> None:
    """SQLite stores any bytes as one."""
    await processes(sqlite, (0,))
    await change(sqlite, text("UPDATE audit SET outcome = CAST(x'ff' AS TEXT)"))
    with pytest.raises(StorageError, match="stored value"):
        await problems(sqlite)


@pytest.mark.parametrize("moment", ["garbage", "2026-11-22 12:01:00.000000-23:59", 5])
async def test_a_moment_in_another_form_is_none(sqlite: Database, moment: object) -> None:
    """SQLite would sort it elsewhere, and an export since a day would leave it out."""
    await processes(sqlite, (0,))
    await change(sqlite, text("UPDATE audit SET at = :at").bindparams(at=moment))
    audit = Audit(sqlite, AUDIT_KEY)
    with pytest.raises(StorageError):
        await audit.check()
    with pytest.raises(StorageError):
        await audit.sweep(NOON + timedelta(days=9))


async def test_retention_keeps_what_follows_a_kept_entry(database: Database) -> None:
    """A clock that was set back leaves no hole in a chain."""
    await processes(database, (5, 0, 6))
    assert 0 == await Audit(database, AUDIT_KEY).sweep(NOON + timedelta(minutes=3))
    assert 3 == await Audit(database, AUDIT_KEY).sweep(NOON + timedelta(minutes=7))
    assert [] == await problems(database)


async def test_retention_deletes_the_heads_of_chains_without_entries(database: Database) -> None:
    """The oldest ones, not the newest."""
    await processes(database, (0,), (1,), (2, 9), (3,))
    await Audit(database, AUDIT_KEY).sweep(NOON + timedelta(minutes=4))
    heads = await database.read(
        lambda found: found.execute(select(HEAD.chain).order_by(HEAD.chain)).scalars().all()
    )
    assert [0, 3, 4] == list(heads)
    assert [] == await problems(database)


async def test_a_process_whose_head_was_deleted_begins_another_chain(database: Database) -> None:
    """It was silent for longer than the retention."""
    silent, _ = await processes(database, (0,), (1,))
    await Audit(database, AUDIT_KEY).sweep(NOON + timedelta(minutes=2))
    await store(database, silent, 3)
    check = await silent.check()
    assert (1, []) == (check.entries, check.problems)


async def test_a_process_goes_on_after_its_entries_were_deleted(database: Database) -> None:
    """Its chain continues behind the anchor."""
    (own,) = await processes(database, (0, 1))
    await own.sweep(NOON + timedelta(minutes=2))
    await store(database, own, 3)
    check = await own.check()
    assert (1, []) == (check.entries, check.problems)


async def test_after_a_failure_another_chain_begins(database: Database) -> None:
    """Whether or not the last transaction was committed, nothing looks removed."""
    (own,) = await processes(database, (0,))
    with pytest.raises(StorageError):
        await database.write(lambda connection: _fail(connection, own))
    own.begin_anew()
    await store(database, own, 2)
    check = await own.check()
    assert (2, []) == (check.entries, check.problems)


def _fail(connection: Connection, audit: Audit) -> None:
    audit.add(connection, [entry(1)])
    raise StorageError("The disk is full.")


async def test_entries_in_order(database: Database) -> None:
    """All of them, or those since a moment."""
    (own,) = await processes(database, (0, 1, 2))
    assert [entry(0), entry(1), entry(2)] == [one async for one in own.entries()]
    since = NOON + timedelta(minutes=1)
    assert [entry(1), entry(2)] == [one async for one in own.entries(since)]


async def test_more_entries_than_a_page(database: Database) -> None:
    """The check and the export read page by page, and retention deletes so."""
    (own,) = await processes(database, tuple(range(1_500)))
    assert 1_500 == len([one async for one in own.entries()])
    check = await own.check()
    assert (1_500, []) == (check.entries, check.problems)
    assert 1_400 == await own.sweep(NOON + timedelta(minutes=1_400))
    assert [] == await problems(database)


async def test_retention_deletes_entries_without_a_chain(database: Database) -> None:
    """Those of an older version, also before there is any chain."""
    await store(database, Audit(database, AUDIT_KEY), 0)
    await change(database, update(AUDIT).values(chain=None, number=None, mac=None))
    await change(database, delete(AUDIT_HEAD))
    assert 1 == await Audit(database, AUDIT_KEY).sweep(NOON + timedelta(hours=1))
    assert [] == [one async for one in Audit(database, AUDIT_KEY).entries()]


class SweptMeanwhile(Audit):
    """An audit whose oldest entries are deleted after a check has read where its chains begin."""

    swept = 0

    async def _read_heads(self) -> dict[int, Any]:
        heads = await super()._read_heads()
        if not self.swept:
            self.swept = await self.sweep(NOON + timedelta(minutes=1))
        return heads


async def test_retention_during_a_check_is_no_problem(database: Database) -> None:
    """The check begins again."""
    audit = SweptMeanwhile(database, AUDIT_KEY)
    await store(database, audit, 0, 1)
    check = await audit.check()
    assert (1, 1, []) == (audit.swept, check.entries, check.problems)


class StoredMeanwhile(Audit):
    """A process stores an entry while another one checks."""

    stored = False

    async def _read_heads(self) -> Any:
        heads = await super()._read_heads()
        if not self.stored:
            self.stored = True
            await store(self._database, self, 1)
            await processes(self._database, (2,))
        return heads


async def test_what_is_stored_during_a_check_is_no_problem(database: Database) -> None:
    """In a known chain, or in a new one."""
    audit = StoredMeanwhile(database, AUDIT_KEY)
    await store(database, audit, 0)
    check = await audit.check()
    assert (True, 1, []) == (audit.stored, check.entries, check.problems)
