"""A connection to SQLite whose end can be asked for more than once.

aiosqlite ends the thread of a connection when `stop` is called, and whoever calls it after that
waits for an answer that nobody gives. SQLAlchemy does so where a transaction is cut off while its
connection is being closed; a process whose loop ends at that moment would never end.

What is opened for a caller who has given up meanwhile reaches nobody who could close it. So the
thread closes at its end whatever it opened.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from threading import Thread
from typing import Any, Final

import aiosqlite

_ROWS_AT_ONCE: Final = 64


class SqliteConnection(aiosqlite.Connection):
    """Ends once: whoever asks again waits for that same end."""

    _is_ending = False
    _end: asyncio.Future[Any] | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread after what it was given to do; done when it has, `None` without a loop."""
        if not self._is_ending:
            self._is_ending = True
            self._end = super().stop()
        return self._end


def sqlite_connection(database: str, **options: Any) -> SqliteConnection:
    """A connection that opens when it is awaited; `options` are those of `sqlite3.connect`."""
    opened: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        opened.append(sqlite3.connect(database, **options))
        return opened[-1]

    connection = SqliteConnection(connect, _ROWS_AT_ONCE)
    work = connection._thread  # noqa: SLF001 - there is no other way to be there at its end
    connection._thread = Thread(  # noqa: SLF001
        target=_to_the_end,
        args=(work.run, opened),
        name=work.name,
        # One that nobody closes does not keep the process alive; SQLAlchemy sees to that as well.
        daemon=True,
    )
    return connection


def _to_the_end(work: Callable[[], None], opened: list[sqlite3.Connection]) -> None:
    try:
        work()
    finally:
        for connection in opened:
            connection.close()
