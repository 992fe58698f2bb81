"""A Slack that misbehaves: raw answers, refused and silent WebSockets, broken connections."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from aiohttp import ClientSession, WSMsgType, web

from bot.fake_slack.people.delivery import FORM, sign
from bot.fake_slack.slack_server import LoopbackSlack
from bot.settings.settings import Mode, Settings
from tests.support.scene import settings_for

WHO = {
    "ok": True,
    "team_id": "T0ROUGH0001",
    "team": "Rough",
    "user_id": "U0ROUGHBOT1",
    "user": "voicestatus",
    "bot_id": "B0ROUGH0001",
}
HELLO = json.dumps({"type": "hello", "num_connections": 1})

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Socket = Callable[["RoughSlack", web.WebSocketResponse], Awaitable[None]]


def answering(body: object, *, status: int = 200) -> Answer:
    """Answer with this JSON."""
    return raw(json.dumps(body).encode(), status=status)


def raw(
    body: bytes, *, status: int = 200, content_type: str = "application/json", **headers: str
) -> Answer:
    """Answer with these bytes; underscores in header names become hyphens."""

    async def answer(_: web.Request) -> web.Response:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers={"Content-Type": content_type} | more)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """Each of these once, then always the last."""
    coming = iter(answers[:-1])

    async def answer(request: web.Request) -> web.StreamResponse:
        return await next(coming, answers[-1])(request)

    return answer


async def silence(_: web.Request) -> web.Response:
    """Never answer."""
    await asyncio.sleep(3_600)
    return web.Response()


async def listen(slack: RoughSlack, socket: web.WebSocketResponse) -> None:
    """A well-behaved connection: sends hello, answers pings, records messages."""
    await socket.send_str(HELLO)
    async for message in socket:
        if message.type is WSMsgType.PING:
            await socket.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            slack.received.append(json.loads(message.data))


@dataclass(kw_only=True)
class RoughSlack:
    """The misbehaving Slack; its behaviour can be changed at any time.

    Attributes:
        answers: the handlers by method name.
        refused_dials: how many more WebSockets are refused; each uses up its URL.
        hook: the handler of the response URL.
        dials: the tickets of the connections, in order.
        calls: the methods called.
    """

    bot_token = "xoxb-rough"
    app_token = "xapp-rough"
    signing_secret = "deadbeef" * 4

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    refused_dials: int = 0
    socket: Socket = listen
    hook: Answer = field(default_factory=lambda: raw(b"ok", content_type="text/html"))
    dials: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    open_sockets: list[web.WebSocketResponse] = field(default_factory=list)

    @property
    def api_url(self) -> str:
        """The base URL of its Web API."""
        return f"{self.url}/api/"

    def settings(self, mode: Mode = Mode.SOCKET, **changes: object) -> Settings:
        """Settings of a bot with this Slack and without a gateway."""
        return settings_for(
            cast("LoopbackSlack", self), "http://127.0.0.1:9/voice", mode, **changes
        )

    async def type(
        self,
        text: str,
        mode: Mode = Mode.SOCKET,
        port: int = 0,
        *,
        envelope: str = "e-1",
        **more: str,
    ) -> None:
        """Deliver a typed command through the newest WebSocket, or over HTTP to a port."""
        payload = {
            "command": "/voicestatus",
            "text": text,
            "user_id": "U1",
            "channel_id": "C1",
            "team_id": WHO["team_id"],
            "trigger_id": "1.2.a",
            "response_url": f"{self.url}/hook",
            **more,
        }
        if mode is Mode.SOCKET:
            message = {"type": "slash_commands", "envelope_id": envelope, "payload": payload}
            await self.open_sockets[-1].send_str(json.dumps(message))
            return
        body = urlencode(payload).encode()
        headers = sign(self.signing_secret, int(time.time()), body) | {"Content-Type": FORM}
        url = f"http://127.0.0.1:{port}/slack/events"
        async with ClientSession() as session, session.post(url, data=body, headers=headers):
            pass

    async def method(self, request: web.Request) -> web.StreamResponse:
        """Answer one Web API call."""
        name = request.match_info["method"]
        self.calls.append(name)
        if name in self.answers:
            return await self.answers[name](request)
        if name == "auth.test":
            return web.json_response(WHO)
        if name == "apps.connections.open":
            ticket = self.calls.count(name)
            address = f"{self.url.replace('http', 'ws')}/link?ticket={ticket}"
            return web.json_response({"ok": True, "url": address})
        return web.json_response({"ok": True, "channel": "C1", "ts": "1.1"})

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Accept or refuse a WebSocket."""
        ticket = request.query["ticket"]
        used = ticket in self.dials
        self.dials.append(ticket)
        if used or self.refused_dials:
            self.refused_dials = max(0, self.refused_dials - 1)
            return web.Response(status=403)
        socket = web.WebSocketResponse(autoping=False, timeout=0.2)
        await socket.prepare(request)
        self.open_sockets.append(socket)
        # A bot that has gone is no error of this server's, which shares the log with the bot.
        with suppress(ConnectionResetError):
            await self.socket(self, socket)
        return socket

    async def response_url(self, request: web.Request) -> web.StreamResponse:
        """Handle a post."""
        self.calls.append("response_url")
        return await self.hook(request)

    async def until(self, predicate: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until the predicate holds."""
        async with asyncio.timeout(seconds):
            while not predicate():  # noqa: ASYNC110 - asks what other tasks change
                await asyncio.sleep(0.01)


@asynccontextmanager
async def rough_slack() -> AsyncIterator[RoughSlack]:
    """Serve on loopback while the block runs."""
    slack = RoughSlack()
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack.method)
    app.router.add_get("/link", slack.link)
    app.router.add_post("/hook", slack.response_url)
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=0.1,
        # Cancel handlers of disconnected clients, so that a silent one does not delay the shutdown.
        handler_cancellation=True,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield slack
    finally:
        await runner.cleanup()
