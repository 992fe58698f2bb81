"""`StorageError`, and the one place where other errors become it.

Messages of SQLAlchemy, the drivers and the file system may contain values, statements or the URL
of the database, so none of their text is passed on: only names and codes.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import ClassVar, Final

import structlog
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

_log = structlog.get_logger(__name__)
_TOO_SLOW: Final = "The database did not answer in time."
# libpq distinguishes these only by their message.
_UNREACHABLE: Final = (
    "The database server cannot be reached, or refuses the user, the password or the name of the "
    "database."
)
_OPTION: Final = "An option in DATABASE_URL is not understood."
_UNKNOWN: Final = "The database could not be used."
_NO_RIGHT: Final = "A file of the database may not be read or written by this user."
_FULL: Final = "The disk of the database is full."

# By the beginning of the system's error name (errno(3)), of SQLite's result code
# (sqlite.org/rescode.html) or of PostgreSQL's SQLSTATE (PostgreSQL manual, appendix A); the first
# match wins.
_PROBLEMS: Final = (
    ("EACCES", _NO_RIGHT),
    ("EPERM", _NO_RIGHT),
    ("EROFS", _NO_RIGHT),
    ("ENOSPC", _FULL),
    ("EDQUOT", _FULL),
    ("SQLITE_BUSY", "Another process holds the database."),
    ("SQLITE_LOCKED", "Another process holds the database."),
    ("SQLITE_FULL", _FULL),
    ("SQLITE_READONLY", "The database may not be written by this user."),
    ("SQLITE_CANTOPEN", "The file of the database cannot be opened."),
    ("SQLITE_PERM", "The file of the database may not be used by this user."),
    ("SQLITE_NOTADB", "The file is no SQLite database."),
    ("SQLITE_CORRUPT", "The file of the database is damaged."),
    ("SQLITE_IOERR", "The disk of the database fails."),
    ("42501", "The database user lacks a right."),
    ("25006", "The database may only be read."),
    ("53", "The database server has no room left."),
    ("57", "The database server is shutting down or starting."),
    ("08", _UNREACHABLE),
)


class StorageError(Exception):
    """The database could not be used.

    `str()` contains no value, no statement and no address.

    Attributes:
        code: stable name of the error; the language files have an entry for it.
        problem: one sentence for an operator.
        fact: one short fact for an engineer, such as "SQLITE_FULL" or "SQLSTATE 53100"; empty
            where there is none.
    """

    code: ClassVar[str] = "storage"

    def __init__(self, problem: str, fact: str = "") -> None:
        super().__init__(problem, fact)
        self.problem = problem
        self.fact = fact

    @property
    def detail(self) -> str:
        """The problem with its fact, as logs show it."""
        return f"{self.problem} [{self.fact}]" if self.fact else self.problem

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of the database into `StorageError`; programming errors pass unchanged.

    Raises:
        StorageError: a driver, the pool of connections, or the file system failed.
    """
    try:
        yield
    except TimeoutError as error:
        raise StorageError(_TOO_SLOW, type(error).__name__) from None
    except NoConnectionFreeError:
        raise StorageError(_TOO_SLOW, "no connection free") from None
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "")
        raise StorageError(_problem(name), name or type(error).__name__) from None
    except UnicodeError as error:
        raise StorageError(_UNKNOWN, type(error).__name__) from None
    except ArgumentError as error:
        raise StorageError(_OPTION, type(error).__name__) from None
    except (DBAPIError, sqlite3.Error) as error:
        raise _of_driver(error) from None


class FailureLogged(AbstractContextManager[None, bool]):
    """Logs a `StorageError` under this name; the program continues after the block."""

    def __init__(self, event: str) -> None:
        self._event = event

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        """Log the error; any other one passes unchanged."""
        if not isinstance(error, StorageError):
            return False
        _log.error(self._event, error=error.code, detail=error.detail)
        return True


def _of_driver(error: DBAPIError | sqlite3.Error) -> StorageError:
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    sqlite_name: str | None = getattr(cause, "sqlite_errorname", None)
    sqlstate: str | None = getattr(cause, "sqlstate", None)
    name = sqlite_name or sqlstate or ""
    fact = f"SQLSTATE {sqlstate}" if sqlstate else name or type(cause).__name__
    if name or not isinstance(error, DBAPIError) or error.statement is not None:
        return StorageError(_problem(name), fact)
    # An error with neither a code nor a statement happened while connecting.
    return StorageError(_UNREACHABLE if isinstance(error, OperationalError) else _OPTION, fact)


def _problem(name: str) -> str:
    found = (problem for beginning, problem in _PROBLEMS if name.startswith(beginning))
    return next(found, _UNKNOWN)
