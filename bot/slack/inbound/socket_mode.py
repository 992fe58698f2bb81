"""Socket Mode: the web socket over which Slack sends everything, and whether it can be trusted.

slack-sdk's own client dials an address again that can be used once, without a pause where Slack
ends connections at once; here one task opens connections, each by a new address, at a pace.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from typing import Any, Final

import aiohttp
import structlog
from cachetools import LRUCache
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.timing import Timing
from bot.slack.api.errors import (
    SlackRefusedError,
    SlackUnreachableError,
    slack_answer,
    word_of,
)
from bot.slack.inbound.socket_connection import ReconnectBackoff, SocketConnection

_MOST_REMEMBERED: Final = 1_000
_SERVER_ERROR: Final = 500
_UNPARSABLE: Final = (AttributeError, LookupError, TypeError, ValueError)
_CLOSED: Final = (ConnectionError, TimeoutError, aiohttp.ClientError)
_REMEDIES: Final = {
    "link_disabled": "Socket Mode is switched off: switch it on in the settings of the Slack app",
}
_log = structlog.get_logger(__name__)

Message = dict[str, Any]


async def socket_address(client: AsyncWebClient, app_token: str) -> str:
    """A new address to connect to; it can be used once.

    Raises:
        SlackRefusedError: Slack refuses the app token.
        SlackUnreachableError: Slack cannot be reached, or gives no address.
    """
    response = await slack_answer(lambda: client.apps_connections_open(app_token=app_token))
    address = response.get("url")
    if not isinstance(address, str) or not address.startswith(("wss://", "ws://")):
        raise SlackUnreachableError("an answer without an address")
    return address


class Socket:
    """The Socket Mode connection of the bot, renewed when Slack asks, is silent or goes away."""

    def __init__(
        self, app: AsyncApp, *, app_token: str, client: AsyncWebClient, timing: Timing = Timing()
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._client = client
        self._session: aiohttp.ClientSession | None = None
        self._line: SocketConnection | None = None
        self._connected = asyncio.Event()
        self._timing = timing
        self._pace = ReconnectBackoff(timing=timing)
        self._told = ""
        self._listening: set[asyncio.Task[None]] = set()
        self._acknowledging: set[asyncio.Task[None]] = set()
        self._answers: LRUCache[str, asyncio.Task[str | None]] = LRUCache(_MOST_REMEMBERED)

    async def connect(self) -> None:
        """Connect, and stay connected from then on; a socket that does not open is tried again.

        Raises:
            SlackRefusedError: Slack refuses the app token.
            SlackUnreachableError: Slack cannot be reached.
        """
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        address = await socket_address(self._client, self._app_token)
        _begin(self._stay_connected(self._session, address), self._listening)
        await self._connected.wait()

    async def stop_listening(self) -> None:
        """Take no more requests; what was taken can still be answered."""
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        if self._acknowledging:
            await asyncio.wait(self._acknowledging, timeout=self._timing.last_acks)
        if self._line is not None:
            await self._line.hang_up()
        if self._session is not None:
            await self._session.close()

    async def is_connected(self) -> bool:
        """Whether the socket is open."""
        return self._line is not None and self._line.is_open

    def is_alive(self) -> bool:
        """Whether Slack said anything lately: a greeting at first, then messages or pongs."""
        return self._line is not None and self._line.is_alive()

    async def _stay_connected(self, session: aiohttp.ClientSession, address: str) -> None:
        while True:
            line = await self._dialled(session, address)
            address = ""
            # Until now the old line was open, and what came by it was answered.
            old, self._line = self._line, line
            self._connected.set()
            _begin(self._read(line), self._listening)
            if old is not None:
                await old.hang_up()
            opened = time.monotonic()
            await line.watch()
            seconds = time.monotonic() - opened
            self._pace.lasted(seconds)
            if seconds >= self._timing.steady:
                self._told = ""
            _log.info("the socket is opened anew", seconds=round(seconds, 1), reason=_why(line))

    async def _dialled(self, session: aiohttp.ClientSession, address: str) -> SocketConnection:
        """A new connection; what fails is tried again with a new address, ever less often."""
        while True:
            await asyncio.sleep(self._pace.wait_seconds())
            self._pace.attempted()
            try:
                async with asyncio.timeout(self._timing.dial):
                    address = address or await socket_address(self._client, self._app_token)
                    return await self._dial(session, address)
            except SlackRefusedError as error:
                self._tell(error.error, "Slack refuses SLACK_APP_TOKEN; `voicestatus doctor` helps")
            except SlackUnreachableError as error:
                _log.warning("Slack unreachable", error=error.reason)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                _log.warning("the socket does not open", error=type(error).__name__)
            address = ""

    async def _dial(self, session: aiohttp.ClientSession, address: str) -> SocketConnection:
        ssl = self._client.ssl
        socket = await session.ws_connect(
            address,
            autoping=False,
            proxy=self._client.proxy,
            ssl=True if ssl is None else ssl,
            timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
        )
        return SocketConnection(socket, timing=self._timing)

    async def _read(self, line: SocketConnection) -> None:
        try:
            async for text in line.texts():
                self._take(_parsed(text), line)
        finally:
            line.spent.set()
            if line is self._line:
                self._connected.clear()

    def _take(self, message: Message, line: SocketConnection) -> None:
        envelope = message.get("envelope_id")
        if message.get("type") == "hello":
            line.greeted()
        elif message.get("type") == "disconnect":
            reason = word_of(message.get("reason"))
            if reason in _REMEDIES:
                self._tell(reason, _REMEDIES[reason])
            line.spent.set()
        elif isinstance(envelope, str) and envelope:
            _begin(self._acknowledge(envelope, message, line), self._acknowledging)

    def _tell(self, error: str, remedy: str) -> None:
        """What only an operator can mend is logged once, until a connection has lasted."""
        if error != self._told:
            _log.error(remedy, error=error)
        self._told = error

    async def _acknowledge(self, envelope: str, message: Message, line: SocketConnection) -> None:
        """Answer an envelope; one that comes again gets the same acknowledgement and no more."""
        answer = self._answers.get(envelope)
        if answer is None:
            answer = self._answers[envelope] = asyncio.create_task(self._answer(envelope, message))
        ack = await asyncio.shield(answer)
        if ack is None:
            return
        try:
            await line.send(ack)
        except _CLOSED:
            await self._send_later(ack)

    async def _send_later(self, ack: str) -> None:
        """By the next connection, where the one that brought the envelope is gone."""
        try:
            async with asyncio.timeout(self._timing.late_ack):
                await self._connected.wait()
            if self._line is not None:
                await self._line.send(ack)
        except _CLOSED:
            _log.warning("an acknowledgement could not be sent")

    async def _answer(self, envelope: str, message: Message) -> str | None:
        """The acknowledgement; `None` where a listener broke before it gave one."""
        try:
            request = SocketModeRequest.from_dict(message)
            if request is None:
                return None
            response = await run_async_bolt_app(self._app, request)
            payload = _payload(response) if request.accepts_response_payload else None
        except _UNPARSABLE as error:
            _log.warning("a request has an unexpected shape", exc_info=error)
            return json.dumps({"envelope_id": envelope})
        if response.status >= _SERVER_ERROR:
            return None
        ack = {"envelope_id": envelope}
        return json.dumps(ack if payload is None else ack | {"payload": payload})


def _begin(work: Coroutine[Any, Any, None], running: set[asyncio.Task[None]]) -> None:
    task = asyncio.create_task(work)
    running.add(task)
    task.add_done_callback(running.discard)


def _why(line: SocketConnection) -> str:
    """Why a connection is given up."""
    if not line.is_open:
        return "closed"
    return "asked by Slack" if line.spent.is_set() else "deaf"


def _payload(response: BoltResponse) -> object:
    """What goes with an acknowledgement: the body of a response that says yes."""
    if response.status != 200 or not response.body:  # noqa: PLR2004 - HTTP's word for yes
        return None
    kind = response.headers.get("content-type", [""])[0]
    if kind.startswith("application/json"):
        return json.loads(response.body)
    return {"text": response.body}


def _parsed(text: str) -> Message:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
