"""The connections of the HTTP port, each with a deadline, all within one bound.

aiohttp limits a line, a field and the time between two requests. It has no deadline for a head, no
limit on whole heads, on connections, or on bodies under way, and waits for ever for a client that
does not read its answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, cast

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError

from bot.domain.timing import Timing
from bot.web.crowd import Phase, first_to_go, heaviest
from bot.web.edge import refused

_log = structlog.get_logger(__name__)

# Slack's heads have one or two thousand bytes; proxies add to them.
_HEAD_BYTES: Final = 16 * 1024
# How far aiohttp takes a body apart before anybody has looked at the head. It also stops after a
# sixteenth as many chunks, which cost far more than their bytes.
_READ_AHEAD: Final = 2 * 1024


class Connections:
    """All who are connected to one server.

    Args:
        server: aiohttp's, which handles the requests.
        most: how many may be connected at once.
        bodies: how many bytes of unfinished requests are held at once, of all together.
        timing: the deadlines.
    """

    def __init__(self, server: web.Server, *, most: int, bodies: int, timing: Timing) -> None:
        self._server = server
        self._most, self._bodies = most, bodies
        self.timing = timing
        # Whoever answers a request that is complete has time limits of their own.
        self.seconds: Mapping[Phase, float] = {
            Phase.HEAD: timing.head,
            Phase.LEAVING: 2 * timing.linger,
            Phase.IDLE: timing.idle,
            Phase.KNOWN: timing.idle,
            Phase.ARRIVED: timing.head,
            Phase.READING: timing.body + timing.linger,
        }
        self._held: set[Connection] = set()
        self.weight = 0
        # aiohttp hands every request that it could read to this function.
        self._handle = server.request_handler
        server.request_handler = self._handle_watched

    def make_room(self) -> bool:
        """Whether one more can be taken; somebody else may have to go for it."""
        if len(self._held) < self._most:
            return True
        newcomer = self.timing.newcomer
        gone = first_to_go(self._held, now=_now(), newcomer=newcomer)
        if gone is None:
            _log.warning("connection refused", reason="all are in use by Slack")
            return False
        _log.warning("connection closed", reason=f"too many: {gone.phase.name.lower()}")
        gone.drop()
        return True

    def new(self) -> Connection:
        """The protocol of one that has just come."""
        return Connection(self, self._server)

    def hold(self, connection: Connection) -> None:
        """It is open."""
        self._held.add(connection)

    def forget(self, connection: Connection) -> None:
        """It has gone."""
        self._held.discard(connection)

    def bound_bodies(self) -> None:
        """Let go whose unfinished requests take too much, all together."""
        while self.weight > self._bodies:
            newcomer = self.timing.newcomer
            gone = heaviest(self._held, now=_now(), newcomer=newcomer)
            if gone is None:
                return
            _log.warning("connection closed", reason="too many bodies under way")
            gone.drop()

    async def _handle_watched(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = connection_of(request)
        connection.begin(request)
        try:
            return await self._handle(request)
        finally:
            connection.end(request)


class Connection(web.RequestHandler):
    """One connection, which knows what it is doing and since when."""

    __slots__ = (
        *("_connections", "_deadline", "_early", "_is_known", "_wire"),
        *("phase", "since", "weight"),
    )

    def __init__(self, connections: Connections, server: web.Server) -> None:
        timing = connections.timing
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # how aiohttp is asked for none
            # What nobody signed is not unpacked, and not waited for once it was answered.
            auto_decompress=False,
            lingering_time=timing.linger,
            read_bufsize=_READ_AHEAD,
        )
        self._connections = connections
        self._wire: asyncio.Transport
        self._deadline: asyncio.TimerHandle | None = None
        self._is_known = False
        # What came after a head before anybody has looked at that.
        self._early = bytearray()
        self.phase, self.since, self.weight = Phase.HEAD, _now(), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._wire = cast("asyncio.Transport", transport)
        self._connections.hold(self)
        self._enter(Phase.HEAD)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over, whoever has ended it."""
        self._let_go()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand on what came, within the bounds."""
        if self.phase is Phase.LEAVING:
            return
        self._carry(len(data))
        if self.phase is Phase.ARRIVED:
            self._early += data
        else:
            self._parse(data)
        if self.phase is Phase.HEAD and self.weight > _HEAD_BYTES:
            _log.warning("connection closed", reason="head too large")
            self.drop()
        self._connections.bound_bodies()

    def _parse(self, data: bytes) -> None:
        # aiohttp's own count of heads that are complete, or are none; tests hold it to that.
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
        """Refuse what is no HTTP without an error in the log, and quote nothing of it."""
        if isinstance(exc, HttpProcessingError):
            # The error quotes what came at length, and its frames would keep it in memory.
            exc.with_traceback(None)
            return refused(400, "form", close=True)
        return super().handle_error(request, status, exc, message)

    def begin(self, request: web.BaseRequest) -> None:
        """A request is taken up."""
        self._enter(Phase.READING)
        request.content.on_eof(self._have_all)
        early, self._early = bytes(self._early), bytearray()
        if early:
            self._parse(early)

    def trust(self) -> None:
        """The request that is being answered is Slack's."""
        self._is_known = True
        self._leave(Phase.SIGNED)

    def end(self, request: web.BaseRequest) -> None:
        """The request has its answer, which is sent next."""
        rest = Phase.KNOWN if self._is_known else Phase.IDLE
        self._leave(rest if request.content.is_eof() else Phase.LEAVING)

    def drop(self) -> None:
        """Close it at once; nothing more is read or sent."""
        self._let_go()
        self._wire.abort()

    def _have_all(self) -> None:
        self._enter(Phase.ANSWERING)

    def _leave(self, phase: Phase) -> None:
        """Go on without what has come; it weighs nothing any more."""
        self._early.clear()
        self._carry(-self.weight)
        self._enter(phase)

    def _carry(self, count: int) -> None:
        self.weight += count
        self._connections.weight += count

    def _enter(self, phase: Phase) -> None:
        self.phase, self.since = phase, _now()
        self._forget_deadline()
        seconds = self._connections.seconds.get(phase)
        if seconds is not None and not self._wire.is_closing():
            self._deadline = asyncio.get_running_loop().call_later(seconds, self.drop)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _let_go(self) -> None:
        self._connections.forget(self)
        self._early.clear()
        self._carry(-self.weight)
        self._forget_deadline()


def connection_of(request: web.BaseRequest) -> Connection:
    """The connection by which a request came."""
    return cast("Connection", request.protocol)


def _now() -> float:
    return asyncio.get_running_loop().time()
