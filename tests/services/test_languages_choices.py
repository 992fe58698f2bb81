"""Choices of language against a database: kept, dropped, and done without."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest

from bot.domain.texts.catalog import Language
from bot.locales import load_catalog
from bot.services.languages import Languages, NotChosen
from bot.storage.database import Database, open_database
from bot.storage.preferences import Preferences, Scope
from bot.storage.schema import PREFERENCE

ENGLISH, PORTUGUESE = load_catalog(Language.ENGLISH), load_catalog(Language.PORTUGUESE)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """A database in memory."""
    async with open_database("sqlite:///:memory:") as opened:
        yield opened


def languages(database: Database, locale: str | None = None) -> Languages:
    """Of a bot that speaks English, before a Slack where everybody has this locale."""

    async def locale_of(_user: str) -> str | None:
        return locale

    return Languages(
        default=Language.ENGLISH,
        load=load_catalog,
        preferences=Preferences(database),
        locale_of=locale_of,
    )


@pytest.mark.parametrize(
    ("chosen", "locale", "expected"),
    [
        (None, None, ENGLISH),
        (None, "pt-BR", PORTUGUESE),
        (None, "es-ES", ENGLISH),
        ("en", "pt-BR", ENGLISH),
        ("pt", "en-US", PORTUGUESE),
        ("pt", None, PORTUGUESE),
    ],
    ids=["bot's", "Slack's", "none of ours", "English chosen", "Portuguese chosen", "no locale"],
)
async def test_a_choice_goes_before_slack_and_slack_before_the_bot(
    database: Database, chosen: str | None, locale: str | None, expected: object
) -> None:
    """For what one person reads; the channel heeds neither."""
    found = languages(database, locale)
    if chosen is not None:
        await found.choose("T1", "U1", chosen)

    assert expected is await found.of_person("T1", "U1")
    assert ENGLISH is await found.of_channel("T1", "C1")


async def test_a_channels_choice_is_the_channels(database: Database) -> None:
    """Of one workspace, and of no person that has the same id."""
    found = languages(database)

    assert PORTUGUESE is await found.choose("T1", "C1", "português", Scope.CHANNEL)
    assert PORTUGUESE is await found.of_channel("T1", "C1")
    assert [ENGLISH, ENGLISH, ENGLISH] == [
        await found.of_channel("T2", "C1"),
        await found.of_channel("T1", "C2"),
        await found.of_person("T1", "C1"),
    ]


async def test_a_choice_can_be_dropped(database: Database) -> None:
    """Slack's locale counts again."""
    found = languages(database, "pt-BR")
    await found.choose("T1", "U1", "en")
    assert await found.forget("T1", "U1") is None

    assert (None, PORTUGUESE) == (
        await found.chosen_by("T1", "U1"),
        await found.of_person("T1", "U1"),
    )


async def test_what_names_no_language_is_not_kept(database: Database) -> None:
    """For a person as for a channel."""
    found = languages(database)

    assert [NotChosen.UNKNOWN, NotChosen.UNKNOWN, None] == [
        await found.choose("T1", "U1", "klingon"),
        await found.choose("T1", "C1", "", Scope.CHANNEL),
        await found.chosen_by("T1", "U1"),
    ]


async def test_without_a_database_slack_and_the_bot_decide(
    database: Database, log: io.StringIO
) -> None:
    """Reading falls back, and says so in the log."""
    await drop(database)
    found = languages(database, "pt-BR")

    assert PORTUGUESE is await found.of_person("T1", "U1")
    assert ENGLISH is await found.of_channel("T1", "C1")
    assert "languages cannot be read" in log.getvalue()


async def test_a_choice_that_cannot_be_kept_is_said_not_to_be(
    database: Database, log: io.StringIO
) -> None:
    """Nobody is told that it was kept, and the log tells the operator."""
    await drop(database)
    found = languages(database)

    assert [NotChosen.NOT_KEPT] * 3 == [
        await found.choose("T1", "U1", "pt"),
        await found.choose("T1", "C1", "pt", Scope.CHANNEL),
        await found.forget("T1", "U1"),
    ]
    assert 3 == log.getvalue().count("a choice of language was not kept")


async def drop(database: Database) -> None:
    """Let every later statement fail."""
    await database.write(lambda found: found.exec_driver_sql(f"DROP TABLE {PREFERENCE.name}"))
