"""What differs between the databases: SQLAlchemy engines for SQLite and PostgreSQL, and locks.

SQLite allows one writer, and a commit waits for the disk (fsync): on a slow disk, commits of the
jobs blocked users' clicks for seconds. So data whose loss does little harm (blocks of the rate
limit, claims, keys of events) is *fleeting*: its commits do not wait for the disk. It survives a
crash of the process; a power failure may undo the latest of these commits, and does not damage the
file.
"""

from __future__ import annotations

import hashlib
import os
import select as system_select
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, func, select
from sqlalchemy.exc import DisconnectionError

from bot.domain.timing import Timing
from bot.storage.errors import StorageError, failure

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry

# Execution options: whether the transaction writes, whether a power failure may undo it, and what
# aborts its wait for other writers.
WRITES: Final = "voicestatus_writes"
FLEETING: Final = "voicestatus_fleeting"
CHECK: Final = "voicestatus_check"
# sqlite.org/pragma.html#pragma_synchronous
_SAFETY: Final = {False: "FULL", True: "NORMAL"}
# SQLite's own busy handler sleeps up to a tenth of a second between attempts.
_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.02

_CONNECT_SECONDS: Final = 5
# Without it TCP would notice only after hours that a server has disappeared.
_UNACKNOWLEDGED_MS: Final = 10_000


def prepare_file(path: Path, *, patience_seconds: float) -> None:
    """Create the file if there is none (mode 0600), and set write-ahead logging. Blocks.

    With it readers do not wait for a writer (sqlite.org/wal.html). The setting is stored in the
    file. A file that was made for nothing is removed.

    Raises:
        StorageError: write-ahead logging does not work there, as on a network share.
        OSError: the file cannot be opened or created.
        sqlite3.Error: it is no database, or another process locks it for longer than that.
    """
    is_new = _touched(path)
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            _set_write_ahead(connection, path, patience_seconds)
    except (StorageError, sqlite3.Error) as error:
        # A process that locks the file meanwhile goes on to use it.
        if is_new and not _is_locked(error) and not path.stat().st_size:
            path.unlink()
        raise


def try_new_file(path: Path, *, patience_seconds: float) -> bool:
    """Whether there is no file yet, but one could be made there. Blocks; see `prepare_file`.

    That is tried beside it: a bot that starts meanwhile would use it, and lose it.
    """
    if path.exists():
        return False
    beside = Path(f"{os.path.realpath(path)}.trial-{token_hex(4)}")
    try:
        prepare_file(beside, patience_seconds=patience_seconds)
    finally:
        with suppress(OSError):
            beside.unlink()
    return True


def _touched(path: Path) -> bool:
    """Whether the file had to be created; SQLite's own beside it get the same mode."""
    flags = os.O_RDWR | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags | os.O_NONBLOCK))
    except FileNotFoundError:
        os.close(os.open(path, flags | os.O_CREAT, 0o600))
        return True
    return False


def _set_write_ahead(connection: sqlite3.Connection, path: Path, patience: float) -> None:
    """Set it, with an exclusive lock, for which SQLite does not wait in every case."""
    try:
        found = _once_unlocked(connection, "PRAGMA journal_mode=WAL", patience).fetchone()
        answer = str(found[0]).lower()
    except sqlite3.OperationalError as error:
        if not (_is_locked(error) and _is_free(connection)):
            raise
        answer = error.sqlite_errorname
    if answer != "wal":
        raise failure("share", f"journal_mode: {answer}", path)


def _is_locked(error: Exception) -> bool:
    # The low byte is the primary result code; the rest is the reason, such as recovery.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _is_free(connection: sqlite3.Connection) -> bool:
    """Whether no other connection, not even a reader, holds a lock on the file."""
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    connection.execute("ROLLBACK")
    return True


def _once_unlocked(
    driver: sqlite3.Connection, statement: str, patience: float, check: Callable[[], object] = bool
) -> sqlite3.Cursor:
    """Execute this once no other connection prevents it; `check` is called before each wait."""
    until, pause = monotonic() + patience, _FIRST_PAUSE
    while True:
        is_last = monotonic() >= until
        try:
            return driver.execute(statement)
        except sqlite3.OperationalError as error:
            if is_last or not _is_locked(error):
                raise
        check()
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


@contextmanager
def in_memory(*, timing: Timing) -> Iterator[Engine]:
    """A database that exists as long as the block, even if the pool replaces its connection."""
    name = f"file:voicestatus-{token_hex(8)}?mode=memory&cache=shared"
    with (
        closing(sqlite3.connect(name, uri=True, check_same_thread=False)),
        on_file(name, connections=1, timing=timing, uri=True) as engine,
    ):
        yield engine


@contextmanager
def on_file(
    file: Path | str, *, connections: int, timing: Timing, **options: Any
) -> Iterator[Engine]:
    """A database in a file, with at most so many connections; the options are sqlite3's."""

    def connect() -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(
            file,
            timeout=timing.sqlite_busy,
            isolation_level=None,
            check_same_thread=False,
            **options,
        )
        connection.execute("PRAGMA foreign_keys=ON")
        # What is deleted or erased is overwritten (sqlite.org/pragma.html#pragma_secure_delete).
        connection.execute("PRAGMA secure_delete=ON")
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
    """Close its connections; one that a thread still uses is closed when it is returned."""
    event.listen(engine, "checkin", lambda _, record: record.invalidate())
    engine.dispose()


def _begin(connection: Connection, patience: float) -> None:
    options = connection.get_execution_options()
    # The driver itself takes a twentieth of SQLAlchemy's time for each statement.
    driver: Any = connection.connection.dbapi_connection
    if not options.get(WRITES):
        driver.execute("BEGIN")
        return
    safety = _SAFETY[bool(options.get(FLEETING))]
    if connection.info.get("safety") != safety:
        driver.execute(f"PRAGMA synchronous={safety}")
        connection.info["safety"] = safety
    # BEGIN IMMEDIATE: a transaction that reads first cannot wait for another writer later.
    driver.execute("PRAGMA busy_timeout=0")
    try:
        _once_unlocked(driver, "BEGIN IMMEDIATE", patience, options[CHECK])
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")


@contextmanager
def on_server(address: URL, *, connections: int) -> Iterator[Engine]:
    """A database of a PostgreSQL server, with at most so many connections."""
    arguments = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _UNACKNOWLEDGED_MS,
        # Prepared statements would not survive a pooler that shares connections by transaction.
        "prepare_threshold": None,
    }
    try:
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            connect_args=arguments,
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
        )
    except ImportError:
        raise failure("no_driver", "psycopg") from None
    event.listen(engine, "checkout", _on_checkout)
    try:
        yield engine
    finally:
        close(engine)


def _on_checkout(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Replace a connection that the server has closed, without the round trip of a test query.

    Unrequested data from the server means that it is closing the connection. Before the first
    query it may only be the rest of the handshake.
    """
    poll = system_select.poll()
    poll.register(connection.fileno(), system_select.POLLIN)
    if record.info.get("used") and poll.poll(0):
        raise DisconnectionError
    record.info["used"] = True


def take_lock(connection: Connection, *name: str) -> None:
    """Take the lock of this name until the end of the transaction, once no other one has it.

    The transaction's own deadline ends the wait. SQLite allows one writer, so a write transaction
    already excludes all others. PostgreSQL has advisory locks; those of a transaction also work
    through a connection pooler, and end when the process dies.

    Args:
        connection: in a write transaction.
        name: the parts of the lock's name.
    """
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256("\0".join(("voicestatus", *name)).encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(key)))
