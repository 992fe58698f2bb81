"""Socket Mode: the WebSocket over which Slack sends all requests, and whether it is alive.

slack-sdk's own client reuses an address that is valid once, and has no backoff if Slack closes
connections immediately. Here one task opens connections, each with a new address and a backoff.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
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
from bot.locales import load_remedies
from bot.slack.api.calls import (
    SlackError,
    TokenRefusedError,
    within,
    word_of,
)
from bot.slack.blocks.payload import parsed
from bot.slack.inbound.app_connections import AppConnections
from bot.slack.inbound.dialling import dial, socket_address
from bot.slack.inbound.socket_connection import ReconnectBackoff, RepeatedEnds, SocketConnection

_MOST_REMEMBERED: Final = 1_000
_SERVER_ERROR: Final = 500
_UNPARSABLE: Final = (AttributeError, LookupError, TypeError, ValueError)
_CLOSED: Final = (ConnectionError, TimeoutError, aiohttp.ClientError)
# Socket Mode is switched off, which no other connection changes.
_FINAL: Final = "link_disabled"
_COUNT: Final = "Slack is to count the connections again"
_log = structlog.get_logger(__name__)

Message = dict[str, Any]


def remedy_for_end(reason: str) -> str:
    """The operator's text about connections that end for this reason again and again."""
    remedies = load_remedies()["socket_end"]
    return remedies.get(reason, remedies["other"]).format(reason=reason)


class Socket:
    """The Socket Mode connection, replaced when Slack asks for it, closes it or is silent.

    Args:
        counted: takes Slack's count of the app's connections.
        peers: how many other processes use the same database, each with a connection.
    """

    def __init__(
        self,
        app: AsyncApp,
        *,
        app_token: str,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        counted: AppConnections,
        peers: Callable[[], int],
        timing: Timing = Timing(),
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._client = client
        self._session = session
        self._connection: SocketConnection | None = None
        self._connected = asyncio.Event()
        self._timing = timing
        self._backoff = ReconnectBackoff(timing=timing)
        self._counted = counted
        self._peers = peers
        self._ends = RepeatedEnds(timing=timing)
        self._listening: set[asyncio.Task[None]] = set()
        self._acknowledging: set[asyncio.Task[None]] = set()
        self._answers: LRUCache[str, asyncio.Task[str | None]] = LRUCache(_MOST_REMEMBERED)

    async def connect(self) -> None:
        """Connect, and reconnect from then on; if the WebSocket does not open, retry.

        Raises:
            TokenRefusedError: Slack refuses the app token.
            SlackError: Slack does not answer.
        """
        address = await socket_address(self._client, self._app_token)
        _begin(self._stay_connected(address), self._listening)
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

    async def is_connected(self) -> bool:
        """Whether the WebSocket is open."""
        return self._connection is not None and self._connection.is_open

    def is_alive(self) -> bool:
        """Whether Slack sent `hello`, and recently a message, a ping or a pong."""
        return self._connection is not None and self._connection.is_alive()

    async def _stay_connected(self, address: str) -> None:
        reason = ""
        while True:
            connection = await self._dialled(address)
            # An address is valid for one connection.
            address = ""
            # The old connection stays open until now, so that no request is lost in between. Slack
            # counts both, unless it has given up the old one itself.
            connection.ours = 2 if reason == _COUNT else 1
            old, self._connection = self._connection, connection
            self._connected.set()
            _begin(self._read(connection), self._listening)
            if old is not None:
                await old.close()
            reason = await connection.watch()
            self._note_end(reason, connection.good_seconds)

    def _note_end(self, reason: str, seconds: float) -> None:
        if seconds >= self._timing.steady:
            self._backoff.reset()
        self._ends.lasted(seconds)
        _log.info("the socket is opened anew", seconds=round(seconds, 1), reason=reason)
        if reason != _COUNT and self._ends.is_news(reason, at_once=reason == _FINAL):
            _log.error(remedy_for_end(reason), error=reason)

    async def _dialled(self, address: str) -> SocketConnection:
        """Open a new connection; retry with a new address and a backoff."""
        while True:
            await asyncio.sleep(self._backoff.next_wait())
            try:
                async with within(self._timing.dial):
                    address = address or await socket_address(self._client, self._app_token)
                    return await dial(self._session, address, self._timing)
            except TokenRefusedError as error:
                if self._ends.is_news(error.reason, at_once=True):
                    _log.error(
                        "Slack refuses SLACK_APP_TOKEN; `voicestatus doctor` helps",
                        error=error.reason,
                    )
            except SlackError as error:
                _log.warning("the socket does not open", error=error.reason)
            address = ""

    async def _read(self, connection: SocketConnection) -> None:
        try:
            async for text in connection.texts():
                self._take(parsed(text, dict) or {}, connection)
                # One in a turn of the loop: whoever sends many long ones keeps nobody waiting.
                await asyncio.sleep(0)
        finally:
            connection.replace("closed")
            if connection is self._connection:
                self._connected.clear()

    def _take(self, message: Message, connection: SocketConnection) -> None:
        envelope = message.get("envelope_id")
        if message.get("type") == "hello":
            connection.greeted = True
            ours = connection.ours + self._peers()
            seconds = self._counted.counted(message.get("num_connections"), ours=ours)
            if seconds is not None:
                _begin(self._count_again(connection, seconds), self._listening)
        elif message.get("type") == "disconnect":
            connection.replace(word_of(message.get("reason")))
        elif isinstance(envelope, str) and envelope:
            _begin(self._acknowledge(envelope, message, connection), self._acknowledging)

    async def _count_again(self, connection: SocketConnection, seconds: float) -> None:
        """Slack counts when a connection opens, so replace this one then."""
        await asyncio.sleep(seconds)
        connection.replace(_COUNT)

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
