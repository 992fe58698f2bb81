"""The setting DATABASE_URL: which database, and by which driver. Nothing is opened here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.storage.errors import StorageError

_FORMS: Final = (
    "DATABASE_URL must look like sqlite:///voicestatus.db, sqlite:////folder/voicestatus.db or "
    "postgresql://user:password@host/database."
)


def read_database_url(text: str) -> URL:
    """The address, which hides its password.

    Raises:
        StorageError: the text has none of the forms that we serve; the text is not repeated.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StorageError(_FORMS) from None
    if url.drivername == "postgresql" and url.database:
        return url
    # Two slashes would make the file's name the name of a host.
    if url.drivername == "sqlite" and not url.host and not url.query:
        return url
    raise StorageError(_FORMS)


def file_of(url: URL) -> Path | None:
    """The file of a SQLite database; `None` for one in memory and for PostgreSQL."""
    if url.drivername != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database)).absolute()
