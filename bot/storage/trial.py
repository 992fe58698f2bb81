"""Whether a bot could use the database, tried without a trace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, func, select

from bot.domain.timing import Timing
from bot.storage.database import connected, file_of, read_database_url
from bot.storage.engines import try_new_file
from bot.storage.errors import translated
from bot.storage.migrations import is_current, is_of_older_engine, migrate
from bot.storage.schema import AUDIT, EXECUTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A database that a bot could use.

    Attributes:
        file: that of SQLite; `None` for one in memory and for PostgreSQL.
        new: whether the file does not exist yet.
        processes: how many processes of the bot use the database at the moment.
        audited: whether it has an audit that can be checked.
    """

    file: Path | None
    new: bool = False
    processes: int = 0
    audited: bool = False


class _UndoneError(Exception):
    """The trial succeeded; its transaction is rolled back."""

    def __init__(self, processes: int, *, audited: bool) -> None:
        super().__init__()
        self.processes, self.audited = processes, audited


async def try_database(
    url: str, *, now: Callable[[], datetime], timing: Timing = Timing()
) -> Trial:
    """Try all that `open_database` does, and undo it.

    Args:
        url: the setting DATABASE_URL.
        now: the present moment, aware, UTC.
        timing: how long it waits for what.

    Raises:
        StorageError: a bot could not use the database.
    """
    file = file_of(read_database_url(url))
    if file is not None:
        with translated(file):
            if await asyncio.to_thread(try_new_file, file, patience_seconds=timing.sqlite_busy):
                return Trial(file=file, new=True)
    lately = now() - timedelta(seconds=timing.silence)
    async with connected(url, timing) as database:
        try:
            await database.write(partial(_try, lately))
        except _UndoneError as undone:
            return Trial(file=file, processes=undone.processes, audited=undone.audited)
    raise AssertionError  # pragma: no cover - the work always raises


def _try(lately: datetime, connection: Connection) -> None:
    entries = select(func.count()).select_from(AUDIT)
    audited = is_current(connection) and bool(connection.execute(entries).scalar_one())
    # A database of 0.1.0 may be in use by that version, which the migration would hold up.
    if not is_of_older_engine(connection):
        migrate(connection)
    alive = select(func.count()).select_from(EXECUTOR)
    alive = alive.where(EXECUTOR.c.beats >= 0, EXECUTOR.c.at > lately)
    raise _UndoneError(connection.execute(alive).scalar_one(), audited=audited)
