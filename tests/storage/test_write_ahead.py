"""Where SQLite's write-ahead logging does not work, as on a network share, a start says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from bot.domain.timing import Timing
from bot.storage import engines
from bot.storage.database import open_database
from bot.storage.errors import StorageError

# How long another process may hold the file.
BRIEFLY: Final = replace(Timing(), sqlite_busy=0.05)
MODE: Final = "PRAGMA journal_mode=WAL"
_CODES: Final = {"SQLITE_BUSY": 5, "SQLITE_PROTOCOL": 15, "SQLITE_IOERR_LOCK": 3850}


class Share(sqlite3.Connection):
    """A connection to a file on a network share, where the change of the mode ends like this."""

    ending = ""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Execute it, but for the change of the mode."""
        if statement != MODE:
            return super().execute(statement, *values)
        if self.ending not in _CODES:
            return super().execute(f"SELECT '{self.ending}'")
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorname, error.sqlite_errorcode = self.ending, _CODES[self.ending]
        raise error


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder on such a share."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **b: connect(*a, **b, factory=Share))
    yield tmp_path
    Share.ending = ""


async def problem_of(file: Path) -> StorageError:
    """How a start with this file ends."""
    with pytest.raises(StorageError) as caught:
        async with open_database(f"sqlite:///{file}", timing=BRIEFLY):
            pass
    return caught.value


@pytest.mark.parametrize(
    ("ending", "fact"),
    [
        ("SQLITE_BUSY", "journal_mode: SQLITE_BUSY"),
        ("SQLITE_PROTOCOL", "SQLITE_PROTOCOL"),
        ("SQLITE_IOERR_LOCK", "SQLITE_IOERR_LOCK"),
        ("delete", "journal_mode: delete"),
        ("memory", "journal_mode: memory"),
    ],
)
async def test_a_network_share_is_named(share: Path, ending: str, fact: str) -> None:
    """However it shows; and the file that was made for it is not left behind."""
    Share.ending = ending
    found = await problem_of(share / "v.db")
    assert f"do not work in the folder {share}, which seems to be a network share" in found.problem
    assert "Use a folder on a local disk, or PostgreSQL." == found.remedy
    assert fact == found.fact
    assert not list(share.iterdir())  # noqa: ASYNC240 - a folder of the test


@pytest.mark.parametrize("content", [b"", b"x"])
async def test_a_file_that_was_there_before_stays(share: Path, content: bytes) -> None:
    """Even an empty one is somebody's."""
    Share.ending = "delete"
    file = share / "v.db"
    file.write_bytes(content)
    await problem_of(file)
    assert content == file.read_bytes()


@pytest.mark.parametrize("lock", ["EXCLUSIVE", "IMMEDIATE", "DEFERRED"])
async def test_a_file_that_another_process_holds_is_no_share(tmp_path: Path, lock: str) -> None:
    """Not even if that process only reads."""
    file = tmp_path / "v.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute(f"BEGIN {lock}")
        other.execute("SELECT * FROM t").fetchall()
        found = await problem_of(file)
    assert ("Another process holds the database.", "SQLITE_BUSY") == (found.problem, found.fact)
    assert f"`fuser {file}`" in found.remedy


async def test_a_new_file_that_another_process_took_stays(
    share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on to use it; removing it would take its data away."""
    Share.ending = "SQLITE_BUSY"
    monkeypatch.setattr(engines, "_is_free", lambda _: False)
    assert "Another process holds the database." == (await problem_of(share / "v.db")).problem
    assert (share / "v.db").exists()
