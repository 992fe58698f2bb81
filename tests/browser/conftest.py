"""Fixtures: a real Chromium and the playground that it opens."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from bot.demo.playground.serving import Playground, running_playground
from bot.domain.texts.catalog import Language
from bot.domain.timing import Timing
from scripts.pictures.chromium import CHROMIUM, FLAGS, MISSING
from tests.browser.visitors import PATIENCE_MILLISECONDS, Gateway, Visitor, Visitors
from tests.support.scene import UNHURRIED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all of them in one event loop, because the browser connection belongs to it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def window() -> AsyncIterator[Page]:
    """A page in Debian's Chromium with a new profile; without Chromium a skip, in CI a failure."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = await browser.new_context()
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        yield await context.new_page()
        await browser.close()


@pytest.fixture
def gateway() -> Gateway:
    """The gateway behind the playground."""
    return Gateway()


@pytest.fixture
def timing() -> Timing:
    """The waits of the bot behind the playground."""
    return UNHURRIED


@pytest.fixture
def opened_in() -> Language | None:
    """The language that the page opens in; by default the browser's."""
    return None


@pytest_asyncio.fixture(loop_scope="session")
async def playground(
    timing: Timing, gateway: Gateway, opened_in: Language | None
) -> AsyncIterator[Playground]:
    """A playground on a free port."""
    async with running_playground(
        Language.ENGLISH, 0, opened_in=opened_in, timing=timing, gateway=gateway.running
    ) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(
    window: Page, playground: Playground, pytestconfig: pytest.Config
) -> AsyncIterator[Visitors]:
    """Opens pages for a test, and checks at the end that none had an error."""
    pictures = pytestconfig.getoption("screenshots")
    async with Visitors(window, playground, pictures) as coming:
        yield coming


@pytest_asyncio.fixture(loop_scope="session")
async def ana(visitors: Visitors) -> Visitor:
    """A first-time visitor with a screen of typical size."""
    return await visitors.come()
