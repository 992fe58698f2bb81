"""The gallery in a real browser; each card is kept as a picture to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import expect

from bot.demo.gallery import Room, exhibits
from bot.domain.catalog import Language
from browser.visitors import SCREENSHOTS, Visitor, Visitors
from pictures.chromium import UNCOVER

EXHIBITS: Final = exhibits()


@pytest.mark.parametrize("language", list(Language))
async def test_every_card_hangs_in_the_gallery_and_is_drawn_whole(
    visitors: Visitors, language: Language, pytestconfig: pytest.Config
) -> None:
    """No block that the renderer does not know, none that is empty, nothing cut off."""
    gallery = await visitors.come(f"gallery?language={language}")
    cards = gallery.page.locator(".exhibit")
    own = [one.id for one in EXHIBITS if one.language is language]
    await expect(cards).to_have_count(len(own))

    assert own == await cards.evaluate_all("all => all.map(one => one.id)")
    assert 0 == await gallery.page.locator(".unknown").count()
    empty = "all => all.filter(one => !one.textContent.trim()).length"
    assert 0 == await gallery.page.locator(".block:not(hr)").evaluate_all(empty)
    wide = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.id)"
    assert [] == await cards.evaluate_all(wide)
    if pytestconfig.getoption("screenshots"):
        await keep(gallery, own, SCREENSHOTS / "cards" / language)


async def keep(gallery: Visitor, names: Sequence[str], folder: Path) -> None:
    """Keep a picture of each card."""
    await gallery.page.evaluate(UNCOVER)
    for name in names:
        await gallery.page.locator(f"[id='{name}']").screenshot(path=folder / f"{name}.png")


async def test_the_gallery_is_filtered_by_kind(visitors: Visitors) -> None:
    """Each kind has its wall with its name."""
    gallery = await visitors.come("gallery")
    for room in Room:
        await gallery.page.get_by_label("Kind").select_option(room.value)

        wanted = [one for one in EXHIBITS if (one.room, one.language) == (room, Language.ENGLISH)]
        assert wanted
        await expect(gallery.page.locator(".exhibit")).to_have_count(len(wanted))
        assert f"room={room}" in gallery.page.url


async def test_the_gallery_changes_the_language_and_finds_words(visitors: Visitors) -> None:
    """The address holds the choice, so that it can be passed on."""
    gallery = await visitors.come("gallery")
    await gallery.page.locator("#language").select_option("pt-BR")
    await gallery.page.get_by_label("Procurar").fill("ocupado")

    await gallery.sees("A chamada não foi completada: número ocupado.")
    few = await gallery.page.locator(".exhibit").count()
    assert 0 < few < 40
    await gallery.page.reload()
    await expect(gallery.page.locator(".exhibit")).to_have_count(few)
    await gallery.page.get_by_label("Procurar").fill("nao foi completada")
    await gallery.sees("A chamada não foi completada: número ocupado.")
    await gallery.page.get_by_label("Procurar").fill("xyzzy")
    await gallery.sees("Nada assim está exposto aqui.")


async def test_a_card_has_an_address_of_its_own(visitors: Visitors) -> None:
    """A link to it shows it."""
    gallery = await visitors.come("gallery#error-timeout")

    await expect(gallery.page.locator("#error-timeout")).to_be_in_viewport()
