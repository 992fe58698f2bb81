"""People who open the playground in a real browser, and what a test may ask of what they see."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request

from bot.demo.playground.serving import Playground

SCREENSHOTS: Final = Path(__file__).parents[2] / ".cache" / "screenshots"
PATIENCE_MILLISECONDS: Final = 30_000


def script(name: str) -> str:
    """A script of the tests, as an expression."""
    return Path(__file__).with_name(name).read_text("utf-8").rstrip().removesuffix(";")


@dataclass(kw_only=True)
class Visitor:
    """One page in one browser context."""

    page: Page
    playground: Playground
    requests: list[str]
    complaints: list[str]

    @property
    def messages(self) -> Locator:
        """The messages of the open conversation."""
        return self.page.locator("#messages > li")

    @property
    def thread(self) -> Locator:
        """The messages of the open thread."""
        return self.page.locator("#thread li.message")

    async def type(self, text: str) -> None:
        """Type into the composer and send."""
        await self.page.locator("#foot textarea").fill(text)
        await self.page.locator("#foot textarea").press("Enter")

    async def sees(self, text: str, *, within: str = "body") -> Locator:
        """Wait until a text can be seen."""
        found = self.page.locator(within).get_by_text(text).last
        await found.wait_for()
        return found

    async def picture(self, name: str) -> None:
        """Keep a screenshot as an artefact."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    async def ask(self, script: str, given: Any = None) -> Any:
        """Run a script in the page."""
        return await self.page.evaluate(script, given)


@dataclass
class Visitors:
    """Opens pages, and sees at the end that nothing went wrong in them."""

    browser: Browser
    playground: Playground
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for context in self._contexts:
            await context.close()
        if kind is None:
            assert [] == self.complaints
            assert [] == [url for url in self.requests if not url.startswith(self.playground.url)]
            slack = self.playground.stage.slack
            assert [] == [*slack.refusals, *slack.warnings]

    async def come(
        self, path: str = "", *, width: int = 1440, height: int = 900, **conditions: Any
    ) -> Visitor:
        """Open a page; `conditions` are those of a browser context, such as its colour scheme."""
        size = {"width": width, "height": height}
        context = await self.browser.new_context(viewport=size, **conditions)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        self._contexts.append(context)
        page = await context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._count)
        await page.goto(self.playground.url + path)
        await page.locator("h1").wait_for()
        return Visitor(
            page=page,
            playground=self.playground,
            requests=self.requests,
            complaints=self.complaints,
        )

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _count(self, request: Request) -> None:
        self.requests.append(request.url)
