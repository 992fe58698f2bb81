"""`StorageError`, and the one place where other errors become it.

Messages of SQLAlchemy, the drivers and the file system may contain values, statements or the URL
of the database, so none of their text is passed on: only names and codes.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import ClassVar

import structlog
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from bot.storage.problems.codes import named, problem_of
from bot.storage.problems.connecting import problem_of_connecting
from bot.storage.problems.file_access import Fault

_log = structlog.get_logger(__name__)


class StorageError(Exception):
    """The database could not be used.

    `str()` contains no value, no statement and no address; the path of a SQLite file may be in it.

    Attributes:
        code: stable name of the error; the language files have an entry for it.
        problem: one sentence for an operator.
        fact: one short fact for an engineer, such as "SQLITE_FULL" or "SQLSTATE 53100"; empty
            where there is none.
        remedy: what the operator can do about it; empty where the problem says it.
    """

    code: ClassVar[str] = "storage"

    def __init__(self, problem: str, fact: str = "", remedy: str = "") -> None:
        super().__init__(problem, fact, remedy)
        self.problem = problem
        self.fact = fact
        self.remedy = remedy

    @property
    def detail(self) -> str:
        """The problem with its remedy and its fact, as operators read it."""
        return " ".join(filter(None, (self.problem, self.remedy, self.fact and f"[{self.fact}]")))

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class UnreadableValueError(Exception):
    """A stored value is none of its column's type, which SQLite does not enforce."""


@contextmanager
def translated(file: Path | None = None) -> Iterator[None]:
    """Turn errors of the database into `StorageError`; programming errors pass unchanged.

    Args:
        file: that of a SQLite database.

    Raises:
        StorageError: a driver, the pool of connections, or the file system failed.
    """
    try:
        yield
    except TimeoutError as error:
        raise failure("too_slow", type(error).__name__) from None
    except NoConnectionFreeError:
        raise failure("too_slow", "no connection free") from None
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "")
        raise _error(problem_of(name, file), name or type(error).__name__) from None
    except (UnreadableValueError, OverflowError) as error:
        raise failure("altered", type(error).__name__) from None
    except UnicodeError as error:
        raise failure("unknown", type(error).__name__) from None
    except ArgumentError as error:
        raise failure("option", type(error).__name__) from None
    except (DBAPIError, sqlite3.Error) as error:
        raise _of_driver(error, file) from None


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


def failure(name: str, fact: str = "", file: Path | None = None) -> StorageError:
    """The error of this name in `faults.toml`."""
    return _error(named(name, file), fact)


def _of_driver(error: DBAPIError | sqlite3.Error, file: Path | None) -> StorageError:
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    sqlite_name: str | None = getattr(cause, "sqlite_errorname", None)
    sqlstate: str | None = getattr(cause, "sqlstate", None)
    name = sqlite_name or sqlstate or ""
    if isinstance(cause, sqlite3.OperationalError) and not name:
        # SQLite names all its errors; this is Python's own, of a text that is no UTF-8.
        return failure("altered", type(cause).__name__)
    fact = f"SQLSTATE {sqlstate}" if sqlstate else name or type(cause).__name__
    if name or not isinstance(error, DBAPIError) or error.statement is not None:
        return _error(problem_of(name, file), fact)
    # An error with neither a code nor a statement happened while connecting.
    if not isinstance(error, OperationalError):
        return failure("option", fact)
    return _error(problem_of_connecting(str(cause)), fact)


def _error(fault: Fault, fact: str) -> StorageError:
    problem, remedy = fault
    return StorageError(problem, fact, remedy)
