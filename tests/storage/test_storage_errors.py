"""One error for all that can go wrong with a database, without a word of the layers below."""

from __future__ import annotations

import errno
import io
import json
import logging
import sqlite3
import traceback
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InvalidRequestError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from bot.storage.database import Database, open_database
from bot.storage.errors import FailureLogged, StorageError, translated
from tests.support.postgres_server import PostgresServer

SECRET = "C4NARY"


def of_sqlite(name: str) -> sqlite3.Error:
    """An error as the sqlite3 module raises it."""
    error = sqlite3.OperationalError(SECRET)
    error.sqlite_errorname = name
    return error


def of_postgresql(sqlstate: str) -> DBAPIError:
    """An error of a statement as SQLAlchemy raises it."""
    return DBAPIError("SELECT", {"a": SECRET}, psycopg.errors.lookup(sqlstate)(SECRET))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError(SECRET), "did not answer in time. [TimeoutError]"),
        (NoConnectionFreeError(SECRET), "did not answer in time. [no connection free]"),
        (PermissionError(SECRET), "could not be used. [PermissionError]"),
        (UnicodeEncodeError("utf-8", SECRET, 0, 1, SECRET), "be used. [UnicodeEncodeError]"),
        (
            OSError(errno.EACCES, SECRET),
            "file of the database may not be read or written by this user. [EACCES]",
        ),
        (OSError(errno.EPERM, SECRET), "may not be read or written by this user. [EPERM]"),
        (OSError(errno.EROFS, SECRET), "may not be read or written by this user. [EROFS]"),
        (OSError(errno.ENOSPC, SECRET), "disk of the database is full. [ENOSPC]"),
        (OSError(errno.EIO, SECRET), "could not be used. [EIO]"),
        (ArgumentError(SECRET), "option in DATABASE_URL is not understood. [ArgumentError]"),
        (of_sqlite("SQLITE_BUSY"), "Another process holds the database. [SQLITE_BUSY]"),
        (of_sqlite("SQLITE_READONLY"), "may not be written by this user. [SQLITE_READONLY]"),
        # Extended codes begin with the plain one.
        (of_sqlite("SQLITE_BUSY_SNAPSHOT"), "holds the database. [SQLITE_BUSY_SNAPSHOT]"),
        (of_sqlite("SQLITE_FULL"), "disk of the database is full. [SQLITE_FULL]"),
        (of_sqlite("SQLITE_RANGE"), "could not be used. [SQLITE_RANGE]"),
        (sqlite3.ProgrammingError(SECRET), "could not be used. [ProgrammingError]"),
        (of_postgresql("42501"), "user lacks a right. [SQLSTATE 42501]"),
        (of_postgresql("53100"), "no room left. [SQLSTATE 53100]"),
        (of_postgresql("57P01"), "shutting down or starting. [SQLSTATE 57P01]"),
        (of_postgresql("22012"), "could not be used. [SQLSTATE 22012]"),
        # A statement that failed without a code.
        (DBAPIError("SELECT", {}, psycopg.DataError(SECRET)), "not be used. [DataError]"),
        # No code and no statement: the connection was not made.
        (
            OperationalError(None, None, psycopg.OperationalError(SECRET)),
            "refuses the user, the password or the name of the database. [OperationalError]",
        ),
        (
            ProgrammingError(None, None, psycopg.ProgrammingError(SECRET)),
            "option in DATABASE_URL is not understood. [ProgrammingError]",
        ),
    ],
    ids=lambda value: value.partition("[")[2].rstrip("]") if isinstance(value, str) else "",
)
def test_translation(error: Exception, expected: str) -> None:
    """Each error below becomes a sentence and a code, and nothing of its text is left."""
    with pytest.raises(StorageError) as caught, translated():
        raise error
    assert str(caught.value).endswith(expected)
    assert str(caught.value).startswith("storage: ")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("error", [ValueError(), InvalidRequestError(), StorageError("ours")])
