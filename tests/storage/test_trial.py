"""Trying a database as a start would use it, without a trace."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.domain.timing import Timing
from bot.storage import engines
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.migrations import OLDEST
from bot.storage.schema import EXECUTOR
from bot.storage.trial import Trial, try_database
from tests.storage.older_schema import go_back
from tests.support.postgres_server import PostgresServer

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def noon() -> datetime:
    """The moment of every trial."""
    return NOON


async def tried(url: str) -> Trial:
    """What a trial finds."""
    return await try_database(url, now=noon)


async def test_a_new_file_leaves_nothing(tmp_path: Path) -> None:
    """It is tried beside its place."""
    file = tmp_path / "v.db"
    assert Trial(file=file, new=True) == await tried(f"sqlite:///{file}")
    assert [] == sorted(tmp_path.glob("*"))  # noqa: ASYNC240 - a folder of the test


async def test_a_trial_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a file that has grown, as on a disk that becomes full."""

    def fill(path: Path, **_: object) -> None:
        path.write_bytes(b"x" * 4_096)
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(engines, "prepare_file", fill)
    with pytest.raises(StorageError, match="full"):
        await tried(f"sqlite:///{tmp_path}/v.db")
    assert [] == sorted(tmp_path.glob("*"))  # noqa: ASYNC240 - a folder of the test


async def test_no_file() -> None:
    """A database in memory can always be used."""
    assert Trial(file=None) == await tried("sqlite://")


@pytest.mark.every_database
async def test_tables_are_made_and_taken_back(shared_url: str) -> None:
    """An empty database is as empty afterwards, so a start makes its tables without a conflict."""
    first = await tried(shared_url)
    async with open_database(shared_url):
        pass
    second = await tried(shared_url)
    assert (0, 0) == (first.processes, second.processes)


@pytest.mark.every_database
async def test_living_processes_are_counted(shared_url: str) -> None:
    """Those whose heartbeat is recent, and that have not ended."""
    silence = timedelta(seconds=Timing().silence)
    rows = [
        {"id": "alive", "beats": 3, "at": NOON},
        {"id": "just alive", "beats": 1, "at": NOON - silence + timedelta(seconds=1)},
        {"id": "silent", "beats": 9, "at": NOON - silence},
        {"id": "ended", "beats": -1, "at": NOON},
    ]
    async with open_database(shared_url) as database:
        await _put(database, rows)
        assert 2 == (await tried(shared_url)).processes


async def _put(database: Database, rows: list[dict[str, object]]) -> None:
    values = [{**row, "host": "", "pid": 1} for row in rows]
    await database.write(lambda connection: connection.execute(insert(EXECUTOR), values))


async def test_an_older_database_is_left_alone(tmp_path: Path) -> None:
    """Its own version may be running on it."""
    file = tmp_path / "v.db"
    async with open_database(f"sqlite:///{file}") as database:
        await database.write(go_back)
    await tried(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        (newest,) = connection.execute("SELECT max(number) FROM schema_migration").fetchone()
    assert OLDEST == newest


async def test_a_newer_database(tmp_path: Path) -> None:
    """A start would refuse it, so the trial does."""
    url = f"sqlite:///{tmp_path}/v.db"
    async with open_database(url) as database:
        await database.write(
            lambda connection: connection.exec_driver_sql(
                "INSERT INTO schema_migration (number) VALUES (999)"
            )
        )
    with pytest.raises(StorageError, match="newer version"):
        await tried(url)


async def test_a_missing_folder(tmp_path: Path) -> None:
    """The same error as a start's."""
    with pytest.raises(StorageError, match="does not exist"):
        await tried(f"sqlite:///{tmp_path}/absent/v.db")


async def test_a_user_without_rights(postgres: PostgresServer, postgres_url: str) -> None:
    """Since version 15 of PostgreSQL, not every user may make tables."""
    with postgres.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'r'")
    url = postgres_url.replace(f"voicestatus:{postgres.password}", "reader:r")
    with pytest.raises(StorageError, match="GRANT USAGE, CREATE ON SCHEMA public"):
        await tried(url)
