"""Socket Mode: the WebSocket over which Slack sends all requests, and whether it is alive.

slack-sdk's own client reuses an address that is valid once, and has no backoff if Slack closes
connections immediately. Here one task opens connections, each with a new address and a backoff.
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
from bot.slack.api.calls import (
    SlackError,
    SlackUnreachableError,
    TokenRefusedError,
    slack_answer,
    within,
    word_of,
)
from bot.slack.blocks.payload import parsed
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
    """Request an address to connect to; it is valid for one connection.

    Raises:
        TokenRefusedError: Slack refuses the app token.
        SlackError: Slack does not answer, or sends no address.
    """
    response = await slack_answer(lambda: client.apps_connections_open(app_token=app_token))
    address = response.get("url")
    if not isinstance(address, str) or not address.startswith(("wss://", "ws://")):
        raise SlackUnreachableError("an answer without an address")
    return address


class Socket:
    """The Socket Mode connection, replaced when Slack asks for it, closes it or is silent."""

    def __init__(
        self, app: AsyncApp, *, app_token: str, client: AsyncWebClient, timing: Timing = Timing()
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._client = client
        self._session: aiohttp.ClientSession | None = None
        self._connection: SocketConnection | None = None
        self._connected = asyncio.Event()
        self._timing = timing
        self._backoff = ReconnectBackoff(timing=timing)
        self._reported = ""
        self._listening: set[asyncio.Task[None]] = set()
        self._acknowledging: set[asyncio.Task[None]] = set()
        self._answers: LRUCache[str, asyncio.Task[str | None]] = LRUCache(_MOST_REMEMBERED)

    async def connect(self) -> None:
        """Connect, and reconnect from then on; if the WebSocket does not open, retry.

        Raises:
            TokenRefusedError: Slack refuses the app token.
            SlackError: Slack does not answer.
        """
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        address = await socket_address(self._client, self._app_token)
        _begin(self._stay_connected(self._session, address), self._listening)
        await self._connected.wait()

    async def stop_listening(self) -> None:
        """Stop reading requests; listeners that run can still answer."""
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        if self._acknowledging:
            await asyncio.wait(self._acknowledging, timeout=self._timing.last_acks)
        if self._connection is not None:
            await self._connection.close()
        if self._session is not None:
            await self._session.close()

    async def is_connected(self) -> bool:
        """Whether the WebSocket is open."""
        return self._connection is not None and self._connection.is_open

    def is_alive(self) -> bool:
        """Whether Slack sent `hello`, and recently a message, a ping or a pong."""
        return self._connection is not None and self._connection.is_alive()

    async def _stay_connected(self, session: aiohttp.ClientSession, address: str) -> None:
        while True:
            connection = await self._dialled(session, address)
            # An address is valid for one connection.
            address = ""
            # The old connection stays open until now, so that no request is lost in between.
            old, self._connection = self._connection, connection
            self._connected.set()
            _begin(self._read(connection), self._listening)
            if old is not None:
                await old.close()
            opened = time.monotonic()
            reason = await connection.watch()
            seconds = time.monotonic() - opened
            if seconds >= self._timing.steady:
                self._backoff.reset()
                self._reported = ""
            _log.info("the socket is opened anew", seconds=round(seconds, 1), reason=reason)

    async def _dialled(self, session: aiohttp.ClientSession, address: str) -> SocketConnection:
        """Open a new connection; retry with a new address and a backoff."""
        while True:
            await asyncio.sleep(self._backoff.next_wait())
            try:
                async with within(self._timing.dial):
                    address = address or await socket_address(self._client, self._app_token)
                    socket = await session.ws_connect(
                        address,
                        # SocketConnection answers pings itself: they show that Slack is alive.
                        autoping=False,
                        proxy=self._client.proxy,
                        ssl=self._client.ssl or True,
                        timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                    )
                    return SocketConnection(socket, timing=self._timing)
            except TokenRefusedError as error:
                self._report_once(
                    error.reason, "Slack refuses SLACK_APP_TOKEN; `voicestatus doctor` helps"
                )
            except SlackError as error:
                _log.warning("the socket does not open", error=error.reason)
            address = ""

    async def _read(self, connection: SocketConnection) -> None:
        try:
            async for text in connection.texts():
                self._take(parsed(text, dict) or {}, connection)
        finally:
            connection.spent.set()
            if connection is self._connection:
                self._connected.clear()

    def _take(self, message: Message, connection: SocketConnection) -> None:
        envelope = message.get("envelope_id")
        if message.get("type") == "hello":
            connection.greeted = True
        elif message.get("type") == "disconnect":
            reason = word_of(message.get("reason"))
            if reason in _REMEDIES:
                self._report_once(reason, _REMEDIES[reason])
            connection.spent.set()
        elif isinstance(envelope, str) and envelope:
            _begin(self._acknowledge(envelope, message, connection), self._acknowledging)

    def _report_once(self, error: str, remedy: str) -> None:
        """Log an error that only an operator can fix, once until a connection has lasted."""
        if error != self._reported:
            _log.error(remedy, error=error)
        self._reported = error

    async def _acknowledge(
        self, envelope: str, message: Message, connection: SocketConnection
    ) -> None:
        """Answer an envelope; a repeated one gets the same acknowledgement without a second run."""
        answer = self._answers.get(envelope)
        if answer is None:
            answer = self._answers[envelope] = asyncio.create_task(self._answer(envelope, message))
        # Repeated envelopes share the task, so cancelling one waiter must not cancel it.
        ack = await asyncio.shield(answer)
        if ack is None:
            return
        try:
            await connection.send(ack)
        except _CLOSED:
            await self._send_later(ack)

    async def _send_later(self, ack: str) -> None:
        """Send it on the next connection, if the one that the envelope came on is closed."""
        try:
            async with asyncio.timeout(self._timing.late_ack):
                await self._connected.wait()
            if self._connection is not None:
                await self._connection.send(ack)
        except _CLOSED:
            _log.warning("an acknowledgement could not be sent")

    async def _answer(self, envelope: str, message: Message) -> str | None:
        """Run the listener and return its acknowledgement; `None` if it failed before."""
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


def _payload(response: BoltResponse) -> object:
    """The payload of an acknowledgement: the body of a response with status 200."""
    if response.status != 200 or not response.body:  # noqa: PLR2004 - HTTP's OK
        return None
    kind = response.headers.get("content-type", [""])[0]
    if kind.startswith("application/json"):
        return json.loads(response.body)
    return {"text": response.body}
