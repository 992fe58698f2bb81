"""The gallery: that nothing is missing in it, and that Slack would take every card of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from bot.demo.gallery import Exhibit, Room, exhibits
from bot.demo.loopback.block_rules import Surface as Place
from bot.demo.loopback.block_rules import problems_of_blocks
from bot.demo.loopback.view_rules import problems_of_view
from bot.demo.studio import Surface
from bot.domain.access import Refusal
from bot.domain.call_status import Outcome
from bot.domain.catalog import Kind, Language
from bot.gateway.errors import LEAVES
from bot.locales import load_catalog

EXHIBITS: Final = exhibits()
NAMES: Final = {one.id for one in EXHIBITS}
PLACES: Final[Mapping[Surface, Place]] = {Surface.MODAL: Place.MODAL, Surface.HOME: Place.HOME}


def content(exhibit: Exhibit) -> dict[str, Any]:
    """What an exhibit shows, as plain data."""
    return exhibit.shown.content


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda one: f"{one.id}-{one.language}")
def test_slack_would_take_every_card(exhibit: Exhibit) -> None:
    """By the same strict rules as those of the loopback Slack."""
    if exhibit.shown.surface is Surface.MESSAGE:
        assert [] == problems_of_blocks(content(exhibit)["blocks"], Place.MESSAGE)
        assert content(exhibit)["text"]
    else:
        assert [] == problems_of_view(content(exhibit), PLACES[exhibit.shown.surface])


def test_every_card_hangs_once_in_each_language() -> None:
    """An id is an address, so it is unique in its language; both languages have the same."""
    by_language = {
        language: [one.id for one in EXHIBITS if one.language is language] for language in Language
    }
    english, portuguese = by_language.values()

    assert english == portuguese
    assert len(set(english)) == len(english)
    assert set(Room) == {one.room for one in EXHIBITS}


def test_both_languages_really_differ() -> None:
    """No Portuguese card was made of English texts."""
    for english, portuguese in zip(EXHIBITS[::2], EXHIBITS[1::2], strict=True):
        assert english.id == portuguese.id
        assert content(english) != content(portuguese), english.id


def test_every_error_of_a_look_up_hangs() -> None:
    """Each leaf of the gateway's error tree, and the bot's own."""
    assert {f"error-{leaf.code}" for leaf in LEAVES} <= NAMES


def test_every_outcome_and_every_code_of_the_gateway_hangs() -> None:
    """Of a group of codes, one stands for all."""
    shown = str([content(one) for one in EXHIBITS])
    catalog = load_catalog(Language.ENGLISH)
    gateway = [entry.code for entry in catalog.of_kind(Kind.GATEWAY) if not entry.is_group]

    assert {f"gateway-{code}" for code in gateway} <= NAMES
    assert {"gateway-850", "gateway-950", "gateway-777"} <= NAMES
    for outcome in Outcome:
        assert catalog.say(f"icon.{outcome}") in shown, outcome


def test_every_frequent_sip_code_and_every_refusal_hangs() -> None:
    """A new one in the language files hangs by itself."""
    catalog = load_catalog(Language.ENGLISH)
    frequent = {f"sip-{e.code}" for e in catalog.of_kind(Kind.SIP) if e.frequent}

    assert frequent
    assert frequent <= NAMES
    assert {f"refused-{one}" for one in Refusal} <= NAMES


def test_the_gallery_is_the_same_every_time() -> None:
    """No clock and no chance is in it, so that pictures change only when a card does."""
    assert [one.as_json() for one in EXHIBITS] == [one.as_json() for one in exhibits()]
