"""The ways into a SQLite database: a file, and one in the memory of this process.

SQLite has one writer at a time. It is held for as long as the disk takes to make a commit safe; on
a slow disk a person's click would wait for seconds behind others' commits. So what can be had
again, the moments of the gate and who has which job in hand, is *fleeting*: it is not made safe at
each commit. It survives the death of the process all the same; a loss of power may take back the
latest of it, and leaves the file whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from bot.domain.timing import Timing

# The options of an execution: whether its transaction writes, whether it must outlive a loss of
# power, and what ends its wait for other writers.
WRITES: Final = "voicestatus_writes"
FLEETING: Final = "voicestatus_fleeting"
CHECK: Final = "voicestatus_check"
# sqlite.org/pragma.html#pragma_synchronous
_SAFETY: Final = {False: "FULL", True: "NORMAL"}
# SQLite's own pauses grow to a tenth of a second.
_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.02


@contextmanager
def on_file(file: Path, *, connections: int, timing: Timing) -> Iterator[Engine]:
    """A database in a file, with so many connections at most."""
    with _opened(str(file), connections=connections, timing=timing) as engine:
        yield engine


@contextmanager
def in_memory(*, timing: Timing) -> Iterator[Engine]:
    """A database that lives as long as the block, whatever becomes of the pool's connection."""
    name = f"file:voicestatus-{token_hex(8)}?mode=memory&cache=shared"
    with (
        closing(sqlite3.connect(name, uri=True, check_same_thread=False)),
        _opened(name, connections=1, timing=timing, uri=True) as engine,
    ):
        yield engine


@contextmanager
def _opened(name: str, *, connections: int, timing: Timing, **options: Any) -> Iterator[Engine]:
    def connect() -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(
            name,
            timeout=timing.sqlite_busy,
            isolation_level=None,
            check_same_thread=False,
            **options,
        )
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    def begin(connection: Connection) -> None:
        _begin(connection, timing.sqlite_busy)

    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
    )
    event.listen(engine, "begin", begin)
    try:
        yield engine
    finally:
        close(engine)


def close(engine: Engine) -> None:
    """Close its connections; one that a thread still uses is closed when it is given back."""
    event.listen(engine, "checkin", lambda _, record: record.invalidate())
    engine.dispose()


def _begin(connection: Connection, patience: float) -> None:
    options = connection.get_execution_options()
    if not options.get(WRITES):
        connection.exec_driver_sql("BEGIN")
        return
    safety = _SAFETY[bool(options.get(FLEETING))]
    if connection.info.get("safety") != safety:
        connection.exec_driver_sql(f"PRAGMA synchronous={safety}")
        connection.info["safety"] = safety
    # A transaction that read first and writes later could not wait for another writer's end.
    until, pause = monotonic() + patience, _FIRST_PAUSE
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    try:
        while not _is_alone(connection, last_try=monotonic() >= until):
            options[CHECK]()
            sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")


def _is_alone(connection: Connection, *, last_try: bool) -> bool:
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        # The low byte is the kind; the rest says why, such as another process' recovery.
        if last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
