"""The durable engine's own connections to a SQLite file.

SQLite has one writer at a time, and who waits for it looks again every tenth of a second: where
the engine holds the file for as long as a disk takes to make each of its commits safe, a person's
click can wait for seconds on a slow one. So its commits are not made safe one by one. They survive
the death of the process all the same; a loss of power may take back the latest of them, and then
the keeper sets the alarms again that our own tables, whose commits are made safe, call for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, QueuePool, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

# Nobody waits for the engine, which fails where it cannot write.
_BUSY_SECONDS: Final = 30.0


def engine_connections(file: Path, *, connections: int) -> Engine:
    """So many connections at most, as the engine would make them itself but for their commits.

    End them with `close`; the engine leaves that to whoever made them.
    """
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(file)),
        connect_args={
            "timeout": _BUSY_SECONDS,
            # As it asks for itself: a transaction is alone from its first change.
            "isolation_level": "IMMEDIATE",
            "check_same_thread": False,
        },
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
    )
    event.listen(engine, "connect", _on_connect)
    return engine


def close(engine: Engine) -> None:
    """Close them all; one that is in use is closed when it is given back."""
    event.listen(engine, "checkin", _on_late_return)
    engine.dispose()


def _on_late_return(_connection: object, record: ConnectionPoolEntry) -> None:
    record.invalidate()


def _on_connect(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    # In write-ahead mode the file stays whole with it (sqlite.org/pragma.html#pragma_synchronous).
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
