"""The HTTP server: its routes, health and metrics, and serving them within limits.

It accepts connections one at a time, so that each is read from before many others arrive. asyncio's
own server accepts up to 100 connections in one step and has no limit on them. When the process is
out of file descriptors, it logs every attempt.
"""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Final, cast

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.domain.timing import Timing
from bot.telemetry import EXPOSITION_TYPE
from bot.web import SLACK_PATH
from bot.web.connections import Connections
from bot.web.eviction import connection_limit
from bot.web.slack_endpoint import MAX_BODY_BYTES, SlackEndpoint

_log = structlog.get_logger(__name__)

# The listen backlog; Linux caps it at net.core.somaxconn, 4,096 by default.
_BACKLOG: Final = 1024
# The kernel's receive buffer, and so about the size of one read; Linux would grow it to 6 MB for
# each connection.
_RECEIVED_AHEAD: Final = 32 * 1024
# The limit on all unfinished requests: eight of the largest, thousands of typical ones.
BODIES_BYTES: Final = 8 * 1024 * 1024

Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
Warnings = Callable[[], Mapping[str, str]]


def build_server(
    guards: Sequence[Middleware] = (),
    *,
    health: Health | None = None,
    slack: SlackEndpoint | None = None,
) -> web.Application:
    """The application that serves these, together or each on an address of its own.

    Args:
        guards: see each request first.
        health: serves health and metrics.
        slack: serves Slack's requests.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=guards)
    if health is not None:
        health.add_to(app)
    if slack is not None:
        app.router.add_post(SLACK_PATH, slack.handle, expect_handler=slack.expect)
    return app


@asynccontextmanager
async def serving(
    app: web.Application,
    host: str,
    port: int,
    *,
    timing: Timing = Timing(),
    most: int | None = None,
    bodies: int = BODIES_BYTES,
) -> AsyncIterator[int]:
    """Serve while the block runs; yields the port, which was chosen by the system if 0 was given.

    Args:
        app: the application.
        host: an address or a name.
        port: the port; 0 for any.
        timing: the deadlines of connections and of the shutdown.
        most: the maximum number of connections; `None` derives it from the descriptor limit.
        bodies: the maximum number of bytes of all unfinished requests together.

    Raises:
        CannotListenError: the address is taken or not one of this machine.
    """
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=timing.shutdown)
    await runner.setup()
    try:
        connections = Connections(
            cast("web.Server", runner.server),
            most=own_connection_limit() if most is None else most,
            bodies=bodies,
            timing=timing,
        )
        async with _accepting(host, port, connections) as got:
            yield got
    finally:
        await runner.cleanup()


def own_connection_limit(servers: int = 1) -> int:
    """The connection limit of each of the servers that share this process' RLIMIT_NOFILE."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return connection_limit(None if soft == resource.RLIM_INFINITY else soft // servers)


class Health:
    """`/healthz`, `/readyz` and `/metrics`.

    Args:
        readiness: which parts are ready; called at most once per `timing.readiness`.
        metrics: the metrics in Prometheus' text format.
        warnings: what an operator should mend although the bot can serve, by the name of the part.
        timing: how long a readiness result is cached.
    """

    def __init__(
        self,
        *,
        readiness: Readiness,
        metrics: Callable[[], bytes],
        warnings: Warnings = dict,
        timing: Timing = Timing(),
    ) -> None:
        self._readiness, self._metrics, self._timing = readiness, metrics, timing
        self._warnings = warnings
        self._asking = asyncio.Lock()
        self._parts: dict[str, bool] = {}
        self._known_until = 0.0

    def add_to(self, app: web.Application) -> None:
        """Add the three routes."""
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics_page)

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _: web.Request) -> web.Response:
        """The cached state of all parts; concurrent requests share one check."""
        now = asyncio.get_running_loop().time
        # The lock makes it single-flight: the check queries the database and may call Slack.
        async with self._asking:
            if now() >= self._known_until:
                self._parts = dict(await self._readiness())
                self._known_until = now() + self._timing.readiness
        ready = all(self._parts.values())
        body = {"ready": ready, "parts": self._parts}
        if warnings := self._warnings():
            body["warnings"] = dict(warnings)
        return web.json_response(body, status=200 if ready else 503)

    async def _metrics_page(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": EXPOSITION_TYPE})


class CannotListenError(Exception):
    """The address to serve on is not available; `reason` is the system's message."""

    def __init__(self, reason: str, address: tuple[str, int]) -> None:
        super().__init__(reason)
        self.reason, self.address = reason, address


@asynccontextmanager
async def _accepting(host: str, port: int, connections: Connections) -> AsyncIterator[int]:
    """Accept connections while the block runs; yields the port.

    Raises:
        CannotListenError: the address is taken or not one of this machine.
    """
    with ExitStack() as opened:
        try:
            listeners = [opened.enter_context(listener) for listener in await _bound(host, port)]
            for listener in listeners:
                listener.listen(_BACKLOG)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise CannotListenError(reason, (host, port)) from None
        arriving: set[asyncio.Task[None]] = set()
        tasks = [asyncio.create_task(_accept(one, connections, arriving)) for one in listeners]
        try:
            yield int(listeners[0].getsockname()[1])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            # Every accepted connection gets its protocol, which the shutdown then closes.
            await asyncio.gather(*arriving)


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A bound socket for each address of a host; asyncio resolves and binds them."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    # Duplicated descriptors, because server.close() closes the originals.
    listeners = [listener.dup() for listener in server.sockets]
    server.close()
    for listener in listeners:
        listener.setblocking(False)
        # Accepted connections inherit it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED_AHEAD)
    return listeners


async def _accept(
    listener: socket.socket, connections: Connections, arriving: set[asyncio.Task[None]]
) -> None:
    """Accept connections within the limits of `connections`, until it is cancelled."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    while True:
        # Not sock_accept, which loses a connection if it is cancelled while one arrives.
        loop.add_reader(listener, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(listener)
        readable.clear()
        try:
            wire, _address = listener.accept()
        # The client can disconnect between the readiness event and accept().
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            continue
        except OSError as error:
            # The process or the system is out of descriptors or memory. The waiting connection
            # leaves the socket readable, so accepting would spin.
            _log.error("no connection can be accepted", error=error.strerror)
            await asyncio.sleep(connections.timing.accept_again)
            continue
        if not connections.make_room():
            wire.close()
            continue
        arrival = asyncio.create_task(_connect(wire, connections))
        # asyncio holds only weak references to tasks; the set prevents garbage collection.
        arriving.add(arrival)
        arrival.add_done_callback(arriving.discard)


async def _connect(wire: socket.socket, connections: Connections) -> None:
    wire.setblocking(False)
    try:
        await asyncio.get_running_loop().connect_accepted_socket(connections.new, wire)
    except OSError:
        wire.close()  # the client has disconnected
