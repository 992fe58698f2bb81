"""What is handed out and erased about a person or a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.domain.audit import AuditEntry
from bot.domain.call_status import read_result
from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bounds, Watch
from bot.storage.database import Database
from bot.storage.personal_data import PersonalData, Subject
from bot.storage.preferences import Scope
from bot.storage.records import RecentLookup
from bot.storage.schema import AUDIT, BULK_ITEM, CONVERSATION, EXECUTOR, METADATA
from bot.storage.stores import Stores
from tests.support.records import AUDIT_KEY

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BOUNDS = Bounds(user=9, channel=9, all=9)
OWN, OTHER = MessageId("MPG1"), MessageId("MPG2")
ALL = (
    "audit",
    "bulk",
    "bulk_ignored",
    "bulk_item",
    "conversation",
    "preference",
    "recent",
    "watch",
)
# The others name nobody; the keys of `seen_event` are hashes.
NO_PERSON = {
    "audit_head",
    "executor",
    "gate",
    "gate_holder",
    "installation",
    "notice",
    "seen_event",
}


def hashed(idmsg: str) -> str:
    """As the audit has it."""
    return f"hash-of-{idmsg}"


async def filled(database: Database) -> Stores:
    """Two people of a workspace, who did the same, with the same calls."""
    stores = Stores(database, key=AUDIT_KEY, lost=print)
    for user in ("U1", "U2"):
        place = Destination(team="T1", channel="D1" if user == "U1" else "C2")
        await stores.preferences.set_language(Scope.USER, "T1", user, "en")
        stores.records.add(
            *(
                RecentLookup(team="T1", user=user, idmsg=one.value, outcome="answered", at=NOON)
                for one in (OWN, OTHER)
            ),
            AuditEntry(
                at=NOON,
                team="T1",
                user=user,
                channel=place.channel,
                surface="list",
                action="lookup",
                idmsg_hash=f"{hashed('MPG1')} {hashed('MPG2')}",
                outcome="answered failed",
            ),
            # Direct messages to a person, by the person's id.
            AuditEntry(
                at=NOON, team="T1", user=user, channel=user, surface="list", action="result"
            ),
        )
        watch = Watch(
            id=f"watch{user}",
            user=user,
            destination=place,
            message_id=OWN,
            started_at=NOON,
            due_at=NOON,
            expires_at=NOON + timedelta(hours=1),
        )
        await stores.watches.add([watch], BOUNDS)
        bulk = Bulk(
            id=f"bulk{user}",
            user=user,
            destination=place,
            total=2,
            doubles=0,
            ignored=1,
            started_at=NOON,
            due_at=NOON,
        )
        line = IgnoredLine(number=3, text="?", problem=LineProblem.NO_ID)
        await stores.bulks.add(bulk, [OWN, OTHER], [line], BOUNDS)
    # A direct conversation of U1, and those of U2 with its name.
    channels = [
        {"channel_id": name, "open_at": 0.0, "closed_until": 0.0} for name in ("D1", "U2", "C2")
    ]
    await database.write(lambda found: found.execute(CONVERSATION.insert(), channels))
    await stores.records.flush()
    return stores


def personal(stores: Stores) -> PersonalData:
    """What is tested."""
    return PersonalData(stores, key=AUDIT_KEY, hashed=hashed)


async def tables(stores: Stores, subject: Subject) -> dict[str, int]:
    """How many rows of which table are handed out."""
    counts: dict[str, int] = {}
    async for table, _ in personal(stores).export(subject):
        counts[table] = counts.get(table, 0) + 1
    return dict(sorted(counts.items()))


OF_PERSON = dict(zip(ALL, (2, 1, 1, 2, 1, 1, 2, 1), strict=True))
OF_CALL = {"audit": 2, "bulk_item": 2, "recent": 2, "watch": 2}


async def test_a_person_gets_all_rows_of_theirs(database: Database) -> None:
    """And none of somebody else's, nor of another workspace."""
    stores = await filled(database)
    assert OF_PERSON == await tables(stores, Subject(team="T1", user="U1"))
    assert {} == await tables(stores, Subject(team="T2", user="U1"))
    assert {} == await tables(stores, Subject(team="T1", user="U3"))


