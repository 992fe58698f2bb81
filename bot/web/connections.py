"""The HTTP server's connections: a deadline for each, and limits on all together.

aiohttp limits a line, a header field and the time between two requests. It has no deadline for a
head, no limit on whole heads, connections or unfinished bodies, and waits forever for a client that
does not read its answer (slowloris).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from math import inf
from time import monotonic
from typing import Final, cast

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError

from bot.domain.timing import Timing
from bot.web.eviction import Phase, first_to_evict, heaviest

_log = structlog.get_logger(__name__)

# Slack's heads have 1-2 kB; proxies add to them.
_HEAD_BYTES: Final = 16 * 1024
# How much of a body aiohttp parses before the head is checked. It also stops after a sixteenth as
# many chunks, since tiny chunks cost far more than their bytes.
_READ_AHEAD: Final = 2 * 1024


class Connections:
    """All connections of one server.

    Args:
        server: aiohttp's server, which handles the requests.
        most: the maximum number of connections.
        bodies: the maximum number of bytes of all unfinished requests together.
        timing: the deadlines.

    Attributes:
        open: the open connections.
        held: the bytes of all unfinished requests.
    """

    def __init__(self, server: web.Server, *, most: int, bodies: int, timing: Timing) -> None:
        self._server = server
        self._most, self._bodies = most, bodies
        self.timing = timing
        # No deadline while a complete request is answered: its handler has its own time limits.
        self.seconds: Mapping[Phase, float] = {
            Phase.HEAD: timing.head,
            Phase.LEAVING: 2 * timing.linger,
            Phase.IDLE: timing.idle,
            Phase.KNOWN: timing.idle,
            Phase.ARRIVED: timing.head,
            Phase.READING: timing.body + timing.linger,
        }
        # Far cheaper than a timer for each phase: a request has four.
        self._pace = min(self.seconds.values()) / 8
        self._is_watching = False
        self.open: set[Connection] = set()
        self.held = 0
        # aiohttp calls this function with every parsed request.
        self._handle = server.request_handler
        server.request_handler = self._handle_watched

    def make_room(self) -> bool:
        """Whether one more connection can be accepted; may close another one for it."""
        if len(self.open) < self._most:
            return True
        gone = first_to_evict(self.open, now=monotonic(), newcomer=self.timing.newcomer)
        if gone is None:
            _log.warning("connection refused", reason="all are in use by Slack")
            return False
        _log.warning("connection closed", reason=f"too many: {gone.phase.name.lower()}")
        gone.drop()
        return True

    def new(self) -> Connection:
        """The protocol for a new connection."""
        return Connection(self, self._server)

    def watch(self) -> None:
        """Close what is overdue, from now until no connection is open."""
        if not self._is_watching:
            self._look_again()

    def _close_overdue(self) -> None:
        now = monotonic()
        for one in [*self.open]:
            if now - one.since >= self.seconds.get(one.phase, inf):
                one.drop()
        self._look_again()

    def _look_again(self) -> None:
        self._is_watching = bool(self.open)
        if self._is_watching:
            asyncio.get_running_loop().call_later(self._pace, self._close_overdue)

    def bound_bodies(self) -> None:
        """Close connections until all unfinished requests together are within the limit."""
        while self.held > self._bodies:
            gone = heaviest(self.open, now=monotonic(), newcomer=self.timing.newcomer)
            if gone is None:
                return
            _log.warning("connection closed", reason="too many unfinished bodies")
            gone.drop()

    async def _handle_watched(self, request: web.BaseRequest) -> web.StreamResponse:
        """Handle a request; log any exception of its handler, and answer 500 without details."""
        connection = connection_of(request)
        connection.begin(request)
        try:
            return await self._handle(request)
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - one of the edges where everything is caught
            _log.error("a request failed", exc_info=error)
            return web.json_response({"error": "internal"}, status=500)
        finally:
            connection.end(request)


class Connection(web.RequestHandler):
    """One connection, its phase, and the deadline of that phase."""

    def __init__(self, connections: Connections, server: web.Server) -> None:
        timing = connections.timing
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # how aiohttp is asked for none
            # Unsigned bodies are not decompressed (zip bombs), nor awaited once answered.
            auto_decompress=False,
            lingering_time=timing.linger,
            read_bufsize=_READ_AHEAD,
        )
        self._connections = connections
        self._wire: asyncio.Transport
        self._is_known = False
        # Data that arrived after a head that is not yet handled.
        self._early = bytearray()
        self.phase, self.since, self.weight = Phase.HEAD, monotonic(), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start waiting for a head."""
        super().connection_made(transport)
        self._wire = cast("asyncio.Transport", transport)
        self._connections.open.add(self)
        self._enter(Phase.HEAD)
        self._connections.watch()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Release everything, whichever side closed it."""
        self._release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass received data to the parser, within the limits."""
        if self.phase is Phase.LEAVING:
            return
        self._weigh(self.weight + len(data))
        if self.phase is Phase.ARRIVED:
            self._early += data
        else:
            self._parse(data)
        if self.phase is Phase.HEAD and self.weight > _HEAD_BYTES:
            _log.warning("connection closed", reason="head too large")
            self.drop()
        self._connections.bound_bodies()

    def _parse(self, data: bytes) -> None:
        # aiohttp counts complete and malformed heads in this private field; a test pins that.
        before = self._request_count
        super().data_received(data)
        if self.phase in {Phase.HEAD, Phase.IDLE, Phase.KNOWN}:
            if self._request_count > before:
                self._enter(Phase.ARRIVED)
            elif self.phase is not Phase.HEAD:
                self._enter(Phase.HEAD)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Refuse malformed HTTP without logging an error or any of its content."""
        if isinstance(exc, HttpProcessingError):
            # The traceback's frames would hold the received data in memory.
            exc.with_traceback(None)
            return refused(400, "form", close=True)
        return super().handle_error(request, status, exc, message)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer, without the versions that aiohttp would name in it."""
        resp.headers["Server"] = "voicestatus"
        return await super().finish_response(request, resp, start_time)

    def begin(self, request: web.BaseRequest) -> None:
        """Note that a request is being handled."""
        # Parsed only now, so that no body is processed before its head was accepted.
        early, self._early = bytes(self._early), bytearray()
        if early:
            self._parse(early)
        if not request.content.is_eof():
            self._enter(Phase.READING)
        request.content.on_eof(partial(self._enter, Phase.ANSWERING))

    def trust(self) -> None:
        """Note that the current request has Slack's signature."""
        self._is_known = True
        self._leave(Phase.SIGNED)

    def end(self, request: web.BaseRequest) -> None:
        """Note that the answer to the request is ready."""
        rest = Phase.KNOWN if self._is_known else Phase.IDLE
        self._leave(rest if request.content.is_eof() else Phase.LEAVING)

    def drop(self) -> None:
        """Abort the connection; nothing more is read or sent."""
        self._release()
        self._wire.abort()

    def _leave(self, phase: Phase) -> None:
        """Drop the received data from the count and enter a phase."""
        self._early.clear()
        self._weigh(0)
        self._enter(phase)

    def _weigh(self, weight: int) -> None:
        self._connections.held += weight - self.weight
        self.weight = weight

    def _enter(self, phase: Phase) -> None:
        self.phase, self.since = phase, monotonic()

    def _release(self) -> None:
        self._connections.open.discard(self)
        self._early.clear()
        self._weigh(0)


def connection_of(request: web.BaseRequest) -> Connection:
    """The connection of a request."""
    return cast("Connection", request.protocol)


def refused(
    status: int, reason: str, *, shown: str | None = None, close: bool = False
) -> web.Response:
    """Log a refusal and build its response.

    Args:
        status: the HTTP status.
        reason: what is logged, and sent unless `shown` is given.
        shown: what is sent instead of the reason.
        close: whether to close the connection.
    """
    _log.warning("request refused", status=status, reason=reason)
    response = web.json_response({"error": shown or reason}, status=status)
    if close:
        response.force_close()
    return response
