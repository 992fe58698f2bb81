"""Which language a person is answered in, and which names of languages are understood."""

from __future__ import annotations

import pytest

from bot.domain.catalog import Language
from bot.domain.language_names import named_language
from bot.locales import load_catalog
from bot.services.languages import Languages


def languages(default: Language = Language.ENGLISH) -> Languages:
    """The real catalogs."""
    return Languages(default=default, load=load_catalog)


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("pt", Language.PORTUGUESE),
        ("PT-br", Language.PORTUGUESE),
        ("pt_BR", Language.PORTUGUESE),
        ("Português", Language.PORTUGUESE),
        ("portuguese", Language.PORTUGUESE),
        (" en ", Language.ENGLISH),
        ("en-US", Language.ENGLISH),
        ("inglês", Language.ENGLISH),
        ("ENGLISH", Language.ENGLISH),
        ("es", None),
        ("", None),
        ("pt pt", None),
    ],
)
def test_a_language_is_named_in_either_language(typed: str, language: Language | None) -> None:
    """Codes and names, with or without accents and capitals."""
    assert language == named_language(typed)


@pytest.mark.parametrize("default", list(Language))
def test_without_a_choice_the_bots_language_holds(default: Language) -> None:
    """BOT_LANGUAGE is what everybody gets first."""
    assert load_catalog(default) is languages(default).catalog_for("T", "U")


def test_a_choice_holds_for_one_person_of_one_workspace() -> None:
    """The same user id of another workspace is another person."""
    chosen = languages()

    chosen.choose("T1", "U1", "pt")

    assert load_catalog(Language.PORTUGUESE) is chosen.catalog_for("T1", "U1")
    assert load_catalog(Language.ENGLISH) is chosen.catalog_for("T2", "U1")
    assert load_catalog(Language.ENGLISH) is chosen.catalog_for("T1", "U2")


def test_a_choice_does_not_change_what_the_channel_reads() -> None:
    """Public cards keep the bot's language."""
    chosen = languages()

    chosen.choose("T1", "U1", "pt")

    assert load_catalog(Language.ENGLISH) is chosen.public_catalog()


def test_an_unknown_language_changes_nothing() -> None:
    """The earlier choice stays."""
    chosen = languages()
    chosen.choose("T1", "U1", "pt")

    assert chosen.choose("T1", "U1", "klingon") is None
    assert load_catalog(Language.PORTUGUESE) is chosen.catalog_for("T1", "U1")


def test_the_last_choice_holds() -> None:
    """Somebody may change their mind."""
    chosen = languages()
    chosen.choose("T1", "U1", "pt")
    chosen.choose("T1", "U1", "en")

    assert load_catalog(Language.ENGLISH) is chosen.catalog_for("T1", "U1")
