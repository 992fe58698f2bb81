"""The scene of the scenario tests: the real bot between a loopback Slack and the sandbox gateway.

Nothing is faked but the two outermost ends, and both are reached over real sockets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.bootstrap import RunningBot, running_bot
from bot.demo.loopback.ledger import Message
from bot.demo.person import Ack, Person, person_over_http, person_over_socket
from bot.demo.slack_server import LoopbackSlack, running_slack
from bot.gateway.sandbox import running_sandbox
from bot.gateway.sandbox.server import SeenRequest
from bot.settings import Mode, Settings

COMMAND = "/voicestatus"
CREDENTIAL = "C" * 40
TOKEN = "T0K3N5"


@dataclass(kw_only=True)
class Scene:
    """A running bot, the person who types to it, and what reached both ends."""

    mode: Mode
    person: Person
    slack: LoopbackSlack
    gateway_requests: list[SeenRequest]
    running: RunningBot
    acks: list[Ack] = field(default_factory=list)

    async def type(self, text: str, **who_and_where: str) -> Ack:
        """Type the command with this text; the acknowledgement is Slack's own measure."""
        ack = await self.person.command(COMMAND, text, **who_and_where)
        self.acks.append(ack)
        return ack

    async def answer(self, text: str, *, patience: float = 20.0, **who_and_where: str) -> Message:
        """Type the command and wait for the first message that comes of it."""
        before = len(self.slack.messages)
        await self.type(text, **who_and_where)
        return await self.slack.wait_for_message(before + 1, patience)

    async def settled(self, count: int, *, patience: float = 20.0) -> None:
        """Wait until so many posts to response URLs have arrived."""
        await self.slack.wait_for(lambda: len(self.slack.posts) >= count, patience)

    @property
    def asked(self) -> list[str | None]:
        """The ids that the gateway was asked for, in order."""
        return [request.idmsg for request in self.gateway_requests]

    def url(self, path: str) -> str:
        """An address of the bot's own HTTP server."""
        return f"http://127.0.0.1:{self.running.port}{path}"


def settings_for(slack: LoopbackSlack, gateway: str, mode: Mode, **changes: Any) -> Settings:
    """Settings that connect the bot to both loopback ends."""
    values: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_signing_secret": slack.signing_secret,
        "slack_app_token": slack.app_token,
        "slack_api_url": slack.api_url,
        "bot_mode": mode,
        "bot_port": 0,
        "gateway_url": gateway,
        "gateway_credential": CREDENTIAL,
        "gateway_token": TOKEN,
        "gateway_requests_per_second": 1000,
        "gateway_max_concurrency": 100,
        "database_url": "sqlite:///:memory:",
    }
    return Settings.of(**(values | changes))


@asynccontextmanager
async def playing(mode: Mode, *, ping_seconds: float = 5.0, **changes: Any) -> AsyncIterator[Scene]:
    """Run a scene; at its end Slack must have had nothing to refuse, to warn of or to ring."""
    requests: list[SeenRequest] = []
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(running_slack(ping_seconds=ping_seconds))
        url = await stack.enter_async_context(running_sandbox(port=0, requests=requests))
        settings = settings_for(slack, url, mode, **changes)
        running = await stack.enter_async_context(running_bot(settings))
        person = await stack.enter_async_context(person_of(slack, running))
        yield Scene(
            mode=mode, person=person, slack=slack, gateway_requests=requests, running=running
        )
    assert_slack_content(slack)


@asynccontextmanager
async def person_of(slack: LoopbackSlack, running: RunningBot) -> AsyncIterator[Person]:
    """The person who reaches the bot in the bot's own mode."""
    if running.mode is Mode.SOCKET:
        yield person_over_socket(slack)
        return
    async with person_over_http(slack, f"http://127.0.0.1:{running.port}/slack/events") as person:
        yield person


def assert_slack_content(slack: LoopbackSlack) -> None:
    """Fail if the strict Slack refused, warned of or rang anything."""
    assert [] == slack.refusals
    assert [] == slack.pings
    assert [] == slack.warnings


def texts(part: Any) -> Iterator[str]:
    """Every text that a reader sees in a block, or in anything made of blocks, in order."""
    if isinstance(part, Mapping):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from texts(value)


def seen(message: Message) -> str:
    """All that a reader sees of a message, as one text."""
    return "\n".join(texts(message.blocks))


def heading(message: Message) -> str:
    """The text of the first block: the verdict of a card, the title of a note."""
    return next(texts(message.blocks[0]))


def copied(message: Message) -> str:
    """The text of the box that is there to be copied; empty without one."""
    boxes = [
        element
        for block in message.blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
        if element["type"] == "rich_text_preformatted"
    ]
    return "".join(texts(boxes))
