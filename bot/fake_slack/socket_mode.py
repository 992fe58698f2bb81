"""Socket Mode: one-time URLs, connections, envelopes and their acknowledgements.

Implements Slack's side of docs.slack.dev/apis/events-api/using-socket-mode: `hello` first, then
envelopes, each to one of the connections; it can warn, drop connections and go silent.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from bot.fake_slack.state.ledger import Ledger
from bot.fake_slack.state.workspace import APP_ID

PATH = "/link/"
HOST = "applink-loopback"
SECONDS_OF_A_CONNECTION = 18_060
SECONDS_FOR_A_CLOSE = 0.5
MOST_CONNECTIONS = 10
FOR_EVER = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketAck:
    """An acknowledgement with its payload; `seconds` is how long it took."""

    envelope_id: str
    payload: Any
    seconds: float


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """One WebSocket; `leaving` once a disconnect was sent."""

    socket: web.WebSocketResponse
    leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An unacknowledged envelope."""

    sent_at: float
    takes_payload: bool
    acknowledged: asyncio.Future[SocketAck]


class SocketMode:
    """All connections of the app.

    Set `silent` to accept connections but send nothing: no hello, envelope or ping. Set
    `answers_pings` to False to leave the client's pings unanswered as well. `elsewhere` is the
    number of connections that other clients of the app have; no envelope goes there.
    """

    def __init__(self, ledger: Ledger, *, ping_seconds: float) -> None:
        self.silent = False
        self.answers_pings = True
        self.elsewhere = 0
        self.accepted = 0
        self.pings_received = 0
        self.acks: list[SocketAck] = []
        self.connections: list[Connection] = []
        self._ledger = ledger
        self._ping_seconds = ping_seconds
        self._tickets: set[str] = set()
        self._waiting: dict[str, Envelope] = {}

    def new_ticket(self) -> str:
        """Path and query of a URL that opens one connection."""
        ticket = f"{self._ledger.next_number():08d}-loopback"
        self._tickets.add(ticket)
        return f"{PATH}?ticket={ticket}&app_id={APP_ID}"

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="this URL was used or never given out")
        # As with Slack, a URL opens one connection; a client has to request a new one.
        self._tickets.remove(ticket)
        # autoping would answer the client's pings even while this Slack is silent.
        socket = web.WebSocketResponse(autoping=False, timeout=SECONDS_FOR_A_CLOSE)
        await socket.prepare(request)
        connection = Connection(socket=socket)
        self.accepted += 1
        self.connections.append(connection)
        pinging = asyncio.create_task(self._ping_regularly(connection))
        try:
            await self._greet(connection)
            await self._listen(connection)
        finally:
            pinging.cancel()
            self.connections.remove(connection)
            self._ledger.notify()
        return connection.socket

    async def deliver(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        patience: float = 3.0,
        takes_payload: bool = True,
        retry_attempt: int = 0,
        retry_reason: str = "",
        envelope_id: str | None = None,
    ) -> SocketAck:
        """Send an envelope to one connection, waiting for one if necessary, and await its ack.

        Raises:
            TimeoutError: no acknowledgement within `patience` seconds.
        """
        identifier = envelope_id or f"{self._ledger.next_number():08x}-0000-4000-8000-loopback"
        envelope = {
            "type": kind,
            "envelope_id": identifier,
            "accepts_response_payload": takes_payload,
            "payload": payload,
            "retry_attempt": retry_attempt,
            "retry_reason": retry_reason,
        }
        async with asyncio.timeout(patience):
            await self._send(envelope)
            return await self._waiting[identifier].acknowledged

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Send every connection a disconnect: "warning", "refresh_requested", "link_disabled"."""
        for connection in list(self.connections):
            connection.leaving = True
            await connection.socket.send_json(_farewell(reason))

    async def drop(self) -> None:
        """Close every connection without a disconnect message."""
        for connection in list(self.connections):
            connection.leaving = True
            await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    def live(self) -> list[Connection]:
        """The connections that may get envelopes."""
        return [
            connection
            for connection in self.connections
            if not connection.leaving and not connection.socket.closed
        ]

    async def _send(self, envelope: Mapping[str, Any]) -> None:
        connection = await self._next_connection()
        self._waiting[envelope["envelope_id"]] = Envelope(
            sent_at=time.perf_counter(),
            takes_payload=envelope["accepts_response_payload"],
            acknowledged=asyncio.get_running_loop().create_future(),
        )
        try:
            await connection.socket.send_json(envelope)
        except ConnectionError:
            # Slack redelivers an envelope over another connection.
            connection.leaving = True
            await self._send(envelope)

    async def _next_connection(self) -> Connection:
        while self.silent or not self.live():
            await self._ledger.wait_for(lambda: not self.silent and bool(self.live()), FOR_EVER)
        connection = self.live()[0]
        # Round robin: Slack sends an envelope to any connection, so no client may rely on one.
        self.connections.remove(connection)
        self.connections.append(connection)
        return connection

    async def _greet(self, connection: Connection) -> None:
        if self.silent:
            return
        count = len(self.connections) + self.elsewhere
        if count > MOST_CONNECTIONS:
            connection.leaving = True
            await connection.socket.send_json(_farewell("too_many_websockets"))
            return
        debug = {"host": HOST, "approximate_connection_time": SECONDS_OF_A_CONNECTION}
        hello = {"type": "hello", "num_connections": count, "debug_info": debug}
        await connection.socket.send_json({**hello, "connection_info": {"app_id": APP_ID}})
        self._ledger.notify()

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is WSMsgType.TEXT:
                self._take_ack(message.data)
            elif message.type is WSMsgType.PING:
                self.pings_received += 1
                self._ledger.notify()
                if self.answers_pings:
                    await connection.socket.pong(message.data)

    def _take_ack(self, text: str) -> None:
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        identifier = body.get("envelope_id") if isinstance(body, dict) else None
        envelope = self._waiting.get(identifier) if isinstance(identifier, str) else None
        if envelope is None or envelope.acknowledged.done():
            self._ledger.warnings.append("socket: an acknowledgement that nothing waits for")
            return
        payload = body.get("payload")
        if payload and not envelope.takes_payload:
            self._ledger.warnings.append("socket: a payload where the envelope takes none")
        seconds = time.perf_counter() - envelope.sent_at
        ack = SocketAck(envelope_id=str(identifier), payload=payload, seconds=seconds)
        self.acks.append(ack)
        envelope.acknowledged.set_result(ack)
        self._ledger.notify()

    async def _ping_regularly(self, connection: Connection) -> None:
        while not connection.socket.closed:
            await asyncio.sleep(self._ping_seconds)
            if not self.silent:
                await connection.socket.ping(b"Ping from " + HOST.encode())


def _farewell(reason: str) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}
