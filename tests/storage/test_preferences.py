from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from bot.domain.texts.catalog import Language
from bot.domain.timing import Timing
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.preferences import Preferences, Scope

pytestmark = pytest.mark.every_database


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """The present second."""
        return self.seconds


async def test_no_choice(database: Database) -> None:
    """Who chose nothing has no language."""
    assert await Preferences(database).language(Scope.USER, "T1", "U1") is None


async def test_kept(database: Database) -> None:
    """A choice is in the database, not only in the memory of who wrote it."""
    await Preferences(database).set_language(Scope.USER, "T1", "U1", "pt-BR")
    assert "pt-BR" == await Preferences(database).language(Scope.USER, "T1", "U1")


async def test_enumeration(database: Database) -> None:
    """A choice may be given as a member of the domain's enumeration."""
    preferences = Preferences(database)
    await preferences.set_language(Scope.USER, "T1", "U1", Language.PORTUGUESE)
    assert "pt-BR" == await preferences.language(Scope.USER, "T1", "U1")


async def test_changed(database: Database) -> None:
    """The last choice counts at once, in spite of the cache."""
    preferences = Preferences(database)
    for language in ("pt-BR", "en"):
        await preferences.set_language(Scope.USER, "T1", "U1", language)
        assert language == await preferences.language(Scope.USER, "T1", "U1")


class SlowReader:
    """A database in which somebody chooses right after the first reading, before it is heard of."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.choose: Callable[[], Awaitable[None]] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        """Read, then let the choice be made."""
        found = await self.database.read(work)
        if self.choose is not None:
            choose, self.choose = self.choose, None
            await choose()
        return found


async def test_a_choice_during_a_reading_is_not_forgotten(database: Database) -> None:
    """What was read before it is given once, and not kept."""
    slow = SlowReader(database)
    preferences = Preferences(cast("Database", slow))
    slow.choose = lambda: preferences.set_language(Scope.USER, "T1", "U1", "pt-BR")
    assert [None, "pt-BR"] == [await preferences.language(Scope.USER, "T1", "U1") for _ in range(2)]


async def test_cleared(database: Database) -> None:
    """A choice that is cleared is gone at once; to clear it again is no error."""
    preferences = Preferences(database)
    await preferences.set_language(Scope.CHANNEL, "T1", "C1", "pt-BR")
    assert "pt-BR" == await preferences.language(Scope.CHANNEL, "T1", "C1")
    await preferences.clear_language(Scope.CHANNEL, "T1", "C1")
    assert await preferences.language(Scope.CHANNEL, "T1", "C1") is None
    await preferences.clear_language(Scope.CHANNEL, "T1", "C1")


async def test_apart(database: Database) -> None:
    """Users, channels and teams choose apart."""
    preferences = Preferences(database)
    # The same identifier in each, which Slack would not give.
    await preferences.set_language(Scope.USER, "T1", "X1", "pt-BR")
    await preferences.set_language(Scope.CHANNEL, "T1", "X1", "en")
    assert "pt-BR" == await preferences.language(Scope.USER, "T1", "X1")
    assert "en" == await preferences.language(Scope.CHANNEL, "T1", "X1")
    assert await preferences.language(Scope.USER, "T2", "X1") is None
    await preferences.clear_language(Scope.USER, "T1", "X1")
    assert "en" == await preferences.language(Scope.CHANNEL, "T1", "X1")


async def test_other_process(database: Database) -> None:
    """What another process wrote is seen when the cache ends, within a minute."""
    clock = Clock()
    here, elsewhere = Preferences(database, clock=clock), Preferences(database)
    assert await here.language(Scope.USER, "T1", "U1") is None
    await elsewhere.set_language(Scope.USER, "T1", "U1", "pt-BR")
    assert await here.language(Scope.USER, "T1", "U1") is None
    clock.seconds = Timing().choices
    assert "pt-BR" == await here.language(Scope.USER, "T1", "U1")
    assert Timing().choices <= 60


async def test_overtaken(database: Database) -> None:
    """Many rounds of a read and a write at once; the read after them sees the write."""
    preferences = Preferences(database)
    for number in range(30):
        await asyncio.gather(
            preferences.language(Scope.USER, "T1", "U1"),
            preferences.set_language(Scope.USER, "T1", "U1", str(number)),
            preferences.language(Scope.USER, "T1", "U1"),
        )
        assert str(number) == await preferences.language(Scope.USER, "T1", "U1")


async def test_not_kept(postgres_url: str) -> None:
    """PostgreSQL's text holds no NUL."""
    async with open_database(postgres_url) as database:
        with pytest.raises(StorageError):
            await Preferences(database).set_language(Scope.USER, "T1", "U\x00", "en")
