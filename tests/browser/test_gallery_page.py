"""The gallery in a real browser; a picture of each card is stored on request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from playwright.async_api import expect

from bot.demo.gallery import Exhibit, Room, exhibits
from bot.domain.texts.catalog import Language
from scripts.pictures.chromium import UNCOVER
from tests.browser.visitors import SCREENSHOTS, Visitor, Visitors, audit, label
from tests.support.wording import BUSY_PT, PT

FAULTS: Final = """
() => [...document.querySelectorAll('.exhibit')].flatMap((card) => [
  ...[...card.querySelectorAll('.unknown')].map((one) => `${card.id}: unknown ${one.textContent}`),
  ...[...card.querySelectorAll('.block:not(hr)')]
    .filter((one) => !one.textContent.trim())
    .map((one) => `${card.id}: empty ${one.outerHTML}`),
  ...(card.scrollWidth > card.clientWidth + 1 ? [`${card.id}: cut off`] : []),
])
"""


# Imported on use: it takes half a second.
everything: Final = cache(exhibits)


def hung(language: Language) -> list[Exhibit]:
    """The exhibits in a language."""
    return [one for one in everything() if one.language is language]


async def test_every_card_is_drawn_whole(visitors: Visitors) -> None:
    """No block is unknown to the renderer, empty or cut off."""
    gallery = await visitors.come("gallery")
    cards = gallery.page.locator(".exhibit")
    for language in Language:
        await gallery.page.locator("#language").select_option(language.value)
        own = [one.id for one in hung(language)]

        assert own == await cards.evaluate_all("all => all.map(one => one.id)")
        assert [] == await gallery.ask(FAULTS)
        if gallery.pictures:
            await store_pictures(gallery, own, SCREENSHOTS / "cards" / language)


async def store_pictures(gallery: Visitor, names: Sequence[str], folder: Path) -> None:
    """Store a picture of each card."""
    await gallery.page.evaluate(UNCOVER)
    for name in names:
        await gallery.page.locator(f"[id='{name}']").screenshot(path=folder / f"{name}.png")


async def test_the_gallery_can_be_read_by_everybody(visitors: Visitors) -> None:
    """This holds for all cards in both colour schemes."""
    gallery = await visitors.come("gallery")

    assert [] == await audit(gallery, "gallery")


async def test_the_gallery_is_filtered_by_kind(visitors: Visitors) -> None:
    """Each kind has a section with its name."""
    gallery = await visitors.come(f"gallery?room={Room.HOME}")
    for room in Room:
        await gallery.page.get_by_label(label("room")).select_option(room.value)

        wanted = [one for one in hung(Language.ENGLISH) if one.room is room]
        assert wanted
        await expect(gallery.page.locator(".exhibit")).to_have_count(len(wanted))
        assert f"room={room}" in gallery.page.url


async def test_the_gallery_changes_the_language_and_finds_words(visitors: Visitors) -> None:
    """The URL contains the choice, so that it can be shared."""
    gallery = await visitors.come(f"gallery?room={Room.OUTCOMES}")
    await gallery.page.locator("#language").select_option("pt-BR")
    box = gallery.page.get_by_label(label("find", PT))
    await box.fill("ocupado")

    await gallery.sees(BUSY_PT)
    few = await gallery.page.locator(".exhibit").count()
    assert 0 < few < 40
    await gallery.page.reload()
    await expect(gallery.page.locator(".exhibit")).to_have_count(few)
    await box.fill("nao foi completada")
    await gallery.sees(BUSY_PT)
    await box.fill("xyzzy")
    await gallery.sees(label("gallery_empty", PT))


async def test_people_and_channels_have_their_names(visitors: Visitors) -> None:
    """As in Slack, no card shows an id instead."""
    gallery = await visitors.come("gallery")

    shown = await gallery.page.locator("#hall .mention").all_inner_texts()
    assert {"@ana", "#support-en"} <= {*shown}
    assert [] == [one for one in shown if re.fullmatch("[@#][UC]0[A-Z0-9]+", one)]


async def test_a_card_has_its_own_url(visitors: Visitors) -> None:
    """The URL shows the card."""
    gallery = await visitors.come("gallery#error-timeout")

    await expect(gallery.page.locator("#error-timeout")).to_be_in_viewport()
