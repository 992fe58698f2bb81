"""The durable engine's connections to a SQLite file: as its own, but for their commits."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.storage.database import open_database
from bot.storage.engine_connections import close, engine_connections

# sqlite.org/pragma.html#pragma_synchronous
NORMAL, FULL = 1, 2
SYNCHRONOUS = text("PRAGMA synchronous")


async def test_only_what_people_were_told_waits_for_the_disk(tmp_path: Path) -> None:
    """Commits of the engine do not, so nobody who writes waits behind them for it; ours do."""
    file = tmp_path / "voicestatus.db"
    async with open_database(f"sqlite:///{file}") as database:
        engine = engine_connections(file, connections=1)
        with engine.connect() as connection:
            of_engine = connection.execute(SYNCHRONOUS).scalar_one()
        async with database.reading() as awaited:
            of_ours = (await awaited.execute(SYNCHRONOUS)).scalar_one()
        in_threads = await database.read(lambda c: c.execute(SYNCHRONOUS).scalar_one())
        close(engine)

    assert (NORMAL, FULL, FULL) == (of_engine, of_ours, in_threads)


def test_one_that_is_in_use_at_the_end_is_closed_when_it_is_given_back(tmp_path: Path) -> None:
    """A thread that ends late leaves nothing open."""
    engine = engine_connections(tmp_path / "voicestatus.db", connections=2)
    late = engine.connect()
    of_driver = late.connection.dbapi_connection
    assert of_driver is not None
    engine.connect().close()

    close(engine)
    late.close()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        of_driver.cursor()
