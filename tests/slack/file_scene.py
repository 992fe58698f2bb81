"""Shared by the tests of files: the bot at a loopback Slack, and a server that is not Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs.job import Delivery, Destination, Report
from bot.domain.timing import Timing
from bot.fake_slack.payloads.objects import shown_message
from bot.fake_slack.people.person import Person, person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.file_shelf import File
from bot.fake_slack.state.ledger import UserMessage
from bot.services.file_reading import FileReading
from bot.slack.api.session import open_session
from bot.slack.files.download import AttachedFiles
from bot.slack.files.upload import ResultFiles

Payload = dict[str, Any]
# The content of a file of results.
LINES = ("IDMSG;resultado\r\n".encode("utf-8-sig"), "SANDBOX-OK;atendida é\r\n".encode())
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def one_by_one(lines: Iterable[bytes] = LINES) -> AsyncIterator[bytes]:
    """The lines of a file."""
    for line in lines:
        yield line


async def shared(
    files: ResultFiles, lines: AsyncIterator[bytes], *, name: str, title: str, place: Destination
) -> Delivery:
    """Upload a file and show it."""
    uploaded = await files.upload(lines, name=name)
    if isinstance(uploaded, Report):
        return uploaded.delivery
    return (await files.show(uploaded, title=title, place=place)).delivery


@dataclass(frozen=True, kw_only=True)
class FileScene:
    """A user with a message, and the bot's classes for download and upload."""

    slack: LoopbackSlack
    session: aiohttp.ClientSession
    client: AsyncWebClient
    person: Person
    attached: AttachedFiles
    results: ResultFiles

    async def message(self, *files: File, **more: Any) -> Payload:
        """A message with these files, as in the payload of an event or a shortcut."""
        return self.shown(await self.person.say("my list", files=files, **more))

    def shown(self, said: UserMessage) -> Payload:
        """The current message, as Slack sends it."""
        now = self.slack.ledger.find_said(said.channel, said.ts)
        assert now is not None
        return shown_message(self.slack.ledger, now)

    def trust(self, other: Stranger) -> None:
        """Make the bot treat that server as Slack, so that Slack can misbehave."""
        self.attached._api_url = self.results._api_url = f"{other.url}/api/"


@asynccontextmanager
async def file_scene(*scopes: str, timing: Timing = Timing()) -> AsyncIterator[FileScene]:
    """Run a Slack that grants these scopes beside the usual ones."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(running_slack())
        slack.workspace.scopes |= set(scopes)
        session = await stack.enter_async_context(open_session())
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        yield FileScene(
            slack=slack,
            session=session,
            client=client,
            person=person_over_socket(slack),
            attached=AttachedFiles(
                client=client,
                session=session,
                reading=FileReading(timing=timing),
                timing=timing,
            ),
            results=ResultFiles(client=client, session=session, timing=timing),
        )


@dataclass(kw_only=True)
class Stranger:
    """A server that is not Slack; `requests` are the headers of its requests.

    `answer` is its response to all of them.
    """

    url: str = ""
    answer: Answer | None = None
    requests: list[Payload] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.StreamResponse:
        """Record the request."""
        self.requests.append({"path": request.path, **request.headers})
        return (
            web.Response(body=b"SANDBOX-OK") if self.answer is None else await self.answer(request)
        )


@asynccontextmanager
async def stranger() -> AsyncIterator[Stranger]:
    """Run that server on another port of this machine."""
    running = Stranger()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", running.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        running.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield running
    finally:
        await runner.cleanup()
