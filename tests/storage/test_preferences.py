from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import Connection, delete

from bot.domain.texts.catalog import Language
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.preferences import Preferences, Scope
from bot.storage.schema import PREFERENCE

pytestmark = pytest.mark.every_database


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


class Watched:
    """A database that counts what is read; somebody may choose right after a reading."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.readings = 0
        self.choose: Callable[[], Awaitable[None]] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        """Read, then let the choice be made."""
        found = await self.database.read(work)
        self.readings += 1
        if self.choose is not None:
            choose, self.choose = self.choose, None
            await choose()
        return found


def watched(database: Database, most: int = 10) -> tuple[Watched, Preferences]:
    """Choices in it, so many of which may be in memory."""
    seen = Watched(database)
    return seen, Preferences(cast("Database", seen), most=most)


MANY = [f"U{number}" for number in range(3)]


async def choose_many(database: Database, language: str) -> None:
    """One choice more than two, in another process."""
    for user in MANY:
        await Preferences(database).set_language(Scope.USER, "T1", user, language)


async def test_nothing_is_read_for_a_language(database: Database) -> None:
    """Neither where one was chosen nor where none was, once all of them are in memory."""
    await choose_many(database, "pt-BR")
    seen, preferences = watched(database)
    await preferences.refresh()

    found = [await preferences.language(Scope.USER, "T1", user) for user in ("U0", "U1", "U9")]

    assert (["pt-BR", "pt-BR", None], 1) == (found, seen.readings)


async def test_another_process(database: Database) -> None:
    """What it chose or cleared is seen at the next refresh."""
    here, elsewhere = Preferences(database), Preferences(database)
    found = []
    for language in (None, "pt-BR", "en", None):
        await elsewhere.set_language(Scope.USER, "T1", "U1", language)
        await here.refresh()
        found.append(await here.language(Scope.USER, "T1", "U1"))
    assert [None, "pt-BR", "en", None] == found


async def test_what_did_not_change_is_not_read_again(database: Database) -> None:
    """The stamp says so; a row that changed without a new stamp is the proof."""
    preferences = Preferences(database)
    await preferences.set_language(Scope.USER, "T1", "U1", "pt-BR")
    await preferences.refresh()
    await database.write(lambda connection: connection.execute(delete(PREFERENCE)))
    await preferences.refresh()
    assert "pt-BR" == await preferences.language(Scope.USER, "T1", "U1")


@pytest.mark.parametrize("most", [10, 2])
async def test_a_choice_during_a_reading_is_not_forgotten(database: Database, most: int) -> None:
    """What was read before it is older."""
    await choose_many(database, "en")
    for user in MANY:
        seen, preferences = watched(database, most)
        await preferences.refresh()
        await Preferences(database).set_language(Scope.CHANNEL, "T1", "C1", "en")
        seen.choose = partial(preferences.set_language, Scope.USER, "T1", user, "pt-BR")
        await preferences.refresh()
        assert "pt-BR" == await preferences.language(Scope.USER, "T1", user)


async def test_more_than_fit_into_memory(database: Database) -> None:
    """Each is read when it is needed, remembered, and forgotten at a change elsewhere."""
    await choose_many(database, "en")
    seen, preferences = watched(database, most=2)
    await preferences.refresh()

    async def found(*users: str) -> list[str | None]:
        return [await preferences.language(Scope.USER, "T1", user) for user in users]

    assert (["en", "en", None], 4) == (await found("U0", "U1", "U9"), seen.readings)
    assert (["en", None], 4) == (await found("U1", "U9"), seen.readings)
    await choose_many(database, "pt-BR")
    await preferences.refresh()
    assert (["pt-BR", "pt-BR"], 7) == (await found("U1", "U2"), seen.readings)


async def test_a_choice_during_the_reading_of_one(database: Database) -> None:
    """What was read before it is given once, and not kept."""
    await choose_many(database, "en")
    seen, preferences = watched(database, most=2)
    await preferences.refresh()
    seen.choose = partial(preferences.set_language, Scope.USER, "T1", "U1", "pt-BR")
    assert ["en", "pt-BR"] == [await preferences.language(Scope.USER, "T1", "U1") for _ in range(2)]


async def test_a_choice_elsewhere_during_the_reading_of_one(database: Database) -> None:
    """What was read before the refresh that noticed it is not kept either."""
    await choose_many(database, "en")
    seen, preferences = watched(database, most=2)
    await preferences.refresh()

    async def choose() -> None:
        await choose_many(database, "pt-BR")
        await preferences.refresh()

    seen.choose = choose
    assert ["en", "pt-BR"] == [await preferences.language(Scope.USER, "T1", "U1") for _ in range(2)]


async def test_as_many_as_fit(database: Database) -> None:
    """Exactly the limit is in memory as a whole."""
    await choose_many(database, "en")
    seen, preferences = watched(database, most=len(MANY))
    await preferences.refresh()
    assert (None, 1) == (await preferences.language(Scope.USER, "T1", "U9"), seen.readings)


async def test_without_the_database(database: Database) -> None:
    """What is in memory stays; what could not be stored does not count."""
    preferences = Preferences(database)
    await preferences.set_language(Scope.USER, "T1", "U1", "pt-BR")
    await preferences.refresh()
    await database.write(lambda connection: connection.exec_driver_sql("DROP TABLE preference"))
    with pytest.raises(StorageError):
        await preferences.set_language(Scope.USER, "T1", "U1", "en")
    with pytest.raises(StorageError):
        await Preferences(database).language(Scope.USER, "T1", "U1")
    assert "pt-BR" == await preferences.language(Scope.USER, "T1", "U1")


async def test_cleared(database: Database) -> None:
    """A choice that is cleared is gone at once; to clear it again is no error."""
    preferences = Preferences(database)
    for language in ("pt-BR", None, None):
        await preferences.set_language(Scope.CHANNEL, "T1", "C1", language)
        assert language == await preferences.language(Scope.CHANNEL, "T1", "C1")
        assert language == await Preferences(database).language(Scope.CHANNEL, "T1", "C1")


async def test_apart(database: Database) -> None:
    """Users, channels and teams choose apart."""
    preferences = Preferences(database)
    # The same identifier in each, which Slack would not give.
    await preferences.set_language(Scope.USER, "T1", "X1", "pt-BR")
    await preferences.set_language(Scope.CHANNEL, "T1", "X1", "en")
    assert "pt-BR" == await preferences.language(Scope.USER, "T1", "X1")
    assert "en" == await preferences.language(Scope.CHANNEL, "T1", "X1")
    assert await preferences.language(Scope.USER, "T2", "X1") is None
    await preferences.set_language(Scope.USER, "T1", "X1", None)
    assert "en" == await preferences.language(Scope.CHANNEL, "T1", "X1")


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
