"""The file of a SQLite database before its first use: private, and in write-ahead mode."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from bot.storage.errors import StorageError

_PAUSE_SECONDS: Final = 0.02


def prepare_file(path: Path, *, patience_seconds: float) -> None:
    """Make the file if there is none (mode 0600), and set write-ahead logging. Blocks.

    With it readers do not wait for a writer (sqlite.org/wal.html). The mode stays with the file;
    where a file system cannot bear it, SQLite goes on with its rollback journal.

    Raises:
        StorageError: the folder is missing.
        OSError: the file cannot be made.
        sqlite3.Error: it is no database, or held by another process for longer than our patience.
    """
    if not path.parent.is_dir():
        raise StorageError("The folder of the database does not exist.")
    # SQLite gives its -wal and -shm files the mode of the database.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    until = monotonic() + patience_seconds
    while not _set_write_ahead(path, last_try=monotonic() >= until):
        sleep(_PAUSE_SECONDS)


def _set_write_ahead(path: Path, *, last_try: bool) -> bool:
    # The change needs the file for itself, and SQLite does not wait for that in every case.
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if last_try or error.sqlite_errorcode not in {
                sqlite3.SQLITE_BUSY,
                sqlite3.SQLITE_LOCKED,
            }:
                raise
            return False
    return True