async def test_a_call_gets_all_rows_of_its_id(database: Database) -> None:
    """Whoever asked about it; the audit by the hash."""
    stores = await filled(database)
    assert OF_CALL == await tables(stores, Subject(team="T1", message_id=OWN))
    assert {} == await tables(stores, Subject(team="T2", message_id=OWN))


async def test_rows_can_be_written_as_json(database: Database) -> None:
    """Moments are text."""
    stores = await filled(database)
    exported = personal(stores).export(Subject(team="T1", user="U1"))
    rows = {table: row async for table, row in exported}
    assert "2026-11-23T12:00:00+00:00" == rows["recent"]["at"]
    assert "U1" == rows["watch"]["user_id"]


async def test_a_person_is_erased(database: Database) -> None:
    """The audit keeps the deed under an alias, in a chain that is still in order."""
    stores = await filled(database)
    person = Subject(team="T1", user="U1")
    assert OF_PERSON == dict(sorted((await personal(stores).erase(person)).items()))

    assert {"audit": 2} == await tables(stores, person)
    assert OF_PERSON == await tables(stores, replace(person, user="U2"))
    rows = await database.read(
        lambda found: found.execute(select(AUDIT).order_by(AUDIT.c.id)).all()
    )
    own = AUDIT_KEY.alias("U1")
    expected = [(own, AUDIT_KEY.alias("D1")), (own, own), ("U2", "C2"), ("U2", "U2")]
    assert expected == [(row.user_id, row.channel_id) for row in rows]
    assert [] == (await stores.audit.check()).problems
    assert None is await stores.preferences.language(Scope.USER, "T1", "U1")


async def test_a_call_is_erased(database: Database) -> None:
    """Lists keep their other calls, and neither ask about it nor store an answer any more."""
    stores = await filled(database)
    (asked, _) = await stores.bulks.unasked("bulkU1", 10)
    answered = replace(asked, finding=read_result("failed:486 5511987654321"), checked_at=NOON)
    await stores.bulks.write_answers("bulkU1", [answered], once_more={0})
    call = Subject(team="T1", message_id=OWN)
    assert OF_CALL | {"audit": 0} == await personal(stores).erase(call)

    assert {"audit": 2} == await tables(stores, call)
    unasked = await stores.bulks.unasked("bulkU1", 10)
    assert [OTHER] == [item.message_id for item in unasked]
    await stores.bulks.write_answers("bulkU1", [answered])
    (first, _) = [item async for item in stores.bulks.items("bulkU1")]
    assert (MessageId("ERASED"), None, None) == (first.message_id, first.finding, first.checked_at)
    ids = select(BULK_ITEM.c.idmsg).order_by(BULK_ITEM.c.bulk_id, BULK_ITEM.c.position)
    stored = await database.read(lambda found: found.execute(ids).scalars().all())
    assert ["ERASED", "MPG2"] * 2 == list(stored)


def test_every_table_is_thought_of() -> None:
    """A table either belongs to what is erased, or names nobody."""
    assert {*ALL} | NO_PERSON | {"schema_migration"} == {*METADATA.tables}


async def test_a_conversation_is_found_after_an_erasure(database: Database) -> None:
    """The channel of direct messages is known from the audit; a public one stays."""
    stores = await filled(database)
    for user in ("U1", "U2"):
        await personal(stores).erase(Subject(team="T1", user=user))
    left = select(CONVERSATION.c.channel_id)
    assert ["C2"] == await database.read(lambda found: [*found.execute(left).scalars()])


@pytest.mark.parametrize(("beats", "runs"), [(3, True), (0, True), (-1, False)])
async def test_records_may_follow_while_a_bot_runs(
    database: Database, beats: int, *, runs: bool
) -> None:
    """One that has said its end writes nothing any more."""
    stores = await filled(database)
    assert not await personal(stores).may_be_written()
    process = {"id": "e1", "host": "", "pid": 1, "beats": beats, "at": NOON}
    await database.write(lambda found: found.execute(EXECUTOR.insert(), process))
    assert runs == await personal(stores).may_be_written()
