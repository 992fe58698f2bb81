"""The loopback Slack: a small, strict Slack on 127.0.0.1 for `voicestatus demo` and the tests.

It accepts what Slack accepts, refuses what Slack refuses, and records everything. It implements
Slack's side of the wire only and imports nothing of the bot.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.fake_slack.methods.chat import ChatMethods
from bot.fake_slack.methods.conversations import ConversationMethods
from bot.fake_slack.methods.file_transfer import FileTransfer
from bot.fake_slack.methods.files import FileMethods
from bot.fake_slack.methods.method import Answer, Arguments, GeneralMethods, Method
from bot.fake_slack.payloads.events import Events
from bot.fake_slack.response_urls import ResponseUrls
from bot.fake_slack.socket_mode import PATH, SocketMode
from bot.fake_slack.state.file_shelf import FileShelf
from bot.fake_slack.state.ledger import Ledger, Message
from bot.fake_slack.state.refusals import OrderedFailures
from bot.fake_slack.state.workspace import Secrets, Token, Workspace
from bot.fake_slack.views.open_views import OpenViews
from bot.fake_slack.views.submissions import Submissions
from bot.fake_slack.views.view_methods import ViewMethods
from bot.fake_slack.web_api import WebApi
from bot.fake_slack.wire import Wire

HOST = "127.0.0.1"
SECONDS_TO_SHUT_DOWN = 1.0


class LoopbackSlack:
    """A running loopback Slack; `running_slack` starts one.

    `calls`, `posts`, `messages`, `views`, `pings`, `warnings` and `refusals` are live lists of the
    requests and their effects; `said` lists what users wrote, `events` what the bot received of it.
    `open_views` are the views on users' screens; `workspace` holds users, channels and scopes;
    `files` stores attachments and uploads, `file_transfer` serves and receives their bytes;
    `socket` implements Socket Mode; `wire` records traffic once `wire.begin` was called;
    `connections` counts accepted TCP connections.
    """

    def __init__(
        self,
        *,
        port: int,
        clock: Callable[[], float],
        ping_seconds: float,
        secrets: Secrets | None = None,
    ) -> None:
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
        self.workspace = Workspace(secrets)
        known = self.workspace.secrets
        self.bot_token, self.app_token = known.bot_token, known.app_token
        self.signing_secret = known.signing_secret
        self.wire = Wire(self.ledger.notify, known)
        self.failures = OrderedFailures()
        self.response_urls = ResponseUrls(self.ledger, self.failures, self.base_url)
        self.socket = SocketMode(self.ledger, ping_seconds=ping_seconds)
        self.open_views = OpenViews(self.ledger)
        self.submissions = Submissions(self.ledger, self.open_views)
        # The parts' methods that tests and `Person` call most.
        self.thread = self.ledger.thread
        self.fail_next = self.failures.order
        self.limit = self.failures.limit
        self.lose_next_answer = self.failures.lose
        self.issue_response_url = self.response_urls.issue
        self.show_ack = self.response_urls.show_ack
        self.home_of = self.open_views.home_of
        self.modals_of = self.open_views.modals_of
        self.event_maker = Events(self.ledger, self.workspace)
        self.files = FileShelf(self.ledger, self.workspace, self.base_url)
        self.file_transfer = FileTransfer(self.files, self.workspace, self.failures)

    def application(self, guards: Sequence[Middleware] = ()) -> web.Application:
        """The routes: Web API, response_urls, files, sockets; `guards` see each request first."""
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
        application = web.Application(middlewares=[*guards, self.wire.record_traffic])
        application.router.add_route("*", "/api/{method}", api.answer)
        for kind in ("commands", "actions", "app"):
            application.router.add_post(f"/{kind}/{{team}}/{{number}}/{{key}}", self._post)
        self.file_transfer.add_to(application)
        application.router.add_get(PATH, self.socket.accept)
        # aiohttp does not close WebSockets on shutdown, and would wait for their handlers.
        application.on_shutdown.append(self._hang_up)
        return application

    def issue_trigger(
        self, user: str, *, team: str | None = None, view_id: str | None = None
    ) -> str:
        """A new trigger_id: opens one modal within 3 seconds, on top of `view_id` if given."""
        team = team or self.workspace.team_of(user)
        return self.open_views.issue_trigger(user, team=team, view_id=view_id)

    def replies(self, channel: str, ts: str) -> list[Message]:
        """The bot's replies in the thread of the message `ts`."""
        return [
            entry for entry in self.messages if (entry.channel, entry.thread_ts) == (channel, ts)
        ]

    async def wait_for(self, predicate: Callable[[], bool], timeout: float = 20.0) -> None:  # noqa: ASYNC109 - it says more in the message
        """Wait until the predicate holds; it is evaluated again whenever something arrives.

        Raises:
            TimeoutError: it did not become true within `timeout` seconds.
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
    listener: socket.socket | None = None,
    clock: Callable[[], float] = time.time,
    ping_seconds: float = 5.0,
    secrets: Secrets | None = None,
    guards: Sequence[Middleware] = (),
) -> AsyncIterator[LoopbackSlack]:
    """Run a loopback Slack on 127.0.0.1 while the block runs; port 0 takes a free one.

    A `listener`, a socket that already listens, is used instead and stays open afterwards. `clock`
    returns seconds since the epoch and decides when response_urls and trigger_ids expire;
    `ping_seconds` is the interval of the WebSocket pings; `guards` see each request first.
    """
    # dup(): closing the server closes the copy, and the caller's socket continues to listen.
    own_listener = socket.create_server((HOST, port)) if listener is None else listener.dup()
    slack = LoopbackSlack(
        port=own_listener.getsockname()[1],
        clock=clock,
        ping_seconds=ping_seconds,
        secrets=secrets,
    )
    runner = web.AppRunner(
        slack.application(guards), access_log=None, shutdown_timeout=SECONDS_TO_SHUT_DOWN
    )
    await runner.setup()
    # aiohttp's server is a protocol factory, and wrapping it the only hook on a new connection.
    new_protocol = cast("Callable[[], asyncio.Protocol]", runner.server)

    def accepted() -> asyncio.Protocol:
        slack.connections += 1
        return new_protocol()

    listening = await asyncio.get_running_loop().create_server(accepted, sock=own_listener)
    try:
        yield slack
    finally:
        listening.close()
        await runner.cleanup()
        await listening.wait_closed()
