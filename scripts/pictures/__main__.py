"""`python -m scripts.pictures`: regenerates the documentation's pictures with Chromium."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, async_playwright

from bot.demo.playground.serving import running_playground
from bot.domain.texts.catalog import Language
from bot.locales import load_catalog
from scripts.pictures import CARDS, DIGESTS, FOLDER, PLAYGROUND, digests
from scripts.pictures.chromium import CHROMIUM, FLAGS, MISSING, UNCOVER

_ZONE: Final = "America/Sao_Paulo"
# Wide enough for one column of the gallery, at double resolution.
_CARD_WIDTH: Final = 700
_PAGE_WIDTH: Final = 1380
_HEIGHT: Final = 860
_SHARPNESS: Final = 1.5


async def main() -> int:
    """Write all pictures and their digests; 1 if there is no Chromium."""
    if not CHROMIUM.exists():
        print(MISSING, file=sys.stderr)
        return 1
    async with async_playwright() as playwright, running_playground(Language.ENGLISH, 0) as stage:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for language in Language:
            await _cards(browser, stage.url, language)
        await _playground(browser, stage.url)
        await browser.close()
    text = json.dumps(digests(), indent=2) + "\n"
    (FOLDER / DIGESTS).write_text(text, encoding="utf-8")
    return 0


async def _cards(browser: Browser, url: str, language: Language) -> None:
    page = await _opened(browser, f"{url}gallery?language={language}", _CARD_WIDTH, language)
    await page.evaluate(UNCOVER)
    for name, (exhibit, spoken) in CARDS.items():
        if spoken is language:
            card = page.locator(f"[id='{exhibit}'] > :last-child")
            await card.screenshot(path=_file(name))


async def _playground(browser: Browser, url: str) -> None:
    """A newcomer's first minute: the complaint, and the bot's answer in its thread."""
    page = await _opened(browser, url, _PAGE_WIDTH, Language.ENGLISH)
    say = load_catalog(Language.ENGLISH).say
    await page.get_by_role("button", name=say("playground.start_button")).click()
    await page.locator("#thread").get_by_text(say("button.customer")).first.wait_for()
    await page.locator("#place").hover()
    await page.screenshot(path=_file(PLAYGROUND), animations="disabled")


async def _opened(browser: Browser, url: str, width: int, language: Language) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": _HEIGHT},
        device_scale_factor=_SHARPNESS,
        timezone_id=_ZONE,
        locale=language.value,
        color_scheme="light",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(url)
    await page.locator("h1").wait_for()
    return page


def _file(name: str) -> Path:
    path = FOLDER / f"{name}.png"
    print(path.relative_to(FOLDER.parents[1]))
    return path


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
