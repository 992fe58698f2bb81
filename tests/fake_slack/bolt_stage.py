"""slack-bolt's real AsyncApp at the loopback Slack, in either mode, to validate its payloads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.people.person import Person, person_over_http, person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.settings.settings import Mode

Payload = dict[str, Any]


class Clock:
    """A clock that only a test advances."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        """The time, in seconds since the epoch."""
        return self.now


@dataclass(kw_only=True)
class BoltStage:
    """A Bolt app without listeners; a test adds its own, which record what they get."""

    mode: Mode
    slack: LoopbackSlack
    person: Person
    app: AsyncApp
    client: AsyncWebClient
    seen: list[Any] = field(default_factory=list)
    _noted: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, *what: Any) -> None:
        """Record what a listener got."""
        self.seen.append(what[0] if len(what) == 1 else what)
        self._noted.set()

    async def noted(self, count: int = 1) -> list[Any]:
        """Wait until listeners have recorded this many calls."""
        async with asyncio.timeout(20):
            while len(self.seen) < count:
                self._noted.clear()
                await self._noted.wait()
        return self.seen


@asynccontextmanager
async def bolt_stage(mode: Mode, *, clock: Callable[[], float]) -> AsyncIterator[BoltStage]:
    """Run a loopback Slack with a Bolt app behind it."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(running_slack(clock=clock))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        # Without a name Bolt reads the source of every frame on the stack to guess one: slow.
        app = AsyncApp(name="stage", client=client, signing_secret=slack.signing_secret)
        if mode is Mode.SOCKET:
            handler = AsyncSocketModeHandler(app, slack.app_token)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            stack.push_async_callback(handler.close_async)
            person = person_over_socket(slack)
        else:
            url = await stack.enter_async_context(_served(app))
            person = await stack.enter_async_context(person_over_http(slack, url))
        yield BoltStage(mode=mode, slack=slack, person=person, app=app, client=client)


@asynccontextmanager
async def _served(app: AsyncApp) -> AsyncIterator[str]:
    runner = web.AppRunner(app.web_app(path="/slack/events"), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


async def refusal_of(call: Any) -> Payload:
    """The body of a refused Web API call."""
    with pytest.raises(SlackApiError) as refused:
        await call
    data = refused.value.response.data
    assert isinstance(data, dict)
    return data
