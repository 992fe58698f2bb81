"""The key of the hash that replaces an IDMSG in logs and audit: created once, then stored.

For a SQLite file it is stored in a file beside it, so that a copy of the database alone does not
reveal the ids; for other databases in the table `installation`.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from bot.storage.database import Database
from bot.storage.errors import failure
from bot.storage.schema import INSTALLATION

KEY_BYTES: Final = 32
_NAME: Final = "hash_key"


async def load_hash_key(database: Database) -> bytes:
    """The key, created at the first call; processes that start at the same time get the same.

    Raises:
        StorageError: it cannot be read or written, or is no key.
    """
    if database.file is None:
        return _key_in(await _from_table(database))
    path = database.file.with_name(f"{database.file.name}.key")
    # The transaction writes nothing: it is the lock under which one process creates the file.
    return _key_in(await database.write(lambda _: _from_file(path)))


async def _from_table(database: Database) -> str:
    new = database.insert(INSTALLATION).values(name=_NAME, value=secrets.token_hex(KEY_BYTES))
    stored = select(INSTALLATION.c.value).where(INSTALLATION.c.name == _NAME)

    def work(connection: Connection) -> str:
        connection.execute(new.on_conflict_do_nothing())
        return str(connection.execute(stored).scalar_one())

    return await database.write(work)


def _from_file(path: Path) -> str:
    if not path.exists():
        _write(path, secrets.token_hex(KEY_BYTES))
    # A damaged file must be reported as such, not raise UnicodeDecodeError.
    return path.read_text("ascii", errors="replace")


def _write(path: Path, text: str) -> None:
    """Write the file atomically, readable by its owner only."""
    # A process that dies in between leaves a draft, and never half a key.
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _key_in(text: str) -> bytes:
    with suppress(ValueError):
        key = bytes.fromhex(text)
        if len(key) == KEY_BYTES:
            return key
    raise failure("hash_key")
