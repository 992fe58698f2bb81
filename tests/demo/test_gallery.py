"""The gallery is complete, and Slack would accept every card.

`tests/cards` tests what each card looks like.
"""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.gallery import Exhibit, Room, exhibits
from bot.demo.studio import Shown, Surface
from bot.domain.access import Refusal
from bot.domain.call_status import Outcome
from bot.domain.texts.catalog import Kind, Language
from tests.fake_slack.blocks import modal, section
from tests.support.error_tree import LEAVES
from tests.support.wording import EN

Gallery = tuple[Exhibit, ...]


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    """Every exhibit."""
    return exhibits()


@pytest.fixture(scope="module")
def names(gallery: Gallery) -> set[str]:
    """The ids of the exhibits."""
    return {one.id for one in gallery}


def test_slack_would_accept_every_card(gallery: Gallery) -> None:
    """The rules are those of the loopback Slack; a message has a plain text, too."""
    refused = [(one.id, one.language, one.problems()) for one in gallery if one.problems()]
    mute = [
        (one.id, one.language)
        for one in gallery
        if one.shown.surface is Surface.MESSAGE and not one.shown.content["text"]
    ]

    assert ([], []) == (refused, mute)


def test_a_card_that_slack_would_refuse_says_why() -> None:
    """Each surface has its own rules; the page gets the problems."""
    bad: dict[Surface, dict[str, Any]] = {
        Surface.MESSAGE: {"text": "x", "blocks": [section()] * 51},
        Surface.MODAL: modal(title=None),
        Surface.HOME: {"type": "home", "blocks": [section("")]},
    }
    cards = [
        Exhibit(
            id="bad",
            room=Room.NOTES,
            language=Language.ENGLISH,
            shown=Shown(surface=surface, content=content),
        )
        for surface, content in bad.items()
    ]

    places = [line.partition("[json-pointer:")[2] for one in cards for line in one.problems()]
    assert ["/blocks]", "/view/title]", "/blocks/0/text/text]"] == places
    assert [one.problems() for one in cards] == [one.as_json()["problems"] for one in cards]


def test_every_card_is_there_once_in_each_language(gallery: Gallery) -> None:
    """An id is part of a URL, so it is unique in its language; both languages have the same."""
    english, portuguese = (
        [one.id for one in gallery if one.language is language] for language in Language
    )

    assert english == portuguese
    assert len(set(english)) == len(english)
    assert set(Room) == {one.room for one in gallery}


def test_both_languages_really_differ(gallery: Gallery) -> None:
    """No Portuguese card has an English text."""
    pairs = zip(gallery[::2], gallery[1::2], strict=True)

    assert [] == [one.id for one, other in pairs if one.shown.content == other.shown.content]


def test_every_look_up_error_has_a_card(names: set[str]) -> None:
    """The leaves of the gateway's error tree, and the bot's own errors."""
    assert set() == {f"error-{leaf.code}" for leaf in LEAVES} - names


def test_every_outcome_and_every_gateway_code_has_a_card(gallery: Gallery, names: set[str]) -> None:
    """One code represents each group."""
    shown = str([one.shown.content for one in gallery])
    gateway = {entry.code for entry in EN.of_kind(Kind.GATEWAY) if not entry.is_group}

    assert set() == {f"gateway-{code}" for code in gateway | {"850", "950", "777"}} - names
    assert [] == [one for one in Outcome if EN.say(f"icon.{one}") not in shown]


def test_every_frequent_sip_code_and_every_refusal_has_a_card(names: set[str]) -> None:
    """A new code in the language files gets a card automatically."""
    frequent = {f"sip-{entry.code}" for entry in EN.of_kind(Kind.SIP) if entry.frequent}

    assert frequent
    assert set() == (frequent | {f"refused-{one}" for one in Refusal}) - names
