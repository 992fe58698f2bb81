"""The key of the hash of ids: made once, kept privately, beside the database or in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.hash_key import KEY_BYTES, load_hash_key
from bot.storage.schema import INSTALLATION
from tests.storage.holding import held

pytestmark = pytest.mark.every_database

DAMAGED = ["", "no key at all", "ab" * 31, "ab" * 33, "\u00e9" * 64]


async def test_kept(shared_url: str) -> None:
    """The key is the same after a restart."""
    async with open_database(shared_url) as database:
        key = await load_hash_key(database)
        assert key == await load_hash_key(database)
    async with open_database(shared_url) as database:
        assert key == await load_hash_key(database)
    assert KEY_BYTES == len(key)


async def test_memory() -> None:
    """Each database has a key of its own."""
    async with open_database("sqlite://") as first, open_database("sqlite://") as second:
        key = await load_hash_key(first)
        assert key == await load_hash_key(first)
        assert key != await load_hash_key(second)


async def test_file(sqlite_url: str, tmp_path: Path) -> None:
    """Beside a SQLite file it stands in a file for our user alone, and not in the database."""
    # What a start that died has left.
    (tmp_path / "voicestatus.db.key.new").write_text("half")
    async with open_database(sqlite_url) as database:
        key = await load_hash_key(database)
        rows = select(INSTALLATION)
        assert [] == await database.read(lambda connection: connection.execute(rows).all())
    file = tmp_path / "voicestatus.db.key"
    assert f"{key.hex()}\n" == file.read_text()
    assert 0o600 == file.stat().st_mode & 0o777
    assert not (tmp_path / "voicestatus.db.key.new").exists()


async def test_one_after_the_other(sqlite_url: str, tmp_path: Path) -> None:
    """While another process may be making the key, nobody else does."""
    async with open_database(sqlite_url) as here, open_database(sqlite_url) as there:
        async with held(here):
            task = asyncio.create_task(load_hash_key(there))
            await asyncio.sleep(0.2)
            assert not (tmp_path / "voicestatus.db.key").exists()
        assert await task == await load_hash_key(here)


@pytest.mark.parametrize("content", DAMAGED)
async def test_damaged_file(sqlite_url: str, tmp_path: Path, content: str) -> None:
    """A damaged key is not replaced in silence, and not shown."""
    file = tmp_path / "voicestatus.db.key"
    file.write_text(content, "utf-8")
    async with open_database(sqlite_url) as database:
        with pytest.raises(StorageError, match="key of the hash of ids is damaged") as caught:
            await load_hash_key(database)
    assert "ab" * 31 not in str(caught.value)
    assert content == file.read_text("utf-8")


async def test_damaged_row(postgres_url: str) -> None:
    """The same holds for a row."""
    async with open_database(postgres_url) as database:
        await load_hash_key(database)
        await _damage(database)
        with pytest.raises(StorageError, match="damaged"):
            await load_hash_key(database)


async def _damage(database: Database) -> None:
    damaged = update(INSTALLATION).values(value="nonsense")
    await database.write(lambda connection: connection.execute(damaged))


async def test_unreadable_file(sqlite_url: str, tmp_path: Path) -> None:
    """What the file system refuses is one sentence."""
    (tmp_path / "voicestatus.db.key").mkdir()
    async with open_database(sqlite_url) as database:
        with pytest.raises(StorageError, match="EISDIR"):
            await load_hash_key(database)
