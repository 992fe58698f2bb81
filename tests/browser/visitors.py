"""Visitors of the playground in a real browser, and checks of what they see."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from aiohttp import web
from aiohttp.typedefs import Handler
from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    expect,
)

from bot.demo.playground.serving import HOST, Playground
from bot.domain.call_status import read_result
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import Explanation, explain
from bot.gateway.sandbox.server import Listener, running_sandbox
from tests.support.wording import EN, PT, say

SCREENSHOTS: Final = Path(__file__).parents[2] / ".cache" / "screenshots"
PATIENCE_MILLISECONDS: Final = 30_000
# A file of the playground: opening it leaves the page before the server stops.
_ASIDE: Final = "page/mark.svg"

Scheme = Literal["light", "dark"]


def script(name: str) -> str:
    """A script of the tests as a JavaScript expression."""
    return Path(__file__).with_name(name).read_text("utf-8").rstrip().removesuffix(";")


def label(name: str, catalog: Catalog = EN, /, **values: object) -> str:
    """A text of the page."""
    return say(f"playground.{name}", catalog, **values)


def explained(result: str, catalog: Catalog = EN) -> Explanation:
    """The bot's explanation of a result."""
    return explain(read_result(result), catalog)


AUDIT: Final = script("audit.js")
BRUNO: Final = label("own_language", PT)
GLOBAL_SHORTCUT: Final = label("global_shortcut")
HINT: Final = label("start_button")
ONLY_YOU: Final = label("only_you")
SHORTCUT: Final = label("shortcut")


@dataclass(kw_only=True)
class Gateway:
    """The sandbox gateway with a controlled clock, whose answers a test can hold back."""

    now: float = 0.0
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self, *, port: int, listener: Listener) -> AsyncIterator[str]:
        """Serve it; at first it answers immediately."""
        self.answering.set()
        async with running_sandbox(
            HOST, port, clock=lambda: self.now, listener=listener, middlewares=[self._hold]
        ) as url:
            yield url

    @web.middleware
    async def _hold(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await self.answering.wait()
        return await handler(request)


@dataclass(kw_only=True)
class Visitor:
    """A user of one page."""

    page: Page
    playground: Playground
    requests: list[str]
    complaints: list[str]
    pictures: bool

    @property
    def messages(self) -> Locator:
        """The messages of the open conversation."""
        return self.page.locator("#messages > li")

    @property
    def thread(self) -> Locator:
        """The messages of the open thread."""
        return self.page.locator("#thread li.message")

    def button(self, name: str) -> Locator:
        """A button by its full name."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def press(self, card: Locator, name: str) -> None:
        """Press a card's button, or choose it in the card's menu, such as "details"."""
        wanted = say(f"button.{name}")
        button = card.get_by_role("button", name=wanted, exact=True)
        if not await button.count():
            await card.get_by_role("button", name=label("more"), exact=True).click()
            button = card.get_by_role("menuitem", name=wanted, exact=True)
        await button.click()

    async def open_thread(self) -> None:
        """Open the thread of the newest message that has been answered."""
        await self.page.locator("#messages .answers").last.click()

    async def go(self, link: str, title: str) -> None:
        """Open a conversation by the start of its link, and wait until it is shown."""
        await self.page.get_by_role("link", name=re.compile(f"^{re.escape(link)}")).click()
        await expect(self.page.locator("h1")).to_have_text(title)

    async def type(self, text: str) -> None:
        """Type into the composer and send."""
        await self.page.locator("#foot textarea").fill(text)
        await self.page.locator("#foot textarea").press("Enter")

    async def sees(self, text: str, *, within: str = "body") -> Locator:
        """Wait until a text is visible."""
        found = self.page.locator(within).get_by_text(text).last
        await found.wait_for()
        return found

    async def picture(self, name: str) -> None:
        """Store a screenshot if artefacts are requested."""
        if self.pictures:
            await self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    async def ask(self, script: str, given: Any = None) -> Any:
        """Run a script in the page."""
        return await self.page.evaluate(script, given)


@dataclass
class Visitors:
    """Opens pages, and checks at the end that none had an error.

    The first visitor uses the `window` that all tests of a process share: each playground has its
    own port, so its localStorage is separate from that of the next test.
    """

    window: Page
    playground: Playground
    pictures: bool
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        await self.window.mouse.move(0, 0)
        self._listen(self.window)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for context in self._contexts:
            await context.close()
        await self.window.unroute_all()
        await self.window.goto(self.playground.url + _ASIDE)
        self.window.remove_listener("console", self._note)
        self.window.remove_listener("pageerror", self._note_error)
        self.window.remove_listener("request", self._count)
        if kind is None:
            assert [] == self.complaints, self.complaints
            assert [] == [url for url in self.requests if not url.startswith(self.playground.url)]
            slack = self.playground.stage.slack
            assert [] == [*slack.refusals, *slack.warnings]

    async def come(
        self,
        path: str = "",
        *,
        width: int = 1440,
        height: int = 900,
        scheme: Scheme = "light",
        moving: bool = False,
    ) -> Visitor:
        """Open the page in the shared window; `moving` enables animations."""
        await self.window.set_viewport_size({"width": width, "height": height})
        motion: Literal["no-preference", "reduce"] = "no-preference" if moving else "reduce"
        await self.window.emulate_media(color_scheme=scheme, reduced_motion=motion)
        return await self._open(self.window, path)

    async def come_apart(self, path: str = "", locale: str = "en-US") -> Visitor:
        """Open the page in a new browser context, as another user."""
        browser = self.window.context.browser
        assert browser is not None
        context = await browser.new_context(reduced_motion="reduce", locale=locale)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        self._contexts.append(context)
        page = await context.new_page()
        self._listen(page)
        return await self._open(page, path)

    async def _open(self, page: Page, path: str) -> Visitor:
        await page.goto(self.playground.url + path)
        await page.locator("h1").wait_for()
        return Visitor(
            page=page,
            playground=self.playground,
            requests=self.requests,
            complaints=self.complaints,
            pictures=self.pictures,
        )

    def _listen(self, page: Page) -> None:
        page.on("console", self._note)
        page.on("pageerror", self._note_error)
        page.on("request", self._count)

    def _note(self, message: ConsoleMessage) -> None:
        # Chromium requests a favicon even for a bare image.
        iconless = message.location["url"].endswith("/favicon.ico")
        if message.type in {"error", "warning"} and not iconless:
            self.complaints.append(message.text)

    def _note_error(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _count(self, request: Request) -> None:
        self.requests.append(request.url)


async def audit(visitor: Visitor, name: str) -> list[str]:
    """Accessibility problems of the page, in both colour schemes."""
    found = []
    for scheme in ("light", "dark"):
        await visitor.page.emulate_media(color_scheme=scheme)
        found += [f"{name}, {scheme}: {one}" for one in await visitor.ask(AUDIT)]
        await visitor.picture(f"{name}-{scheme}")
    return found
