"""Which language a person is answered in, and which names of languages are understood."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.domain.texts.catalog import Language
from bot.locales import load_catalog
from bot.services.languages import Languages, NotChosen
from bot.storage.database import Database, open_database
from bot.storage.preferences import Preferences, Scope

ENGLISH, PORTUGUESE = load_catalog(Language.ENGLISH), load_catalog(Language.PORTUGUESE)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """A database of this test's own."""
    async with open_database("sqlite:///:memory:") as opened:
        yield opened


def languages(
    database: Database, default: Language = Language.ENGLISH, locale: str | None = None
) -> Languages:
    """The real catalogs and choices, in a Slack where everybody has this locale."""

    async def locale_of(user: str) -> str | None:
        del user
        return locale

    return Languages(
        default=default,
        load=load_catalog,
        preferences=Preferences(database),
        locale_of=locale_of,
    )


@pytest.mark.parametrize("default", list(Language))
async def test_without_a_choice_the_bots_language_holds(
    database: Database, default: Language
) -> None:
    """BOT_LANGUAGE is what everybody gets first, people and channels."""
    chosen = languages(database, default)

    assert load_catalog(default) is await chosen.of_person("T", "U")
    assert load_catalog(default) is await chosen.of_channel("T", "C")


@pytest.mark.parametrize(
    ("locale", "language"),
    [("pt-BR", Language.PORTUGUESE), ("en-GB", Language.ENGLISH), ("fr-FR", Language.PORTUGUESE)],
    ids=["spoken", "spoken too", "not spoken"],
)
async def test_slacks_locale_goes_before_the_bots_language(
    database: Database, locale: str, language: Language
) -> None:
    """A locale that the bot speaks is taken, and one that it does not speak is passed over."""
    default = Language.ENGLISH if locale == "pt-BR" else Language.PORTUGUESE

    assert load_catalog(language) is await languages(database, default, locale).of_person("T", "U")


async def test_a_choice_goes_before_slacks_locale(database: Database) -> None:
    """Somebody who chose English gets it in a Portuguese Slack, until the choice is dropped."""
    chosen = languages(database, locale="pt-BR")

    await chosen.choose("T1", "U1", "en")

    assert ENGLISH is await chosen.of_person("T1", "U1")
    await chosen.forget("T1", "U1")
    assert PORTUGUESE is await chosen.of_person("T1", "U1")


async def test_a_choice_holds_for_one_person_of_one_workspace(database: Database) -> None:
    """The same user id of another workspace is another person."""
    chosen = languages(database)

    await chosen.choose("T1", "U1", "pt")

    assert PORTUGUESE is await chosen.of_person("T1", "U1")
    assert ENGLISH is await chosen.of_person("T2", "U1")
    assert ENGLISH is await chosen.of_person("T1", "U2")


async def test_a_choice_does_not_change_what_the_channel_reads(database: Database) -> None:
    """Public cards keep the channel's language."""
    chosen = languages(database)

    await chosen.choose("T1", "U1", "pt")

    assert ENGLISH is await chosen.of_channel("T1", "C1")


async def test_a_channels_choice_holds_for_that_channel_alone(database: Database) -> None:
    """Neither another channel nor what people read alone changes with it."""
    chosen = languages(database)

    assert PORTUGUESE is await chosen.choose("T1", "C1", "pt", Scope.CHANNEL)

    assert PORTUGUESE is await chosen.of_channel("T1", "C1")
    assert ENGLISH is await chosen.of_channel("T1", "C2")
    assert ENGLISH is await chosen.of_person("T1", "U1")


async def test_an_unknown_language_changes_nothing(database: Database) -> None:
    """The earlier choice stays."""
    chosen = languages(database)
    await chosen.choose("T1", "U1", "pt")

    assert await chosen.choose("T1", "U1", "klingon") is NotChosen.UNKNOWN
    assert PORTUGUESE is await chosen.of_person("T1", "U1")


async def test_the_last_choice_holds(database: Database) -> None:
    """Somebody may change their mind."""
    chosen = languages(database)
    await chosen.choose("T1", "U1", "pt")
    await chosen.choose("T1", "U1", "en")

    assert ENGLISH is await chosen.of_person("T1", "U1")


async def test_a_choice_outlives_the_service(database: Database) -> None:
    """It stands in the database, so that a restart forgets nothing."""
    await languages(database).choose("T1", "U1", "pt")

    assert PORTUGUESE is await languages(database).of_person("T1", "U1")
