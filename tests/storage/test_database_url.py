"""The setting DATABASE_URL: what is read from it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.storage.database import file_of, read_database_url
from bot.storage.errors import StorageError

SECRET = "C4NARY"


@pytest.mark.parametrize(
    ("text", "file"),
    [
        # Three slashes: beside the process.
        ("sqlite:///voicestatus.db", "voicestatus.db"),
        ("sqlite:///data/voice status.db", "data/voice status.db"),
        # It is an address, so a percent sign is written as %25.
        ("sqlite:///100%25.db", "100%.db"),
    ],
)
def test_relative_file(text: str, file: str) -> None:
    """A file is looked for from the working directory of the start, also after a change of it."""
    assert Path.cwd() / file == file_of(read_database_url(text))


def test_absolute_file() -> None:
    """Four slashes: from the root."""
    assert Path("/data/v.db") == file_of(read_database_url("sqlite:////data/v.db"))


@pytest.mark.parametrize(
    "text", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "postgresql://u:p@h:5433/db?a=b"]
)
def test_no_file(text: str) -> None:
    """A database in memory and PostgreSQL have no file."""
    assert file_of(read_database_url(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "voicestatus.db",
        # Two slashes: the file's name would be a host's.
        "sqlite://voicestatus.db",
        "sqlite:///voicestatus.db?mode=ro",
        "sqlite+pysqlite:///voicestatus.db",
        "mysql://u:C4NARY@h/db",
        "postgres://u:C4NARY@h/db",
        "postgresql+asyncpg://u:C4NARY@h/db",
        # No database named.
        "postgresql://u:C4NARY@h",
        # An unescaped sign in the password makes part of it the port.
        "postgresql://u:x@h:C4NARY/db",
    ],
)
def test_refused(text: str) -> None:
    """What we do not serve is refused by a sentence that shows the forms, and not the text."""
    with pytest.raises(StorageError, match="must look like") as caught:
        read_database_url(text)
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
