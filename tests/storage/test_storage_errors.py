"""One error for all that can go wrong with a database, without a word of the layers below."""

from __future__ import annotations

import errno
import io
import json
import logging
import sqlite3
import subprocess
import sys
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

# Opens a database, may open no file from then on, and says why.
_OUT_OF_FILES = """
import asyncio, os, resource
from bot.storage.database import open_database
from bot.storage.errors import StorageError, translated

async def main():
    async with open_database("sqlite:///:memory:"):
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        try:
            with translated():
                open(os.devnull)
        except StorageError as error:
            print(error, flush=True)
            os._exit(0)

asyncio.run(main())
"""


def of_sqlite(name: str) -> sqlite3.Error:
    """An error as the sqlite3 module raises it."""
    error = sqlite3.OperationalError(SECRET)
    error.sqlite_errorname = name
    return error


def of_postgresql(sqlstate: str) -> DBAPIError:
    """An error of a statement as SQLAlchemy raises it."""
    return DBAPIError("SELECT", {"a": SECRET}, psycopg.errors.lookup(sqlstate)(SECRET))


@pytest.mark.parametrize(
    ("error", "problem", "fact"),
    [
        (TimeoutError(SECRET), "did not answer in time", "TimeoutError"),
        (NoConnectionFreeError(SECRET), "did not answer in time", "no connection free"),
        (PermissionError(SECRET), "could not be used", "PermissionError"),
        (UnicodeEncodeError("utf-8", SECRET, 0, 1, SECRET), "be used", "UnicodeEncodeError"),
        (OSError(errno.EACCES, SECRET), "not let this user read or write", "EACCES"),
        (OSError(errno.EPERM, SECRET), "not let this user read or write", "EPERM"),
        (OSError(errno.EROFS, SECRET), "not let this user read or write", "EROFS"),
        (OSError(errno.ENOSPC, SECRET), "disk of the database is full", "ENOSPC"),
        (OSError(errno.EMFILE, SECRET), "process has too many files open", "EMFILE"),
        (OSError(errno.EIO, SECRET), "could not be used", "EIO"),
        (ArgumentError(SECRET), "option in DATABASE_URL is not understood", "ArgumentError"),
        (of_sqlite("SQLITE_BUSY"), "Another process holds the database", "SQLITE_BUSY"),
        (of_sqlite("SQLITE_READONLY"), "let this user read or write", "SQLITE_READONLY"),
        # Extended codes begin with the plain one.
        (of_sqlite("SQLITE_BUSY_SNAPSHOT"), "holds the database", "SQLITE_BUSY_SNAPSHOT"),
        (of_sqlite("SQLITE_FULL"), "disk of the database is full", "SQLITE_FULL"),
        (of_sqlite("SQLITE_IOERR_READ"), "disk of the database fails", "SQLITE_IOERR_READ"),
        (of_sqlite("SQLITE_IOERR_WRITE"), "or a quota is used up", "SQLITE_IOERR_WRITE"),
        (of_sqlite("SQLITE_ERROR"), "not those of this bot", "SQLITE_ERROR"),
        # But where they mean something else.
        (of_sqlite("SQLITE_IOERR_LOCK"), "be a network share", "SQLITE_IOERR_LOCK"),
        (of_sqlite("SQLITE_IOERR_SHMMAP"), "be a network share", "SQLITE_IOERR_SHMMAP"),
        (of_sqlite("SQLITE_READONLY_DBMOVED"), "moved or deleted", "SQLITE_READONLY_DBMOVED"),
        (of_sqlite("SQLITE_RANGE"), "could not be used", "SQLITE_RANGE"),
        (sqlite3.ProgrammingError(SECRET), "could not be used", "ProgrammingError"),
        (of_postgresql("42501"), "user lacks a right", "SQLSTATE 42501"),
        (of_postgresql("25006"), "may only be read", "SQLSTATE 25006"),
        (of_postgresql("53100"), "no room left", "SQLSTATE 53100"),
        (of_postgresql("53300"), "accepts no further connections", "SQLSTATE 53300"),
        (of_postgresql("57P01"), "shutting down or starting", "SQLSTATE 57P01"),
        (of_postgresql("22012"), "could not be used", "SQLSTATE 22012"),
        # A statement that failed without a code.
        (DBAPIError("SELECT", {}, psycopg.DataError(SECRET)), "not be used", "DataError"),
        # No code and no statement: the connection was not made.
        (
            OperationalError(None, None, psycopg.OperationalError(SECRET)),
            "database server cannot be reached",
            "OperationalError",
        ),
        (
            ProgrammingError(None, None, psycopg.ProgrammingError(SECRET)),
            "option in DATABASE_URL is not understood",
            "ProgrammingError",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_translation(error: Exception, problem: str, fact: str) -> None:
    """Each error becomes a problem, a remedy and a code, and nothing of its text is left."""
    with pytest.raises(StorageError) as caught, translated():
        raise error
    found = caught.value
    assert problem in found.problem
    assert fact == found.fact
    assert found.remedy
    assert f"storage: {found.problem} {found.remedy} [{fact}]" == str(found)
    assert not {"{", "}"}.intersection(str(found))
    assert SECRET not in "".join(traceback.format_exception(found))


def test_a_file_is_named(tmp_path: Path) -> None:
    """With its folder, in the problem and in the remedy; braces in a name are a name's."""
    file = tmp_path / "{folder}.db"
    with pytest.raises(StorageError) as caught, translated(file):
        raise of_sqlite("SQLITE_NOTADB")
    assert caught.value.problem.startswith(f"{file} is no SQLite database")

    with pytest.raises(StorageError) as caught, translated(file):
        raise of_sqlite("SQLITE_FULL")
    assert f"Free space in {tmp_path}." == caught.value.remedy


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('FATAL:  password authentication failed for user "role"', "refuses the user or the pass"),
        ('FATAL: autenticação do tipo senha falhou para o usuário "x"', "the user or the password"),
        ("fe_sendauth: no password supplied", "wants a password"),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", no encryption', "or not without TLS"),
        ('nenhuma entrada no pg_hba.conf para máquina "1.2.3.4", usuário "x"', "not without TLS"),
        ("server does not support SSL, but SSL was required", "cannot agree on TLS"),
        ("SSL error: certificate verify failed", "cannot agree on TLS"),
        ('root certificate file "/ca.pem" does not exist', "cannot agree on TLS"),
        ("FATAL:  sorry, too many clients already", "accepts no further connections"),
        ('FATAL:  too many connections for role "joe"', "accepts no further connections"),
        ("FATAL:  remaining connection slots are reserved for roles", "no further connections"),
        ("FATAL:  desculpe, muitos clientes conectados", "accepts no further connections"),
        ("FATAL:  the database system is starting up", "shutting down or starting"),
        ('FATAL:  database "absent" does not exist', "no database of that name"),
        ('FATAL:  banco de dados "absent" não existe', "no database of that name"),
        ("FATAL: no such database: absent", "no database of that name"),
        ("FATAL: no more connections allowed (max_client_conn)", "no further connections"),
        ("FATAL: Tenant or user not found", "refuses the connection"),
        ('FATAL:  role "nobody" does not exist', "does not know the user"),
        ('FATAL:  role "joe" is not permitted to log in', "may not connect to this database"),
        ('FATAL:  permission denied for database "a"', "may not connect to this database"),
        ('FATAL:  permissão negada para banco de dados "a"', "may not connect"),
        ("failed to resolve host 'db.invalid': [Errno -2]", "was not found"),
        ('could not translate host name "x" to address', "was not found"),
        ('connection to server at "ssl-role", port 1 failed: Connection refused', "be reached"),
        ("connection timeout expired", "cannot be reached"),
    ],
)
def test_a_connection_that_fails_says_why(said: str, problem: str) -> None:
    """In the server's words, in both languages; names in them are no words."""
    error = OperationalError(None, None, psycopg.OperationalError(f"{said} {SECRET}"))
    with pytest.raises(StorageError) as caught, translated():
        raise error
    assert problem in caught.value.problem
    assert caught.value.remedy
    assert SECRET not in str(caught.value)


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
    """An error without a fact or a remedy has no empty brackets."""
    assert "storage: A sentence." == str(StorageError("A sentence."))
    assert "Problem. Remedy." == StorageError("Problem.", remedy="Remedy.").detail
    assert "Problem. [X]" == StorageError("Problem.", "X").detail


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
    with pytest.raises(StorageError, match="refuses the user or the password") as caught:
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
        (("/test_", "/absent_"), "has no database of that name"),
        (("//voicestatus:", "//nobody:"), "refuses the user or the password"),
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
    with pytest.raises(StorageError, match=f"The folder {tmp_path}/absent does not exist"):
        async with open_database(f"sqlite:///{tmp_path}/absent/voicestatus.db"):
            pass
    assert [] == sorted(tmp_path.glob("*"))  # noqa: ASYNC240 - a folder of the test


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
    with pytest.raises(StorageError, match=rf"{tmp_path} is a folder\. .*\[EISDIR\]"):
        async with open_database(f"sqlite:///{tmp_path}"):
            pass


def test_a_process_without_free_file_descriptors_says_so() -> None:
    """What operators read was read before: no file can be opened then."""
    ended = subprocess.run(
        [sys.executable, "-c", _OUT_OF_FILES], capture_output=True, text=True, check=False
    )
    assert "" == ended.stderr
    assert "This process has too many files open. Raise its limit: `ulimit -n`." in ended.stdout