def test_our_own_faults(error: Exception) -> None:
    """What is no trouble of the database passes as it is."""
    with pytest.raises(type(error)) as caught, translated():
        raise error
    assert error is caught.value


def test_a_failure_is_logged_and_the_block_ends(log: io.StringIO) -> None:
    """With what an operator can act on; a fault of our own is not hidden."""
    with FailureLogged("nothing was stored"):
        raise StorageError("A sentence.", "A_FACT")
    with pytest.raises(LookupError), FailureLogged("another event"):
        raise LookupError

    (record,) = map(json.loads, log.getvalue().splitlines())
    assert ("nothing was stored", "error", "storage", "A sentence. [A_FACT]") == tuple(
        record[key] for key in ("event", "level", "error", "detail")
    )


def test_without_a_fact() -> None:
    """An error without a fact ends with its sentence."""
    assert "storage: A sentence." == str(StorageError("A sentence."))


async def test_statement_and_values_stay_inside(database: Database) -> None:
    """A statement that fails shows neither itself nor its values, anywhere."""
    with pytest.raises(StorageError) as caught:
        await database.read(
            lambda found: found.execute(text("SELECT :value FROM C4NARY"), {"value": SECRET})
        )
    assert SECRET not in "".join(traceback.format_exception(caught.value)).replace(
        "FROM C4NARY", ""
    )
    assert SECRET not in repr(caught.value)


async def test_password_stays_inside(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A password that is refused stands in no error, traceback, log or representation."""
    caplog.set_level(logging.DEBUG)
    url = postgres.url("postgres").replace(postgres.password, SECRET)
    with pytest.raises(StorageError, match="refuses the user, the password") as caught:
        async with open_database(url):
            pass
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert SECRET not in shown


async def test_password_of_an_open_database(
    postgres: PostgresServer, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An open database does not show its password either."""
    caplog.set_level(logging.DEBUG)
    async with open_database(postgres_url) as database:
        await database.ping()
        assert "<Database postgresql>" == repr(database)
    assert postgres.password not in caplog.text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("/test_", "/absent_"), "refuses the user, the password or the name"),
        (("127.0.0.1", "127.0.0.1:1,127.0.0.1"), "must look like"),
        (("127.0.0.1:", "127.0.0.1:1#"), "must look like"),
    ],
)
async def test_wrong_addresses(postgres_url: str, change: tuple[str, str], expected: str) -> None:
    """A server that does not serve us is one sentence."""
    with pytest.raises(StorageError, match=expected):
        async with open_database(postgres_url.replace(*change)):
            pass


@pytest.mark.parametrize("option", ["nonsense=1", "plugin=nonsense"])
async def test_wrong_options(postgres_url: str, option: str) -> None:
    """Options that nobody knows are one sentence, at whatever layer they are found."""
    with pytest.raises(StorageError, match="An option in DATABASE_URL is not understood"):
        async with open_database(f"{postgres_url}?{option}"):
            pass


async def test_nobody_listens() -> None:
    """A server that is not there is one sentence."""
    with pytest.raises(StorageError, match="cannot be reached"):
        async with open_database("postgresql://u:p@127.0.0.1:1/db"):
            pass


async def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there is not made: it may be a volume that is not mounted."""
    with pytest.raises(StorageError, match="folder of the database does not exist"):
        async with open_database(f"sqlite:///{tmp_path}/absent/voicestatus.db"):
            pass


async def test_no_database(tmp_path: Path) -> None:
    """A file of another kind is refused and left as it is."""
    file = tmp_path / "voicestatus.db"
    file.write_text("a letter to a friend " * 100)
    with pytest.raises(StorageError, match="no SQLite database"):
        async with open_database(f"sqlite:///{file}"):
            pass
    assert "a letter to a friend " * 100 == file.read_text()


async def test_not_a_file(tmp_path: Path) -> None:
    """What the file system refuses is one sentence, too."""
    with pytest.raises(StorageError, match=r"could not be used. \[EISDIR\]"):
        async with open_database(f"sqlite:///{tmp_path}"):
            pass
