"""From an empty or older database to the schema of the code; a newer one is refused."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, inspect, select, text

from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.migrations import OLDEST, load_migrations, migrate
from bot.storage.schema import SCHEMA_MIGRATION, SEEN_EVENT, Hashed
from tests.storage.older_schema import go_back

pytestmark = pytest.mark.every_database

NEWEST = OLDEST + len(load_migrations())


def described(connection: Connection) -> dict[str, Any]:
    """What there is in a database, in the words of its own catalog."""
    found = MetaData()
    found.reflect(connection)
    return {name: _described(connection, name) for name in found.tables}


def _described(connection: Connection, name: str) -> dict[str, Any]:
    inspector = inspect(connection)
    return {
        "columns": {
            column["name"]: (str(column["type"]), column["nullable"])
            for column in inspector.get_columns(name)
        },
        "key": inspector.get_pk_constraint(name)["constrained_columns"],
        "indexes": {
            index["name"]: (
                index["column_names"],
                index["unique"],
                [str(option) for option in index.get("dialect_options", {}).values()],
            )
            for index in inspector.get_indexes(name)
        },
    }


async def numbers(database: Database) -> list[int]:
    """The migrations that the database says it has."""
    numbers_of = select(SCHEMA_MIGRATION.c.number)
    return [*await database.read(lambda connection: connection.scalars(numbers_of).all())]


async def test_schema(database: Database) -> None:
    """A database of version 0.1.0 gets the tables that an empty one gets."""

    def work(connection: Connection) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        new = described(connection)
        go_back(connection)
        older = described(connection)
        migrate(connection)
        return new, older, described(connection)

    new, older, migrated = await database.write(work)
    assert new == migrated
    assert new != older
    assert [*range(1, NEWEST + 1)] == await numbers(database)


async def test_what_need_not_be_kept(database: Database) -> None:
    """Names of files go at the end of a list, and keys that contain ids become their hashes."""
    at = "'2026-11-23 10:00:00'"
    same = f"'U1', 'T1', 'C1', '', {at}, {at}, 'reported', 0, 0, FALSE, 'Ana.csv', 1, 0, 0"
    columns = (
        "id, user_id, team_id, channel_id, thread_ts, started_at, due_at, state, turn, attempts, "
        "doubtful, name, total, doubles, ignored, ended_at"
    )
    click, post = "share:C1:U1:1.1:MPG1", "d41d8cd98f00b204e9800998ecf8427e"

    def work(connection: Connection) -> tuple[set[str], set[str]]:
        go_back(connection)
        for name, ended in (("open", "NULL"), ("over", at)):
            row = f"INSERT INTO bulk ({columns}) VALUES ('{name}', {same}, {ended})"
            connection.exec_driver_sql(row)
        for key in (click, post):
            connection.exec_driver_sql(f"INSERT INTO seen_event VALUES ('{key}', {at})")
        migrate(connection)
        keys = connection.scalars(select(SEEN_EVENT.c.event_key))
        names = connection.scalars(text("SELECT id || name FROM bulk"))
        return set(keys), set(names)

    assert ({Hashed.of(click), post}, {"openAna.csv", "over"}) == await database.write(work)


async def test_once(shared_url: str) -> None:
    """A database that was migrated is left as it is."""
    for _ in range(2):
        async with open_database(shared_url) as database:
            assert [NEWEST] == await numbers(database)


async def test_others(shared_url: str) -> None:
    """A table of another application is not taken for one of ours."""
    async with open_database(shared_url) as database:
        gone = text("DROP TABLE schema_migration")
        await database.write(lambda connection: connection.execute(gone))
    with pytest.raises(StorageError):
        async with open_database(shared_url):
            pass


async def test_too_old(shared_url: str) -> None:
    """A database from before version 0.1.0 is refused."""
    async with open_database(shared_url) as database:
        change = SCHEMA_MIGRATION.update().values(number=OLDEST - 1)
        await database.write(lambda connection: connection.execute(change))
    with pytest.raises(StorageError, match="older than version") as caught:
        async with open_database(shared_url):
            pass
    assert "schema 3, known from 4" == caught.value.fact


async def test_older(shared_url: str) -> None:
    """A database of an older version gets what is missing, and keeps what it had."""
    row = text("INSERT INTO installation VALUES ('a', 'b')")
    async with open_database(shared_url) as database:
        await database.write(lambda connection: connection.execute(row))
    later = (*load_migrations(), ("ALTER TABLE installation ADD COLUMN extra TEXT",))
    found = text("SELECT name, value, extra FROM installation")
    async with open_database(shared_url, migrations=later) as database:
        rows = await database.read(lambda connection: connection.execute(found).all())
        assert [("a", "b", None)] == [tuple(row) for row in rows]
        assert [NEWEST, NEWEST + 1] == await numbers(database)


async def test_newer(shared_url: str) -> None:
    """A database of a newer version is refused by a sentence that says what to do."""
    later = (*load_migrations(), ("CREATE TABLE later (x TEXT)",))
    async with open_database(shared_url, migrations=later):
        pass
    with pytest.raises(StorageError, match="made by a newer version of the bot") as caught:
        async with open_database(shared_url):
            pass
    assert f"schema {NEWEST + 1}, known up to {NEWEST}" == caught.value.fact


async def test_failed(shared_url: str) -> None:
    """A migration that fails leaves nothing of itself, so that the next start begins anew."""
    wrong = (*load_migrations(), ("CREATE TABLE half (x TEXT)", "CREATE NONSENSE"))
    with pytest.raises(StorageError):
        async with open_database(shared_url, migrations=wrong):
            pass
    async with open_database(shared_url) as database:
        assert "half" not in await database.read(described)
