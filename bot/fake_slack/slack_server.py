"""The loopback Slack: a small, strict Slack on 127.0.0.1 for `voicestatus demo` and the tests.

It takes what Slack takes, refuses what Slack refuses, and records all of it. It knows Slack's side
of the wire only: nothing of the bot is imported here.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import web

from bot.fake_slack.methods.chat import ChatMethods
from bot.fake_slack.methods.conversations import ConversationMethods
from bot.fake_slack.methods.file_transfer import FileDoors
from bot.fake_slack.methods.files import FileMethods
from bot.fake_slack.methods.method import Answer, Arguments, GeneralMethods, Method
from bot.fake_slack.payloads.events import Events
from bot.fake_slack.response_urls import ResponseUrls
from bot.fake_slack.socket_mode import PATH, SocketMode
from bot.fake_slack.state.file_shelf import FileShelf
from bot.fake_slack.state.ledger import Ledger, Message, UserMessage, View
from bot.fake_slack.state.refusals import OrderedFailures
from bot.fake_slack.state.workspace import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Token, Workspace
from bot.fake_slack.views.open_views import OpenViews
from bot.fake_slack.views.submissions import Submissions
from bot.fake_slack.views.view_methods import ViewMethods
from bot.fake_slack.web_api import WebApi, kind_of_token
from bot.fake_slack.wire import Wire

HOST = "127.0.0.1"
SECONDS_TO_SHUT_DOWN = 1.0


class LoopbackSlack:
    """The loopback Slack while it runs; `running_slack` makes one.

    `calls`, `posts`, `messages`, `views`, `pings`, `warnings` and `refusals` are live lists of what
    arrived and what came of it; `said` and `events` of what people wrote and what the bot was told
    of it; `open_views` is what people have before them; `workspace` holds people, channels and
    scopes; `files` keeps what was attached and uploaded, `file_doors` gives and takes the bytes;
    `socket` plays Socket Mode; `wire` overhears, once somebody begins to listen; `connections`
    counts the TCP connections that were accepted.
    """

    bot_token = BOT_TOKEN
    app_token = APP_TOKEN
    signing_secret = SIGNING_SECRET

    def __init__(self, *, port: int, clock: Callable[[], float], ping_seconds: float) -> None:
        self.base_url = f"http://{HOST}:{port}"
        self.api_url = f"{self.base_url}/api/"
        self.connections = 0
        self.ledger = Ledger(clock)
        self.calls = self.ledger.calls
        self.posts = self.ledger.posts
        self.messages = self.ledger.messages
        self.said = self.ledger.said
        self.events = self.ledger.events
        self.views = self.ledger.views
        self.pings = self.ledger.pings
        self.warnings = self.ledger.warnings
        self.refusals = self.ledger.refusals
        self.workspace = Workspace()
        self.wire = Wire(self.ledger.ring)
        self.failures = OrderedFailures()
        self.response_urls = ResponseUrls(self.ledger, self.failures)
        self.socket = SocketMode(self.ledger, ping_seconds=ping_seconds)
        self.open_views = OpenViews(self.ledger)
        self.submissions = Submissions(self.ledger, self.open_views)
        self.event_maker = Events(self.ledger, self.workspace)
        self.files = FileShelf(self.ledger, self.workspace, self.base_url)
        self.file_doors = FileDoors(self.files, self.workspace, self.failures, kind_of_token)

    def application(self) -> web.Application:
        """The routes: Web API, response_urls, files, sockets."""
        tables = (
            GeneralMethods(self.workspace, f"{self.base_url}/").table(),
            ConversationMethods(self.ledger, self.workspace).table(),
            ChatMethods(self.ledger, self.workspace).table(),
            ViewMethods(self.open_views, self.workspace).table(),
            FileMethods(self.ledger, self.workspace, self.files).table(),
        )
        connecting = Method(
            answer=self._open_connection, scope="connections:write", token=Token.APP
        )
        methods = {name: method for table in tables for name, method in table.items()}
        methods["apps.connections.open"] = connecting
        api = WebApi(self.ledger, self.workspace, self.failures, methods)
        application = web.Application(middlewares=[self.wire.overhear])
        application.router.add_route("*", "/api/{method}", api.answer)
        for kind in ("commands", "actions", "app"):
            application.router.add_post(f"/{kind}/{{team}}/{{number}}/{{key}}", self._post)
        self.file_doors.add_to(application)
        application.router.add_get(PATH, self.socket.accept)
        application.on_shutdown.append(self._hang_up)
        return application

    def issue_response_url(
        self,
        *,
        channel: str,
        user: str,
        kind: str = "commands",
        thread_ts: str | None = None,
        original_ts: str | None = None,
    ) -> str:
        """A new response_url; `original_ts` is the message whose button was pressed."""
        path = self.response_urls.issue(
            channel=channel, user=user, kind=kind, thread_ts=thread_ts, original_ts=original_ts
        )
        return f"{self.base_url}{path}"

    def show_ack(self, response_url: str, body: str) -> None:
        """Show the person what came with the acknowledgement of the request of this URL."""
        self.response_urls.show_ack(response_url.removeprefix(self.base_url), body)

    def issue_trigger(
        self, user: str, *, team: str | None = None, view_id: str | None = None
    ) -> str:
        """A new trigger_id: one modal within 3 seconds, over the modal `view_id` if need be."""
        team = team or self.workspace.team_of(user)
        return self.open_views.issue_trigger(user, team=team, view_id=view_id)

    def home_of(self, user: str) -> View | None:
        """The Home tab of a person, if one was published."""
        return self.open_views.home_of(user)

    def modals_of(self, user: str) -> list[View]:
        """The stack of modals before a person; the last one is on top."""
        return self.open_views.modals_of(user)

    def thread(self, channel: str, ts: str) -> list[Message | UserMessage]:
        """The message `ts` and all replies to it, of people and of the bot, in order of time."""
        return self.ledger.thread(channel, ts)

    def replies(self, channel: str, ts: str) -> list[Message]:
        """The replies of the bot alone in the thread of the message `ts`."""
        return [
            entry for entry in self.messages if (entry.channel, entry.thread_ts) == (channel, ts)
        ]

    def fail_next(
        self,
        method: str,
        *,
        error: str = "internal_error",
        status: int | None = None,
        retry_after: int | None = None,
        times: int = 1,
    ) -> None:
        """Let the next requests to a method, to "response_url", "download" or "upload", fail.

        The HTTP status is 200 for a Web API method, 400 for a response_url and 429 for the error
        "ratelimited", if not said otherwise; `retry_after` is in seconds.
        """
        self.failures.order(
            method, error=error, status=status, retry_after=retry_after, times=times
        )

    def lose_next_answer(self, method: str, *, times: int = 1) -> None:
        """Let the next requests to a method be carried out, and the connection break after that."""
        self.failures.lose(method, times=times)

    async def wait_for(self, predicate: Callable[[], bool], timeout: float = 20.0) -> None:  # noqa: ASYNC109 - it says more in the message
        """Wait until the predicate holds; it is asked again whenever something arrives here.

        Raises:
            TimeoutError: it did not hold within `timeout` seconds.
        """
        await self.ledger.wait_for(predicate, timeout)

    async def wait_for_message(self, count: int = 1, timeout: float = 20.0) -> Message:  # noqa: ASYNC109
        """The `count`-th message, as soon as there is one.

        Raises:
            TimeoutError: there were fewer after `timeout` seconds.
        """
        await self.ledger.wait_for(lambda: len(self.messages) >= count, timeout)
        return self.messages[count - 1]

    def _open_connection(self, _given: Arguments) -> Answer:
        return {"url": f"{self.base_url.replace('http', 'ws', 1)}{self.socket.new_ticket()}"}

    async def _post(self, request: web.Request) -> web.Response:
        return await self.response_urls.post(request)

    async def _hang_up(self, _application: web.Application) -> None:
        await self.socket.drop()


@asynccontextmanager
async def running_slack(
    *,
    port: int = 0,
    door: socket.socket | None = None,
    clock: Callable[[], float] = time.time,
    ping_seconds: float = 5.0,
) -> AsyncIterator[LoopbackSlack]:
    """Run a loopback Slack on 127.0.0.1 for the length of the block; port 0 takes a free one.

    With a `door`, a socket that listens already, it answers there and leaves it open for the next.
    `clock` gives seconds since the epoch and rules the life of response_urls and trigger_ids;
    `ping_seconds` is how often it pings each socket.
    """
    own_door = socket.create_server((HOST, port)) if door is None else door.dup()
    slack = LoopbackSlack(port=own_door.getsockname()[1], clock=clock, ping_seconds=ping_seconds)
    runner = web.AppRunner(
        slack.application(), access_log=None, shutdown_timeout=SECONDS_TO_SHUT_DOWN
    )
    await runner.setup()
    # setup() has made the server, which is a factory of protocols.
    new_protocol = cast("Callable[[], asyncio.Protocol]", runner.server)

    def accepted() -> asyncio.Protocol:
        slack.connections += 1
        return new_protocol()

    listening = await asyncio.get_running_loop().create_server(accepted, sock=own_door)
    try:
        yield slack
    finally:
        listening.close()
        await runner.cleanup()
        await listening.wait_closed()
